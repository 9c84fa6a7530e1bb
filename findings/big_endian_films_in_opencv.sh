#!/usr/bin/env bash
# A DICOM film in big-endian byte order (explicit VR big endian: retired, and in many archives) is a NumPy array of type
# `>u2` in pydicom, right in all that NumPy does with it. OpenCV takes the same array for one of this machine's order,
# without an error: every 100 becomes 25,600, and a film that is resized or saved as PNG by it is noise.
#
# Seen with pydicom 3.0.2, OpenCV 5.0.0.93 and numpy 2.4.6, Python 3.11, on a little-endian machine; a film of value
# 100, its mean by NumPy and after cv2.resize:
#   little endian  uint16  100.0  100.0
#   big endian     >u2     100.0  25600.0
# What we do: `astype(dtype.newbyteorder("="))` before anything else (xrays/pixels/dicom/stored.py).
#
# Exits with 0 as long as it is so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
"$python" -m pip install --quiet --disable-pip-version-check --target "$work/own" \
  "pydicom==3.0.2" "opencv-python-headless==5.0.0.93" "numpy==2.4.6"

cd "$work"
PYTHONPATH=own "$python" - <<'PYTHON'
import sys

import cv2
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRBigEndian, ExplicitVRLittleEndian, generate_uid


def write(syntax, order):
    film = Dataset()
    film.file_meta = FileMetaDataset()
    film.file_meta.TransferSyntaxUID = syntax
    film.SOPClassUID = film.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    film.SOPInstanceUID = film.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["film"])
    film.Rows = film.Columns = 8
    film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
    film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 16, 12, 11, 0
    film.add_new("PixelData", "OW", np.full((8, 8), 100, order).tobytes())
    film.save_as("film.dcm", enforce_file_format=True)


seen = []
for name, syntax, order in (
    ("little endian", ExplicitVRLittleEndian, "<u2"),
    ("big endian", ExplicitVRBigEndian, ">u2"),
):
    write(syntax, order)
    film = dcmread("film.dcm").pixel_array
    seen.append((film.mean(), cv2.resize(film, (4, 4), interpolation=cv2.INTER_AREA).mean()))
    print(f"{name:14} {film.dtype!s:7}", *seen[-1])
sys.exit(seen != [(100, 100), (100, 25600)])
PYTHON
