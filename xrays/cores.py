"""How many cores this process may use, and the control groups that limit it, of version 1 and 2.

usable_cores()                              # fewer than the machine has, under a scheduler or in a container
list(control_groups("memory"))              # folders that may hold limits: the process's group, then those around it
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from pathlib import Path


def usable_cores(root: Path = Path("/")) -> int:
    """The smallest of the cores that this process may run on and what its control groups, also those around them,
    may use of all cores; part of a core counts as one. `root` is where it looks."""
    return max(1, min([len(allowed_cores()), *(math.ceil(quota) for quota in _quotas(root))]))


def allowed_cores() -> list[int]:
    """Numbers of those that this process may run on: all, where the system does not tell, as on macOS."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(os.cpu_count() or 1))


def control_groups(controller: str, root: Path = Path("/")) -> Iterator[Path]:
    """Inside a container the path of the group may be the host's: then only the mounted top is there."""
    for line in filter(None, text_of(root / "proc/self/cgroup").splitlines()):
        _, controllers, path = line.split(":", 2)
        if not controllers:
            tops = [""]  # version 2 has one tree for all
        elif controller in controllers.split(","):
            tops = list(dict.fromkeys((controllers, controller)))  # the mounted folder has either name
        else:
            continue
        group = Path(path.strip("/"))
        yield from (root / "sys/fs/cgroup" / top / each for top in tops for each in (group, *group.parents))


def text_of(path: Path) -> str:
    """Empty when it cannot be read."""
    try:
        return path.read_text()
    except OSError:
        return ""


def _quotas(root: Path) -> Iterator[float]:
    """Seconds of processor time in a second."""
    for group in control_groups("cpu", root):
        of_version_2 = text_of(group / "cpu.max").split()
        of_version_1 = [text_of(group / f"cpu.cfs_{name}_us").strip() for name in ("quota", "period")]
        for share in (of_version_2, of_version_1):
            # "max" and -1 are no limit.
            if len(share) == 2 and all(part.isdecimal() and int(part) for part in share):
                yield int(share[0]) / int(share[1])
