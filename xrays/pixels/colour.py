"""Whether a picture has colours: a photograph of a film, a screenshot, a scan with a tint.

has_colours(raw, pixels.shape)      # of a file as `decoded` takes it; False for grey in three channels

A model's films are grey. What a camera made of one has its light and its tint as well, and other grey values.
"""

from __future__ import annotations

import numpy as np

from xrays.pixels import jpeg, png
from xrays.pixels.opencv import opencv
from xrays.pixels.tiff import is_grey as is_grey_tiff
from xrays.quiet import silenced

APART = 24  # grey levels by which the channels of a coloured pixel differ
EIGHTH = 64  # px of a side, from which an eighth is looked at
SHARE = 0.05  # of the pixels: an arrow or a mark that somebody has drawn is less


def has_colours(raw: bytes, shape: tuple[int, ...]) -> bool:
    """raw: of a picture that can be decoded, a PNG as png.unpacked leaves it; shape: (H, W). Only what may have
    colours is decoded once more, at an eighth of its size."""
    if png.is_grey(raw) or jpeg.is_grey(raw) or is_grey_tiff(raw):
        return False
    cv2 = opencv()
    size = cv2.IMREAD_REDUCED_COLOR_8 if min(shape) >= EIGHTH else cv2.IMREAD_COLOR
    flags = size | cv2.IMREAD_IGNORE_ORIENTATION
    with silenced():
        small = cv2.imdecode(np.frombuffer(raw, np.uint8), flags)
    return small is not None and float((np.ptp(small, axis=2) > APART).mean()) > SHARE
