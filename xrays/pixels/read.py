"""Reads a film's file, of whatever kind.

film = read_film(Path("000000.png"))        # Film: grey (height, width) uint8, notes
"""

from __future__ import annotations

from pathlib import Path

from xrays.pixels.film import Film
from xrays.pixels.raster import read_raster

DICOM_SUFFIXES = (".dcm", ".dicom")
INDEX = "DICOMDIR"  # a list of files, itself in the form of one
MARK_AT, MARK = 128, b"DICM"  # of DICOM files, which often have no suffix at all


def read_film(path: Path) -> Film:
    """At its own size, in grey. Raises UnreadableFilm."""
    if is_dicom(path):
        from xrays.pixels.dicom import read_dicom  # not before: who has other films needs no pydicom

        return read_dicom(path)
    return read_raster(path)


def is_dicom(path: Path) -> bool:
    """By its name or by the mark in it; a file that cannot be opened is none."""
    if path.suffix.lower() in DICOM_SUFFIXES:
        return True
    try:
        with path.open("rb") as file:
            file.seek(MARK_AT)
            return file.read(len(MARK)) == MARK
    except OSError:
        return False
