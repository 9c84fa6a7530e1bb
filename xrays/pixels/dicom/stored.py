"""The values that a DICOM file stores, whatever they are compressed with.

    stored = stored_values(tags, path)          # (H, W) uint8, int8, uint16 or int16 in the machine's byte order

OpenCV comes first where its result is exact, because it alone lets several threads decode at once: pictures of JPEG's
family with one channel and no sign. Then pydicom, which asks GDCM; then GDCM itself, which decodes what pydicom does
not ask it for: JPEG of 12 bits, HTJ2K.
"""

from __future__ import annotations

import math
import struct
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from xrays.pixels.dicom.syntaxes import UNPACKED, undecodable
from xrays.pixels.dicom.tags import text, whole
from xrays.pixels.film import UnreadableFilm
from xrays.quiet import silenced

if TYPE_CHECKING:
    from pydicom import Dataset

Stored: TypeAlias = NDArray[np.integer[Any]]
MARKS = b"\xff\xd8", b"\xff\x4f\xff\x51"  # how JPEG and a JPEG 2000 codestream begin
ROUNDED = 2  # tones
SIGN_AT = 42  # bytes from a codestream's beginning to the byte whose highest bit says whether values have a sign


def stored_values(tags: Dataset, path: Path) -> Stored:
    """(H, W) as stored: not rescaled, not inverted. path: where the tags were read from. Raises UnreadableFilm when
    nothing decodes the file, and for colours."""
    array = None
    with silenced():  # libraries inside GDCM and OpenCV write on standard error
        for decode in (_by_opencv, _by_pydicom, _by_gdcm):
            array = decode(tags, path) if array is None else array
    if array is None:
        raise UnreadableFilm(undecodable(text(tags.file_meta, "TransferSyntaxUID"), gdcm=_has_gdcm()))
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


def _by_opencv(tags: Dataset, path: Path) -> Stored | None:
    if text(tags.file_meta, "TransferSyntaxUID") in UNPACKED:
        return None
    if whole(tags, "SamplesPerPixel", 1) != 1 or whole(tags, "PixelRepresentation", 0) != 0:
        return None
    from pydicom.encaps import get_frame

    try:
        frame = get_frame(tags.PixelData, 0, number_of_frames=1)
    except (ValueError, struct.error):  # not encapsulated as the standard wants it
        return None
    signed = frame.startswith(MARKS[1]) and len(frame) > SIGN_AT and frame[SIGN_AT] & 0x80
    return None if signed or not frame.startswith(MARKS) else _unpacked(frame, whole(tags, "BitsAllocated", 0))


def _unpacked(frame: bytes, bits: int) -> Stored | None:
    import cv2

    try:
        array = cv2.imdecode(np.frombuffer(frame, np.uint8), cv2.IMREAD_UNCHANGED)
    except cv2.error:
        return None
    wanted = np.dtype(f"u{bits // 8}")
    if array is None or array.ndim != 2 or array.dtype.kind != "u" or array.itemsize > wanted.itemsize:
        return None
    return array.astype(wanted, copy=False)


def _by_pydicom(tags: Dataset, path: Path) -> Stored | None:
    from pydicom.pixels.utils import pixel_array

    try:
        return pixel_array(tags)
    except MemoryError:
        raise
    except Exception:  # of a dozen kinds, from pydicom and from decoders: there are no pixels
        return None


def _by_gdcm(tags: Dataset, path: Path) -> Stored | None:
    try:
        import gdcm
    except ImportError:
        return None
    reader = gdcm.ImageReader()
    reader.SetFileName(str(path))
    if not reader.Read():
        return None
    image = reader.GetImage()
    kind = image.GetPixelFormat()
    dtype = np.dtype(f"{'iu'[kind.GetPixelRepresentation() == 0]}{kind.GetBitsAllocated() // 8}")
    shape = (image.GetDimension(1), image.GetDimension(0), *([3] if kind.GetSamplesPerPixel() == 3 else []))
    # SWIG gives char* as text, and None for a picture that GDCM could not decode after all.
    array = np.frombuffer((image.GetBuffer() or "").encode("utf-8", "surrogateescape"), dtype)
    return array.reshape(shape) if array.size == math.prod(shape) else None


def _has_gdcm() -> bool:
    return find_spec("gdcm") is not None
