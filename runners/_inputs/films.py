"""Which films a user means who names files and folders.

films_in([Path("film.png"), Path("films")])          # film.png and all films in films/, by name
films_in([Path("films")], recursive=True)            # and those in the folders below it
once([Path("film.png"), Path("./film.png")])         # one of them
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from xrays.errors import UserError
from xrays.pixels.film import SUFFIXES
from xrays.pixels.read import INDEX, is_dicom
from xrays.sources._film_files import folders_below


def films_in(given: Sequence[Path], recursive: bool = False) -> list[Path]:
    """The files, and for a folder those in it that may be films, by name, folder by folder where these are gone into.
    Raises UserError for a folder without any, and for what does not exist."""
    films: list[Path] = []
    for path in given:
        if not os.path.lexists(path):
            raise UserError(f"{path} does not exist", "files and folders of films", "its path as `ls` shows it")
        inside = _films_of(path, recursive) if path.is_dir() else [path]
        if not inside:
            accepted = f"a folder with {', '.join(SUFFIXES)} or DICOM files in it"
            below = not recursive and any(_films_of(path, recursive=True))
            remedy = "--recursive, for the films in the folders below it" if below else "another folder"
            raise UserError(f"{path} holds no films", accepted, remedy)
        films += inside
    return films


def once(films: Sequence[Path]) -> list[Path]:
    """Each file once, by the name that it is given first: `films films/a.png` names one twice."""
    found: dict[Path, Path] = {}
    for film in films:
        found.setdefault(film.resolve(), film)
    return list(found.values())


def _films_of(folder: Path, recursive: bool) -> list[Path]:
    if recursive:
        files = [Path(inner, name) for inner, names in folders_below(folder) for name in names]
    else:
        files = sorted(folder.iterdir())
    return [file for file in files if _may_be_film(file)]


def _may_be_film(file: Path) -> bool:
    """By its name, or as a DICOM file by what is in it: these are called anything. What is hidden is none: macOS lays
    a file ._film.png beside film.png on disks that are not its own."""
    if file.name.startswith("."):
        return False
    return file.suffix.lower() in SUFFIXES or (file.name != INDEX and is_dicom(file))
