"""PNG, JPEG, TIFF and BMP, as OpenCV decodes them.

film = read_raster(Path("000000.png"))      # (height, width) uint8
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from xrays.pixels.film import LONGEST, Film, UnreadableFilm, in_memory
from xrays.quiet import silenced


@in_memory()
def read_raster(path: Path) -> Film:
    """Decodes a file to grey, (height, width) uint8. An alpha channel is dropped, 16 bits are scaled to 8 by the
    film's own maximum. Raises UnreadableFilm."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")  # a broken film is told by us, in its place
    os.environ.setdefault(
        "OPENCV_IO_MAX_IMAGE_PIXELS", str(LONGEST**2)
    )  # a small file may claim to unpack to gigabytes
    import cv2

    # Bytes are read here: cv2.imread prints warnings of its own and cannot tell a missing file from a broken one.
    try:
        raw = np.fromfile(path, np.uint8)
    except OSError as error:
        raise UnreadableFilm(f"cannot be opened: {error.strerror}") from error
    film = None
    if raw.size:
        try:
            with silenced():
                film = cv2.imdecode(raw, cv2.IMREAD_UNCHANGED)
        except cv2.error as error:
            large = "MAX_IMAGE_PIXELS" in str(error)
            raise UnreadableFilm(f"has more than {LONGEST**2:,} pixels" if large else "cannot be decoded") from error
    if film is None:
        raise UnreadableFilm("is empty" if not raw.size else "cannot be decoded")
    if film.dtype not in (np.uint8, np.uint16):
        raise UnreadableFilm(f"has pixels of type {film.dtype}")
    if film.ndim == 3:
        film = film[..., 0] if film.shape[2] < 3 else cv2.cvtColor(film[..., :3], cv2.COLOR_BGR2GRAY)
    if film.dtype == np.uint16:  # after alpha is gone: its maximum says nothing about the film
        film = (film.astype(np.float32) * (255.0 / max(int(film.max()), 1))).astype(np.uint8)
    return Film(np.ascontiguousarray(film))
