"""PNG, JPEG, TIFF and BMP, as OpenCV decodes them.

read_raster(Path("000000.png"))     # Film: grey (height, width) uint8, notes
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrays.pixels import jpeg, png
from xrays.pixels.colour import has_colours
from xrays.pixels.depth import CLIPPED, eight_bits
from xrays.pixels.film import LONGEST, Film, UnreadableFilm, in_memory
from xrays.pixels.opencv import opencv
from xrays.pixels.orientation import orientation_of, upright
from xrays.pixels.tiff import is_negative
from xrays.quiet import silenced

CUT = "is a JPEG that is cut or damaged"
COLOURED = "in colour"  # a note


@in_memory()
def read_raster(path: Path) -> Film:
    """Decodes a file to grey, (height, width) uint8, upright as its EXIF says. An alpha channel is dropped, 16 bits
    become 8, see xrays/pixels/depth.py. Raises UnreadableFilm, also for a picture of which only a part is there."""
    # Bytes are read here: cv2.imread prints warnings of its own and cannot tell a missing file from a broken one.
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise UnreadableFilm(f"cannot be opened: {error.strerror}") from error
    if not raw:
        raise UnreadableFilm("is empty")
    raw = png.unpacked(raw)
    pixels, orientation = decoded(raw)
    return _film(pixels, orientation, [COLOURED] * has_colours(raw, pixels.shape))


def decoded(raw: bytes) -> tuple[NDArray[Any], int]:
    """The pixels of a picture as they are stored, without alpha, the brighter the whiter, and the orientation that
    its EXIF tells. raw: of a file, a PNG unpacked. Raises UnreadableFilm, which says CUT where only a part of the
    pixels is there."""
    if png.is_cut(raw):
        raise UnreadableFilm("cannot be decoded")
    exif = png.exif_of(raw)
    is_jpeg = raw.startswith(jpeg.SIGNATURE)
    if is_jpeg:
        head = jpeg.read_head(raw)
        if head is None:
            raise UnreadableFilm(CUT)
        exif = head.exif
    pixels, heard = _decoded(raw)
    # Another thread's film may be the one that was complained of.
    if is_jpeg and jpeg.is_corrupt(heard) and jpeg.is_corrupt(_decoded(raw, alone=True)[1]):
        raise UnreadableFilm(CUT)
    if pixels.dtype == np.uint16 and is_negative(raw):
        pixels = ~pixels
    return pixels, orientation_of(exif)


def _decoded(raw: bytes, alone: bool = False) -> tuple[NDArray[Any], str]:
    """(H, W) in grey of its own depth, without alpha, not turned; and what was heard on standard error meanwhile."""
    cv2 = opencv()
    # Three equal channels are the same grey as with IMREAD_UNCHANGED, in two thirds of its time; colours may be one
    # level from what cvtColor makes of them. Without ANYDEPTH 16 bits would lose their lower 8.
    flags = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        with silenced(alone) as heard:
            pixels = cv2.imdecode(np.frombuffer(raw, np.uint8), flags)
            told = heard()
    except cv2.error as error:
        if error.code == cv2.Error.STS_NO_MEM:
            raise
        large = "MAX_IMAGE_PIXELS" in str(error)
        raise UnreadableFilm(f"has more than {LONGEST**2:,} pixels" if large else "cannot be decoded") from error
    if pixels is None:
        raise UnreadableFilm("cannot be decoded")
    return pixels, told


def _film(pixels: NDArray[Any], orientation: int, notes: list[str]) -> Film:
    if pixels.dtype not in (np.uint8, np.uint16):
        raise UnreadableFilm(f"has pixels of type {pixels.dtype}")
    if pixels.dtype == np.uint16:
        pixels, clipped = eight_bits(pixels)
        notes += [CLIPPED] * clipped
    if orientation != 1:
        notes.append("turned as its file says")
    return Film(upright(pixels, orientation), tuple(notes))
