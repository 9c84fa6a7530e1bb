#!/usr/bin/env bash
# OpenCV's IMREAD_IGNORE_ORIENTATION holds for JPEG, and not for TIFF: a TIFF's orientation tag is obeyed whatever is
# asked for, also with IMREAD_UNCHANGED. Who turns pictures by their tag must leave TIFFs alone, or turns them twice.
#
# Seen with OpenCV 4.11.0.86 and 5.0.0.93, Python 3.11; a picture of 4 rows and 6 columns that says "turn me a quarter":
#   jpeg, ignored: 4 × 6    tiff, ignored: 6 × 4    tiff, unchanged: 6 × 4
# What we do: JPEG's and PNG's tags are obeyed by our own code, TIFF's by OpenCV's (xrays/pixels/orientation.py).
#
# Exits with 0 as long as it is like this.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}

for version in 4.11.0.86 5.0.0.93; do
  "$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$work/$version" \
    "opencv-python-headless==$version"
  "$python" -m pip install --quiet --disable-pip-version-check --target "$work/$version" "numpy==2.4.6"
  cd "$work"
  PYTHONPATH=$version "$python" - <<'PYTHON'
import struct

import cv2
import numpy as np

QUARTER = 6
picture = np.arange(24, dtype=np.uint8).reshape(4, 6) * 10

tags = {256: 6, 257: 4, 258: 8, 259: 1, 262: 1, 273: 134, 274: QUARTER, 277: 1, 278: 4, 279: 24}
table = b"".join(struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, value) for tag, value in tags.items())
tiff = struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + table + bytes(4) + picture.tobytes()

exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 274, 3, 1, QUARTER, 0) + bytes(4)
plain = cv2.imencode(".jpg", picture)[1].tobytes()
jpeg = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + plain[2:]


def shape(content, flags):
    return cv2.imdecode(np.frombuffer(content, np.uint8), flags).shape


found = {
    "jpeg": shape(jpeg, cv2.IMREAD_GRAYSCALE),
    "jpeg, ignored": shape(jpeg, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION),
    "tiff, ignored": shape(tiff, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION),
    "tiff, unchanged": shape(tiff, cv2.IMREAD_UNCHANGED),
}
print(cv2.__version__, found)
assert found == {"jpeg": (6, 4), "jpeg, ignored": (4, 6), "tiff, ignored": (6, 4), "tiff, unchanged": (6, 4)}
PYTHON
done
