"""Which films a user means who names files and folders.

films_in([Path("film.png"), Path("films")])          # film.png and all films in films/, by name
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xrays.errors import UserError
from xrays.pixels.film import SUFFIXES


def films_in(given: Sequence[Path]) -> list[Path]:
    """The files, and for a folder those in it that may be films, by name. Raises UserError for one without any."""
    films: list[Path] = []
    for path in given:
        inside = [path]
        if path.is_dir():
            inside = sorted(file for file in path.iterdir() if file.suffix.lower() in SUFFIXES)
        if not inside:
            raise UserError(f"{path} holds no films", f"a folder with {', '.join(SUFFIXES)} in it", "another folder")
        films += inside
    return films
