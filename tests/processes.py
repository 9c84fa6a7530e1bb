"""What runs on this machine."""

from __future__ import annotations

import os
import subprocess
from contextlib import suppress


def listed() -> list[tuple[int, int, str]]:
    """(process id, parent's id, command line) of every process. One that has ended is none, however long whoever has
    adopted it takes to notice."""
    # -ww: else lines are cut at the width of the screen, COLUMNS where that is set.
    asked = ["ps", "-ww", "-eo", "pid=,ppid=,stat=,args="]
    rows = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    fields = (row.split(None, 3) for row in rows.splitlines())
    return [(int(pid), int(parent), command) for pid, parent, state, command in fields if state[0] != "Z"]


def child_of(parent: int, word: str) -> int | None:
    """A child with this word in its command."""
    return next((pid for pid, above, command in listed() if above == parent and word in command), None)


def of_session(session: int) -> list[str]:
    """The commands of a session's processes."""
    found = []
    for pid, _, command in listed():
        with suppress(ProcessLookupError):  # it has ended meanwhile
            if os.getsid(pid) == session:
                found.append(command)
    return found
