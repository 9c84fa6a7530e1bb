"""The values that a DICOM file stores, whatever they are compressed with.

    stored = stored_values(tags, path)          # (H, W) uint8, int8, uint16 or int16 in the machine's byte order

OpenCV comes first where its result is exact, because it alone lets several threads decode at once: pictures of JPEG's
family with one channel and no sign. Then pydicom, by itself for what is not compressed or by RLE; for all else with
GDCM, in a process of its own (by_gdcm.py).
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from xrays.pixels.dicom.by_gdcm import by_gdcm
from xrays.pixels.dicom.syntaxes import BY_GDCM, JPEG_LS, UNPACKED, undecodable
from xrays.pixels.dicom.tags import text, whole
from xrays.pixels.film import UnreadableFilm
from xrays.pixels.jpeg import SIGNATURE, read_head
from xrays.pixels.raster import CUT, decoded

if TYPE_CHECKING:
    from pydicom import Dataset

Stored: TypeAlias = NDArray[np.integer[Any]]
CODESTREAM = b"\xff\x4f\xff\x51"  # how JPEG 2000 and HTJ2K begin
ROUNDED = 2  # tones


def stored_values(tags: Dataset, path: Path) -> Stored:
    """(H, W) as stored: not rescaled, not inverted. path: where the tags were read from. Raises UnreadableFilm when
    nothing decodes the file, and for colours."""
    frame, syntax = _frame(tags), text(tags.file_meta, "TransferSyntaxUID")
    array = None if frame is None else _by_opencv(frame, tags)
    if array is None and frame is not None and frame.startswith(SIGNATURE) and read_head(frame) is None:
        raise UnreadableFilm(CUT)
    if array is None:
        array = by_gdcm(path) if syntax in BY_GDCM else _by_pydicom(tags)
    if array is None:
        raise UnreadableFilm(undecodable(syntax, gdcm=_has_gdcm()))
    grey = native(one_channel(array))
    width, height = whole(tags, "Columns", 0), whole(tags, "Rows", 0)
    if grey.shape != (height, width):
        raise UnreadableFilm(f"says {width:,} × {height:,} px and holds {grey.shape[1]:,} × {grey.shape[0]:,}")
    return grey


def native(array: Stored) -> Stored:
    """In the machine's byte order: OpenCV takes others for it without an error, and 100 becomes 25,600."""
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def one_channel(array: Stored) -> Stored:
    """Grey (H, W) of grey or of (H, W, 3) with three channels that are equal, but for what a lossy compression has
    rounded. Raises UnreadableFilm for colours."""
    if array.ndim == 2:
        return array
    if array.ndim == 3 and array.shape[2] == 3 and int(np.ptp(array, axis=2).max(initial=0)) <= ROUNDED:
        return array[..., 1]
    raise UnreadableFilm("is a colour picture" if array.ndim == 3 else f"is no picture: {array.ndim} dimensions")


def _frame(tags: Dataset) -> bytes | None:
    """The picture that is packed into the file; None for pixels that lie there as they are, and for JPEG-LS, which
    has JPEG's signature and not its markers."""
    if text(tags.file_meta, "TransferSyntaxUID") in UNPACKED | JPEG_LS:
        return None
    from pydicom.encaps import get_frame

    try:
        return get_frame(tags.PixelData, 0, number_of_frames=1)
    except MemoryError:
        raise
    except Exception:  # of several kinds: not packed as the standard wants it, or no bytes at all
        return None


def _by_opencv(frame: bytes, tags: Dataset) -> Stored | None:
    if whole(tags, "SamplesPerPixel", 1) != 1 or whole(tags, "PixelRepresentation", 0) != 0:
        return None
    if not frame.startswith((SIGNATURE, CODESTREAM)):
        return None
    try:
        array, _ = decoded(frame)
    except UnreadableFilm as error:
        if str(error) == CUT:
            raise
        return None
    wanted = np.dtype(f"u{whole(tags, 'BitsAllocated', 16) // 8}")
    fits = array.ndim == 2 and array.dtype.kind == "u" and array.itemsize <= wanted.itemsize
    return array.astype(wanted, copy=False) if fits else None


def _by_pydicom(tags: Dataset) -> Stored | None:
    from pydicom.pixels.utils import pixel_array

    try:
        return pixel_array(tags)
    except MemoryError:
        raise
    except Exception:  # of a dozen kinds, from pydicom and from decoders: there are no pixels
        return None


def _has_gdcm() -> bool:
    return find_spec("gdcm") is not None
