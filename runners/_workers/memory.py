"""What this machine has of memory, what a process takes of it, and whether it ran out.

memory_limit(gpus("jax")), resident(os.getpid()), oom_kills()
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from runners._workers.devices import Gpu
from xrays.cores import control_groups, text_of

SHARE = 0.8  # of a memory that training may take: the system, the backend and what it wastes live there too


def memory_limit(
    cards: Sequence[Gpu], root: Path = Path("/"), sysconf: Callable[[str], int] = os.sysconf
) -> int | None:
    """Bytes that training may take here: 80 % of the smallest of the machine's memory, the limits of the control
    groups that this process is in, and the memory of the smallest GPU that is trained on. None when nothing is known.
    `root` and `sysconf` are where it looks.
    """
    of_cards = [card.memory for card in cards if card.memory is not None]
    known = [*_machine(sysconf), *_control_groups(root), *of_cards]
    return int(SHARE * min(known)) if known else None


def free_memory(root: Path = Path("/")) -> int | None:
    """Bytes that one more process may take now: of what training may take here, no more than the system says is left.
    None when nothing is known. `root` is where it looks."""
    lines = (line.split() for line in text_of(root / "proc/meminfo").splitlines())
    left = [int(words[1]) * 1024 for words in lines if words[:1] == ["MemAvailable:"] and words[1].isdecimal()]
    limit = memory_limit((), root)
    known = [*left, *([] if limit is None else [limit])]
    return int(min(known)) if known else None


def resident(pid: int) -> int:
    """Bytes of memory that a process takes now for itself, 0 when it is gone. Pages of files do not count where that
    is known: films and features are mapped, and the kernel drops such pages whenever it needs room."""
    try:
        pages = list(map(int, Path(f"/proc/{pid}/statm").read_text().split()))
        return (pages[1] - pages[2]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        pass
    answer = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return int(answer) * 1024 if answer.strip().isdecimal() else 0


def oom_kills(root: Path = Path("/")) -> int:
    """How many processes the kernel has killed for want of memory so far: in this process's control group, else on
    the whole machine. 0 where nothing tells. `root` is where it looks."""
    counters = [
        group / name for group in control_groups("memory", root) for name in ("memory.events", "memory.oom_control")
    ]
    for counter in (*counters, root / "proc/vmstat"):
        for line in text_of(counter).splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0


def _machine(sysconf: Callable[[str], int]) -> Iterator[int]:
    try:
        yield sysconf("SC_PHYS_PAGES") * sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return


def _control_groups(root: Path) -> Iterator[int]:
    """Limits of the groups that this process is in and of those around them."""
    for group in control_groups("memory", root):
        for name in ("memory.max", "memory.limit_in_bytes"):  # of version 2 and 1
            limit = text_of(group / name).strip()
            if limit.isdecimal():  # or "max"
                yield int(limit)
