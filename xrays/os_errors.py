"""What a user is told of an error of the system that they can mend, wherever it was raised.

except OSError as error:
    if (refused := for_user(error)) is None:
        raise
    print(refused)
"""

from __future__ import annotations

import errno
import os

from xrays.errors import UserError
from xrays.full_disk import full_disk

# What is wrong with a file or folder that the user has chosen; anything else is a bug.
ABOUT_FILES = {getattr(errno, f"E{name}") for name in (
    "ACCES", "PERM", "ROFS", "NOTDIR", "ISDIR", "EXIST", "NOENT", "NAMETOOLONG", "LOOP", "INVAL", "IO", "NODEV",
    "NXIO", "STALE", "NOTEMPTY", "XDEV", "TXTBSY", "BUSY",
)}  # fmt: skip


def for_user(error: OSError) -> UserError | None:
    """Of a full disk, and of a chosen folder that is none or somebody else's; None for what is a bug. What was there
    is whole, since files are written beside it first."""
    name = error.filename
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    if full := full_disk(error, name, "room for what is written", "make room; the same command again"):
        return full
    if error.errno not in ABOUT_FILES or name is None:
        return None
    name = f"{name[:60]}…" if error.errno == errno.ENAMETOOLONG else name
    given = f"{name} cannot be written or read: {error.strerror}"
    return UserError(given, "a folder and files that this user may use", "another --out, --runs or --data")
