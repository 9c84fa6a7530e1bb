"""What holds a prepared folder together: meta.json knows the content of every other file, and its own.

write_meta(folder, {"films": …, "pixels": …})       # last, when all other files are there
meta = read_meta(folder)                            # raises DamagedFilms
content = read_file(folder, meta, "films.csv")      # raises DamagedFilms
images = mapped(folder, "images.npy", meta)         # raises DamagedFilms

The films' array is gigabytes, and so may vectors be: whether their content is right is for xrays/intact.py.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from tokenize import TokenError  # what NumPy ends in where an array's header lacks a bracket
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrays.errors import UserError
from xrays.next_command import command
from xrays.strict_json import as_json, plain

META, FILMS, REJECTED, LEFT_OUT = "meta.json", "films.csv", "rejected.csv", "left_out.csv"
CONFLICTS, FACTS, PRINTS, IMAGES = "conflicts.csv", "facts.csv", "fingerprints.npy", "images.npy"
VECTORS = "vectors.npy"  # only where some were given, see xrays/vectors.py
SMALL = (FILMS, FACTS, REJECTED, LEFT_OUT, CONFLICTS, PRINTS)


class DamagedFilms(UserError):
    """A file of a prepared folder is not what `prepare` has written."""

    def __init__(self, folder: Path, file: str, what: str, meta: Mapping[str, Any]) -> None:
        super().__init__(
            f"{folder} is damaged: {file} {what}",
            "a folder as `prepare` has written it",
            f"{_again(folder, meta)}, and --data with that folder",
        )

    def __reduce__(self) -> Any:  # to other processes it goes as what it is to a user
        return UserError, (self.given, self.accepted, self.remedy)


def write_meta(folder: Path, meta: Mapping[str, Any]) -> None:
    """meta: what is to be kept beside the hashes of the small files that are there. In the place of an older one."""
    files = {name: _hash((folder / name).read_bytes()) for name in SMALL if (folder / name).exists()}
    whole = {**meta, "files": files}
    partial = folder / f".{META}.partial"
    partial.write_text(as_json({**whole, "seal": _seal(whole)}, indent=1))
    partial.replace(folder / META)


def read_meta(folder: Path) -> Mapping[str, Any]:
    """Raises DamagedFilms, and UserError when the folder holds no prepared films."""
    try:
        raw = (folder / META).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(
            f"{folder} holds no prepared films", "a folder that `prepare` has made", "python cli.py prepare DIR"
        ) from None
    try:
        meta = json.loads(raw)
    except (ValueError, RecursionError):  # also what is no text
        meta = None
    if not isinstance(meta, dict):
        raise DamagedFilms(folder, META, "cannot be read" if raw else "is empty", {})
    if "seal" not in meta:
        raise UserError(
            f"{folder} was prepared by an older version",
            "films that were prepared by this version",
            f"{_again(folder, meta)}",
        )
    if meta.pop("seal") != _seal(meta):
        raise DamagedFilms(folder, META, "was changed", {})
    return meta


def read_file(folder: Path, meta: Mapping[str, Any], name: str) -> bytes:
    """The content of one of the small files. Raises DamagedFilms."""
    try:
        content = (folder / name).read_bytes()
    except FileNotFoundError:
        raise DamagedFilms(folder, name, "is not there", meta) from None
    if _hash(content) != meta["files"].get(name):
        what = "was changed since, or is that of other films" if content else "is empty"
        raise DamagedFilms(folder, name, f"does not belong to {META}: it {what}", meta)
    return content


def mapped(folder: Path, name: str, meta: Mapping[str, Any]) -> NDArray[Any]:
    """The array of one of the large files, read-only, still on disk. Raises DamagedFilms for what is none, or is
    cut; what it holds is not looked at."""
    try:
        # Not np.load, which opens other kinds of files, too.
        return np.lib.format.open_memmap(folder / name, "r")
    except FileNotFoundError:
        raise DamagedFilms(folder, name, "is not there", meta) from None
    except (ValueError, EOFError, OverflowError, TokenError):
        raise DamagedFilms(folder, name, "cannot be read", meta) from None


def digest_of(file: Path) -> str:
    """Of a file that may be large: SHA-256 of its content."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _seal(meta: Mapping[str, Any]) -> str:
    return _hash(json.dumps(plain(meta), sort_keys=True).encode())


def _again(folder: Path, meta: Mapping[str, Any]) -> str:
    """The command that makes it once more, beside: what lies in the folder, such as who has opened its hold-out, is
    still needed."""
    return command(
        "prepare", *meta.get("words", ("DIR",)), size=meta.get("size"), out=folder.with_name(f"{folder.name}-2")
    )
