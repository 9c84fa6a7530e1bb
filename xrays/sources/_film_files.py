"""The films below a folder, and which of them an id of a table means.

    films = films_below(Path("images"))
    films.named("patient1/study2/view1.jpg")        # ("/…/patient1/study2/view1.jpg",), or () where there is none
    films.named("12")                               # 000012.png: a number is the same with and without zeros

An id is a file's name or its path, as far as that goes on either side, with or without ending, or a number. Letters
with marks are the same in one piece and in two, as some disks have them.
"""

from __future__ import annotations

import fnmatch
import os
import unicodedata
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from xrays.pixels.film import SUFFIXES
from xrays.pixels.read import DICOM_SUFFIXES

ENDINGS = (*SUFFIXES, *DICOM_SUFFIXES)


@dataclass(frozen=True)
class FilmFiles:
    """root: the folder; paths: of all films below it; by_stem: of each film the folders above it, the nearest first,
    and its path, by stem, without leading zeros where that is a number."""

    root: Path
    paths: tuple[str, ...]
    by_stem: dict[str, list[tuple[tuple[str, ...], str]]]

    def named(self, identity: str) -> tuple[str, ...]:
        """Paths of the films that an id means, as plain_id gives it: one, none, or several where it does not tell
        them apart."""
        *parts, name = _composed(identity).replace("\\", "/").split("/")
        stem, suffix = _split(name)
        folders = tuple(part for part in reversed(parts) if part not in ("", "."))
        found = []
        for above, path in self.by_stem.get(_key(stem), ()):
            known = min(len(folders), len(above))
            if folders[:known] == above[:known] and (not suffix or path.lower().endswith(suffix)):
                found.append(path)
        return tuple(found)


def films_below(root: Path, pattern: str | None = None) -> FilmFiles:
    """pattern: of paths below the root, * for any letters, where not all films are wanted. Links to folders are gone
    into, once each. Raises OSError for a folder that cannot be read."""
    by_stem: dict[str, list[tuple[tuple[str, ...], str]]] = defaultdict(list)
    found: list[str] = []
    for folder, names in folders_below(root):
        above = Path(folder).relative_to(root).parts
        known_as = tuple(map(_composed, reversed(above)))
        for name in names:
            stem, suffix = _split(name)
            if not suffix or name.startswith("."):
                continue
            if pattern is not None and not fnmatch.fnmatch("/".join((*above, name)), pattern):
                continue
            path = f"{folder}/{name}"
            by_stem[_key(_composed(stem))].append((known_as, path))
            found.append(path)
    return FilmFiles(root, tuple(found), dict(by_stem))


def folders_below(root: Path) -> list[tuple[str, list[str]]]:
    """The root and every folder below it with the names of its files, in order. Links to folders are gone into, once
    each. Raises OSError for one that cannot be read."""
    seen: set[tuple[int, int]] = set()
    _new(str(root), seen)
    listed = []
    for folder, inner, names in os.walk(root, onerror=_raise, followlinks=True):
        inner[:] = sorted(each for each in inner if not each.startswith(".") and _new(f"{folder}/{each}", seen))
        listed.append((folder, sorted(names)))
    return listed


def _new(folder: str, seen: set[tuple[int, int]]) -> bool:
    """Links can lead back."""
    state = Path(folder).stat()
    place = (state.st_dev, state.st_ino)
    if place in seen:
        return False
    seen.add(place)
    return True


def _raise(error: OSError) -> None:
    raise error


def _split(name: str) -> tuple[str, str]:
    """Stem and ending, "" where that is not one of a film's: ids may hold dots."""
    suffix = next((each for each in ENDINGS if name.lower().endswith(each)), "")
    return name[: len(name) - len(suffix)], suffix


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _key(stem: str) -> str:
    return stem.lstrip("0") or "0" if stem.isascii() and stem.isdecimal() else stem
