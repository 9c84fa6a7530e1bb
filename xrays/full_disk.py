"""What a user is told of a full disk, wherever one is met: it is no bug, and what was written before is whole.

except OSError as error:
    if (full := full_disk(error, folder, "room for trials", "make room; the same command goes on")) is None:
        raise
    raise full from None
"""

from __future__ import annotations

import errno
from pathlib import Path

from xrays.errors import UserError

FULL = (errno.ENOSPC, errno.EDQUOT)


def full_disk(error: OSError, place: Path | str | None, accepted: str, remedy: str) -> UserError | None:
    """The error to raise instead, None where this is another one. place: a folder or file on that disk, None where it
    is not known; accepted: what there must be room for; remedy: what to do."""
    if error.errno not in FULL:
        return None
    disk = f"the disk of {place}" if place else "a disk"
    return UserError(f"{disk} is full", accepted, remedy)
