#!/usr/bin/env bash
# Films of 12 bits in lossy JPEG (JPEG Extended, the usual form of older archives) cannot be read by pydicom with GDCM:
# "GDCM does not support 'JPEG Extended' for samples with 12-bit precision". The same GDCM reads the same file when it is
# asked itself, and right. So a film that is given up as lost, or for which a further package is installed (the one that
# pydicom's documentation names is under the GPL), needs nothing but another call.
#
# Seen with pydicom 3.0.2, python-gdcm 3.2.6 and numpy 2.4.6, Python 3.11; JPEG-lossy.dcm, which comes with pydicom, and
# two pixels of it that pydicom's own tests know (244 and 95):
#   pydicom  RuntimeError: GDCM does not support 'JPEG Extended' for samples with 12-bit precision
#   gdcm     (1024, 256) 244 95
# What we do: a frame that pydicom refuses is asked of gdcm.ImageReader (xrays/pixels/dicom/by_gdcm.py).
#
# Exits with 0 as long as it is so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
"$python" -m pip install --quiet --disable-pip-version-check --target "$work/own" \
  "pydicom==3.0.2" "python-gdcm==3.2.6" "numpy==2.4.6"

cd "$work"
# GDCM's libjpeg complains on standard error, whatever comes of it.
PYTHONPATH=own "$python" - 2> /dev/null <<'PYTHON'
import sys

import gdcm
import numpy as np
from pydicom import dcmread
from pydicom.data import get_testdata_file

path = get_testdata_file("JPEG-lossy.dcm", download=False)
try:
    told = f"read, {dcmread(path).pixel_array.shape}"
except RuntimeError as error:
    told = f"RuntimeError: {str(error).splitlines()[-1].removeprefix('  gdcm: ')}"
print("pydicom ", told)

reader = gdcm.ImageReader()
reader.SetFileName(path)
read = reader.Read()
image = reader.GetImage()
buffer = image.GetBuffer().encode("utf-8", "surrogateescape")  # SWIG gives bytes as text
film = np.frombuffer(buffer, np.uint16).reshape(image.GetDimension(1), image.GetDimension(0))
seen = (film.shape, int(film[420, 140]), int(film[230, 120]))
print("gdcm    ", *seen)
refused = "RuntimeError: GDCM does not support 'JPEG Extended' for samples with 12-bit precision"
sys.exit((told, read, seen) != (refused, True, ((1024, 256), 244, 95)))
PYTHON
