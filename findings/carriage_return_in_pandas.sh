#!/usr/bin/env bash
# pandas writes a text with a lone carriage return (a name from an old Mac, a line of a report) into a CSV without quotes,
# and takes the same byte for the end of a row when it reads the file: a table of three films comes back with four rows,
# without an error, one of a patient whom nobody has. A line feed, which is met far more often, is quoted and comes
# back. Whether a text is quoted is decided by Python's own `csv`: up to 3.12 it leaves \r bare where a line ends in \n,
# from 3.13 on it quotes it, so the same program keeps films beside their patients on one machine and not on another.
#
# Seen with pandas 3.1.1 and numpy 2.4.6, Python 3.11; rows written and read, the patients read:
#   as it is        3 4 ['a', 'b', 'c', 'd']
#   all in quotes   3 3 ['a', 'b\rc', 'd']
# What we do: texts are written in quotes (xrays/prepare.py).
#
# Exits with 0 as long as it is so: with Python 3.11 and 3.12 (the variable PYTHON chooses).
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
"$python" -m pip install --quiet --disable-pip-version-check --target "$work/own" "pandas==3.1.1" "numpy==2.4.6"

cd "$work"
PYTHONPATH=own "$python" - <<'PYTHON'
import csv
import sys

import pandas as pd

table = pd.DataFrame({"patient": ["a", "b\rc", "d"], "film": [1, 2, 3]})
seen = []
for name, quoting in (("as it is", csv.QUOTE_MINIMAL), ("all in quotes", csv.QUOTE_NONNUMERIC)):
    table.to_csv("films.csv", index=False, quoting=quoting)
    back = pd.read_csv("films.csv")
    seen.append(len(back))
    print(f"{name:15}", len(table), len(back), back.patient.tolist())
sys.exit(seen != [4, 3])
PYTHON
