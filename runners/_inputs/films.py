"""Which films a user means who names files and folders.

films_in([Path("film.png"), Path("films")])          # film.png and all films in films/, by name
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xrays.errors import UserError
from xrays.pixels.film import SUFFIXES
from xrays.pixels.read import INDEX, is_dicom


def films_in(given: Sequence[Path]) -> list[Path]:
    """The files, and for a folder those in it that may be films, by name. Raises UserError for one without any."""
    films: list[Path] = []
    for path in given:
        inside = [path]
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if _may_be_film(file))
        if not inside:
            accepted = f"a folder with {', '.join(SUFFIXES)} or DICOM files in it"
            raise UserError(f"{path} holds no films", accepted, "another folder")
        films += inside
    return films


def _may_be_film(file: Path) -> bool:
    """By its name, or as a DICOM file by what is in it: these are called anything."""
    return file.suffix.lower() in SUFFIXES or (file.name != INDEX and is_dicom(file))
