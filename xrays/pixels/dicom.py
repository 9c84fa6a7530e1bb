"""DICOM films."""

from __future__ import annotations

from pathlib import Path

from xrays.pixels.film import Film, UnreadableFilm


def read_dicom(path: Path) -> Film:
    """Raises UnreadableFilm."""
    raise UnreadableFilm("is a DICOM file")
