#!/usr/bin/env bash
# PadChest names its patients by whole numbers of 35 to 39 digits. Read by pandas such a column is exact, or rounded to
# 16 digits so that different patients become one, depending on the engine; and the engine is chosen by the separator:
# `sep=None`, which finds out whether a table has commas, semicolons or tabs, knows only the one that rounds. Nothing
# about the numbers is said.
#
# Seen with pandas 3.1.1 and numpy 2.4.6, Python 3.11; three patients, two of which agree in the first 34 digits, and
# a film without one:
#   sep=","    object  patients 3
#   sep=None   float64 patients 2
# What we do: tables are read as text (xrays/sources/).
#
# Exits with 0 as long as it is so.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
"$python" -m pip install --quiet --disable-pip-version-check --target "$work/own" "pandas==3.1.1" "numpy==2.4.6"

cd "$work"
cat > padchest.csv <<'CSV'
ImageID,PatientID,Projection
0.png,216840111366964012768025509942011133122,PA
1.png,216840111366964012768025509942011133987,PA
2.png,313572750430997347502932654319389875966,AP
3.png,,PA
CSV
PYTHONPATH=own "$python" - <<'PYTHON'
import sys

import pandas as pd

seen = []
for separator, engine in ((",", None), (None, "python")):
    patients = pd.read_csv("padchest.csv", sep=separator, engine=engine).PatientID
    seen.append((str(patients.dtype), patients.nunique()))
    print(f"sep={separator!r:7}", patients.dtype, " patients", patients.nunique())
sys.exit(seen != [("object", 3), ("float64", 2)])
PYTHON
