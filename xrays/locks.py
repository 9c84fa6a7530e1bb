"""Locks that die with their owner: the system lets go of one when its process ends, however it ends.

with (folder / ".lock").open("a+") as file:
    if taken(file, fcntl.LOCK_EX): …        # held until the file is closed
with alone(folder / ".openings.lock"): …    # one after the other
"""

from __future__ import annotations

import errno
import fcntl
import math
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

AGAIN = 0.02  # seconds until a lock is asked for again
UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP)


class NoLocks(Exception):
    """The file system has none, as some network disks."""


def taken(file: IO[str], kind: int, patience: float = 0.0) -> bool:
    """Whether the lock could be had within so many seconds; closing the file lets go of it. kind: fcntl.LOCK_EX or
    LOCK_SH. Raises NoLocks."""
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                return False
            time.sleep(AGAIN)
        except OSError as error:
            if error.errno not in UNSUPPORTED:
                raise
            raise NoLocks(os.strerror(error.errno)) from None
        else:
            return True


@contextmanager
def alone(lock: Path, waits: Callable[[], None] = lambda: None) -> Iterator[None]:
    """One process at a time, the others wait, after they have called `waits`.

    In a folder that cannot be written, and on a file system without locks, nobody waits: for what is rather done
    twice than not at all.
    """
    try:
        lock.parent.mkdir(exist_ok=True)
        file = lock.open("a")
    except OSError:
        yield
        return
    with file:
        with suppress(NoLocks):
            if not taken(file, fcntl.LOCK_EX):
                waits()
                taken(file, fcntl.LOCK_EX, math.inf)
        yield
