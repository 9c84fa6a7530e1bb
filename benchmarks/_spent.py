"""What a command and all of its processes take of the processor, in all and until any moment.

    spent = measured(["cli.py", "search", …], place, Path("log.txt"), cores=[0, 1])
    spent.core_seconds, spent.until(60.0)               # in all, and in the first minute

Linux: processes are pinned with `taskset` and looked at in /proc.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

EVERY = 1.0  # seconds between two looks


@dataclass(frozen=True)
class Spent:
    """core_seconds: in all; begun: when, by time.time(); looks: (seconds since then, core-seconds until then)."""

    core_seconds: float
    begun: float
    looks: Sequence[tuple[float, float]]

    def until(self, seconds: float) -> float:
        """Core-seconds until so many seconds after the beginning, between two looks in proportion."""
        when, spent = zip(*self.looks, strict=True)
        return float(np.interp(seconds, when, spent))


def measured(words: Sequence[str], place: Path, log: Path, cores: Sequence[int]) -> Spent:
    """Runs Python with these words in a folder, on these cores, with a cache folder beside the log: what one has
    found out about the machine, the next does not find there. Raises SystemExit where it fails."""
    with log.open("w") as out:
        environment = {**os.environ, "PYTHONPATH": str(place), "XDG_CACHE_HOME": str(log.resolve().parent / "cache")}
        pinned = ["taskset", "--cpu-list", ",".join(map(str, cores)), sys.executable, *words]
        begun, looks = time.time(), [(0.0, 0.0)]
        child = subprocess.Popen(pinned, cwd=place, stdout=out, stderr=out, env=environment)
        # It is not waited for yet: one that has ended is still to be seen in /proc until then.
        while os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is None:
            looks.append((time.time() - begun, core_seconds_of(child.pid)))
            time.sleep(EVERY)
        _, status, usage = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{shlex.join(words)} ended with {child.returncode}: see {log}")
    spent = usage.ru_utime + usage.ru_stime
    return Spent(spent, begun, [*looks, (time.time() - begun, spent)])


def core_seconds_of(root: int) -> float:
    """Of a process, those below it, and those of them that have ended and were waited for."""
    spent: dict[int, float] = {}
    children: dict[int, list[int]] = defaultdict(list)
    for file in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = file.read_text()
        except OSError:  # it has ended meanwhile
            continue
        fields = text.rpartition(")")[2].split()  # what is before is its name, in which anything may be
        process = int(file.parent.name)
        children[int(fields[1])].append(process)
        # proc(5): utime, stime, and of children that were waited for cutime, cstime.
        spent[process] = sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    found, waiting = 0.0, [root]
    while waiting:
        process = waiting.pop()
        found += spent.get(process, 0.0)
        waiting += children[process]
    return found
