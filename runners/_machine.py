"""What this machine has for workers: cores, GPUs, what a process takes of its memory, and whether that ran out.

usable_cores(), gpus(os.environ), resident(os.getpid()), oom_kills()
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
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
    """Bytes of memory that a process takes now for itself, 0 when it is gone. Pages of files do not count where that
    is known: films and features are mapped, and the kernel drops such pages whenever it needs room."""
    try:
        pages = list(map(int, Path(f"/proc/{pid}/statm").read_text().split()))
        return (pages[1] - pages[2]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        pass
    told = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return int(told) * 1024 if told.strip().isdecimal() else 0


def oom_kills(root: Path = Path("/")) -> int:
    """How many processes the kernel has killed for want of memory so far: in this process's control group, else on
    the whole machine. 0 where nothing tells. `root` is where it looks."""
    counters = [group / name for group in control_groups(root) for name in ("memory.events", "memory.oom_control")]
    for counter in (*counters, root / "proc/vmstat"):
        for line in text_of(counter).splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0


def control_groups(root: Path = Path("/")) -> Iterator[Path]:
    """The folder of the control group, of version 2 or 1, that accounts for this process's memory, and then those of
    the groups around it. Inside a container the path of the group may be the host's: then only the mounted top is
    there."""
    for line in text_of(root / "proc/self/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:
            top = root / "sys/fs/cgroup"
        elif "memory" in controllers.split(","):
            top = root / "sys/fs/cgroup/memory"
        else:
            continue
        group = Path(path.strip("/"))
        yield from (top / each for each in (group, *group.parents))


def text_of(path: Path) -> str:
    """Empty when it cannot be read."""
    try:
        return path.read_text()
    except OSError:
        return ""
