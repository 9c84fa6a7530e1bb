"""A secret of this machine, with which patient ids become names that say nothing.

    salt = own_salt()                       # made when it is first asked for
    name_of("Doe-4711", salt)               # "5f0c41…": the same patient has it in every collection prepared here

It lies in the user's settings and nowhere beside films or arrays, so that whoever gets these cannot try out ids.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from pathlib import Path

from xrays.errors import UserError
from xrays.next_command import command

BYTES = 32


def salt_file() -> Path:
    """`cxr-automl/patient-salt` in $XDG_CONFIG_HOME, which is ~/.config where nothing else is said."""
    home = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(home) if home else Path.home() / ".config") / "cxr-automl" / "patient-salt"


def own_salt() -> bytes:
    """Raises UserError where it can neither be read nor made."""
    file = salt_file()
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        _make(file)
        salt = file.read_bytes()
    except OSError as error:
        raise UserError(
            f"{file}, which patient ids are hashed with, cannot be made: {error.strerror}",
            "a folder for settings that outlives this session",
            f"XDG_CONFIG_HOME=DIR {command('prepare', 'dicom', 'DIR')}",
        ) from None
    if len(salt) != BYTES:
        raise UserError(
            f"{file} is damaged", f"{BYTES} random bytes", f"rm {file}   (every patient gets another name then)"
        )
    return salt


def name_of(patient: str, salt: bytes) -> str:
    """16 letters for a patient's id. Of a million patients two get the same with a probability of 3 in 10^8."""
    return hashlib.blake2b(patient.encode(), key=salt, digest_size=8).hexdigest()


def _make(file: Path) -> None:
    """Whole or not at all, and once: another process may make it at the same time."""
    if file.exists():
        return
    own = file.with_name(f"{file.name}.{secrets.token_hex(8)}")
    own.touch(mode=0o600)
    own.write_bytes(secrets.token_bytes(BYTES))
    try:
        os.link(own, file)
    except FileExistsError:
        pass
    finally:
        own.unlink()
