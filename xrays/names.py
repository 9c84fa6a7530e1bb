"""Names that become folders and stand in commands, lists and pages: what is allowed is checked here alone.

check_name("--name", "age of adults", "--name adults")       # UserError for "", "..", "a/b", "a\\nb", 300 letters
"""

from __future__ import annotations

import os

from xrays.errors import UserError

LONGEST = 200  # bytes: file systems allow 255, and a fork's name ends in a number


def check_name(what: str, name: str, remedy: str) -> None:
    """Raises UserError for a name that is no single folder below another, that a list would break at, or that a
    command would take for an option. what: where it comes from."""
    long = len(os.fsencode(name)) > LONGEST
    if long or not name.isprintable() or name.strip() != name or name[:1] in ("", ".", "-") or "/" in name:
        shown = f"{name[:40]!r}…, {len(os.fsencode(name))} bytes long" if long else repr(name)
        raise UserError(
            f"{what} {shown}",
            f"a folder's name of at most {LONGEST} bytes, without /, that begins with neither . nor -",
            remedy,
        )
