"""What this machine has for workers: cores, GPUs, and what a process takes of its memory.

usable_cores(), gpus(os.environ), resident(os.getpid())
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

SMI = ("nvidia-smi", "--query-gpu=index", "--format=csv,noheader")


def usable_cores() -> int:
    """Cores that this process may use: fewer than the machine has in a container or under a scheduler."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def gpus(environment: Mapping[str, str], smi: Sequence[str] = SMI) -> list[str]:
    """What CUDA_VISIBLE_DEVICES may name: its own entries where it is set, else the index of every card."""
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [card.strip() for card in visible.split(",") if card.strip() not in ("", "-1")]
    try:
        answer = subprocess.run(smi, capture_output=True, text=True, timeout=20, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in answer.splitlines() if line.strip().isdecimal()]


def resident(pid: int) -> int:
    """Bytes of memory that a process takes now, 0 when it is gone."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        pass
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return int(told) * 1024 if told.strip().isdecimal() else 0
