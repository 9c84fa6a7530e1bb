"""OpenCV, loaded with the limits that it reads once, as it loads.

cv2 = opencv()          # in place of `import cv2` where nobody may have loaded it and films are decoded next
"""

from __future__ import annotations

import os
from typing import Any

from xrays.pixels.film import LONGEST


def opencv() -> Any:
    """The module cv2: silent about broken films, which are told by us, in their place; and unpacking no small file
    that claims to be gigabytes."""
    os.environ.setdefault("OPENCV_LOG_LEVEL", "SILENT")
    os.environ.setdefault("OPENCV_IO_MAX_IMAGE_PIXELS", str(LONGEST**2))
    import cv2

    return cv2
