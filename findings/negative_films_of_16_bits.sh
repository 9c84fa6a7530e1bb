#!/usr/bin/env bash
# A TIFF can say that its zeros are white, and scanners of X-ray films write it so. OpenCV and Pillow turn the values of
# such a film over, so that white is bright, when it has 8 bits, and leave them as they are when it has 16: the same
# film comes out positive or negative depending on its depth. OpenCV does both with one file, depending on the flag:
# IMREAD_GRAYSCALE gives 8 bits, right, IMREAD_UNCHANGED 16 bits, negative. tifffile turns nothing over.
#
# Seen with OpenCV 5.0.0.93 (4.11.0.86 the same), Pillow 13.0.0, tifffile 2026.3.3 and numpy 2.4.6, Python 3.11; a
# ramp from black to white, and whether what is read is darkest at its black end:
#   zeros are white, 8 bits    cv2 IMREAD_UNCHANGED True   cv2 IMREAD_GRAYSCALE True  Pillow True
#   zeros are white, 16 bits   cv2 IMREAD_UNCHANGED False  cv2 IMREAD_GRAYSCALE True  Pillow False
# What we do: 16 bits whose zeros are white are turned over by us (xrays/pixels/tiff.py).
#
# Exits with 0 as long as it is so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
"$python" -m pip install --quiet --disable-pip-version-check --target "$work/own" \
  "opencv-python-headless==5.0.0.93" "pillow==13.0.0" "tifffile==2026.3.3" "numpy==2.4.6"

cd "$work"
PYTHONPATH=own "$python" - <<'PYTHON'
import sys

import cv2
import numpy as np
import tifffile
from PIL import Image

seen = []
for bits in (8, 16):
    shown = np.tile(np.linspace(0, 2**bits - 1, 32).astype(f"uint{bits}"), (24, 1))
    tifffile.imwrite("film.tif", ~shown, photometric="miniswhite")
    read = {f"cv2 {flag}": cv2.imread("film.tif", getattr(cv2, flag)) for flag in ("IMREAD_UNCHANGED", "IMREAD_GRAYSCALE")}
    read["Pillow"] = np.asarray(Image.open("film.tif"))
    right = {name: bool(film[0, 0] < film[0, -1]) for name, film in read.items()}
    print(f"zeros are white, {bits:2} bits ", *(f" {name} {value!s:5}" for name, value in right.items()))
    seen.append([*right.values()])
sys.exit(seen != [[True, True, True], [False, True, False]])
PYTHON
