"""From a film's file to the pixels a model sees. The one place that does it: prepare, predict and tests share it.

    film = read_film(Path("000000.png"))        # (height, width) uint8
    pixels = to_pixels(film, size=128)          # (128, 128) uint8, inverted
    fingerprint(film)                           # the same at every size, under every name

The order is fixed: decode to grey, pad to a square with black, invert, resize.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xrays.quiet import silenced

# Part of the pixels' fingerprint and of every exported model: changes when the same file gives other pixels.
PREPROCESSING = "grey, pad black, invert, resize area (1)"
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")  # of files that are taken for films, in any case

# Beyond them a file is a strip or a slip, and padded to a square it would take gigabytes: no detector, no digitiser
# of films gives 16,384 px a side.
LONGEST, THINNEST = 2**14, 10


class UnreadableFilm(ValueError):
    """The file is no image that can be decoded, or none that can be a film, or takes more memory than there is."""


@contextmanager
def _in_memory() -> Iterator[None]:
    """One film that does not fit costs none of the others."""
    try:
        yield
    except Exception as error:
        import cv2  # not before: it reads its variables as it loads

        full = isinstance(error, cv2.error) and error.code == cv2.Error.STS_NO_MEM
        if not (full or isinstance(error, MemoryError)):
            raise
        raise UnreadableFilm("does not fit into memory") from None


@_in_memory()
def read_film(path: Path) -> NDArray[np.uint8]:
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
    return np.ascontiguousarray(film)


@_in_memory()
def to_pixels(film: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """Pads (H, W) to a square with black, centred, inverts (255 - pixel), resizes to (size, size) by area. Raises
    UnreadableFilm for one that is too thin or too large, before it takes memory."""
    import cv2

    height, width = film.shape
    side = max(height, width)
    if side > THINNEST * min(height, width):
        raise UnreadableFilm(f"is {width:,} × {height:,} px: one side more than {THINNEST} times the other")
    if side > LONGEST:
        raise UnreadableFilm(f"is {width:,} × {height:,} px: more than {LONGEST:,} px a side")
    top, left = (side - height) // 2, (side - width) // 2
    square = np.zeros((side, side), np.uint8)
    square[top : top + height, left : left + width] = film
    return np.asarray(cv2.resize(255 - square, (size, size), interpolation=cv2.INTER_AREA), np.uint8)


def fingerprint(film: NDArray[np.uint8]) -> int:
    """48 bits of a hash of the film as it was decoded: whatever size it is prepared at, whatever its file, id and
    labels are. A copy that was scaled down or compressed with losses is another film. Among a million films two
    different ones are taken for the same with a probability of 0.2 %."""
    content = hashlib.blake2b(f"{film.shape}".encode() + film.tobytes(), digest_size=6)
    return int.from_bytes(content.digest())
