"""Locks that die with their owner: the system lets go of one when its process ends, however it ends.

with (folder / ".lock").open("a+") as file:
    if taken(file, fcntl.LOCK_EX): …        # held until the file is closed
"""

from __future__ import annotations

import errno
import fcntl
import os
import time
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
