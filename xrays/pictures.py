"""Prepared films as pictures for people: bones white, as radiologists read them.

png(as_read(arrays.images[row], most=128))          # bytes
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

HEADER = 33  # bytes of a PNG before the first chunk that may be anything


def as_read(film: NDArray[Any], most: int) -> NDArray[np.uint8]:
    """(S, S, 1) inverted to a picture (s, s) of at most `most` px, bones white."""
    import cv2

    seen = 255 - np.asarray(film, np.float32)[..., 0]
    side = min(most, len(seen))
    return np.asarray(cv2.resize(seen, (side, side), interpolation=cv2.INTER_AREA).round().clip(0, 255), np.uint8)


def png(picture: NDArray[np.uint8], software: str = "") -> bytes:
    """(h, w) grey or (h, w, 3) red, green, blue. software: what made it, for whoever finds the file."""
    import cv2

    ordered = picture[..., ::-1] if picture.ndim == 3 else picture
    done, content = cv2.imencode(".png", ordered, [cv2.IMWRITE_PNG_COMPRESSION, 9])
    if not done:
        raise ValueError(f"no PNG of a picture of shape {picture.shape}")
    encoded = bytes(content.tobytes())
    if not software:
        return encoded
    chunk = b"tEXtSoftware\0" + software.encode("latin-1")
    added = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
    return encoded[:HEADER] + added + encoded[HEADER:]
