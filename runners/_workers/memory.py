"""What a process takes of this machine's memory, and whether that ran out.

resident(os.getpid()), oom_kills()
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from xrays.cores import control_groups, text_of


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
    counters = [
        group / name for group in control_groups("memory", root) for name in ("memory.events", "memory.oom_control")
    ]
    for counter in (*counters, root / "proc/vmstat"):
        for line in text_of(counter).splitlines():
            name, _, count = line.partition(" ")
            if name == "oom_kill":
                return int(count)
    return 0
