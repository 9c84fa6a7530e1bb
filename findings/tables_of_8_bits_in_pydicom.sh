#!/usr/bin/env bash
# A DICOM film of 12 bits may come with a VOI LUT of 4,096 entries of 8 bits each: what it should look like on a screen.
# pydicom's apply_voi_lut keeps the place of a pixel's entry in the type of the entries. So of 4,096 places 256 are left,
# and value 300 is shown as entry 44, without an error or a warning: the film comes out in bands, 16 times from black to
# white, and no window, histogram or range check tells, since all values are in 0…255.
#
# Seen with pydicom 3.0.2 and numpy 2.4.6, Python 3.11; a table that divides by 16, and what becomes of five values:
#   value          0  300 1000 2000 4095
#   of the table   0   18   62  125  255
#   by pydicom     0    2   14   13   15
# What we do: tables are applied by ourselves (xrays/pixels/dicom/tables.py).
#
# Exits with 0 as long as it is so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
"$python" -m pip install --quiet --disable-pip-version-check --target "$work/own" "pydicom==3.0.2" "numpy==2.4.6"

cd "$work"
PYTHONPATH=own "$python" - <<'PYTHON'
import sys

import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.pixels import apply_voi_lut
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

VALUES = np.array([[0, 300, 1000, 2000, 4095]], np.uint16)
table = Dataset()
table.add_new("LUTDescriptor", "US", [4096, 0, 8])
table.add_new("LUTData", "US", (np.arange(4096) // 16).tolist())
film = Dataset()
film.file_meta = FileMetaDataset()
film.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
film.SOPClassUID = film.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
film.SOPInstanceUID = film.file_meta.MediaStorageSOPInstanceUID = generate_uid(entropy_srcs=["film"])
film.Rows, film.Columns = VALUES.shape
film.SamplesPerPixel, film.PhotometricInterpretation = 1, "MONOCHROME2"
film.BitsAllocated, film.BitsStored, film.HighBit, film.PixelRepresentation = 16, 12, 11, 0
film.VOILUTSequence = [table]
film.add_new("PixelData", "OW", VALUES.tobytes())
film.save_as("film.dcm", enforce_file_format=True)

film = dcmread("film.dcm")
shown = apply_voi_lut(film.pixel_array, film)
rows = {"value": VALUES, "of the table": VALUES // 16, "by pydicom": shown}
for name, row in rows.items():
    print(f"{name:12}", *(f"{value:4}" for value in row.ravel()))
sys.exit(shown.tolist() != [[(value % 256) // 16 for value in VALUES.ravel().tolist()]])
PYTHON
