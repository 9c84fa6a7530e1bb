#!/usr/bin/env bash
# Of the two splitters of scikit-learn that keep a patient's films together one refuses films whose patient is unknown
# (NaN), and the other takes all of them for the films of one patient, without a word: they land in one fold together.
# The one that does so is the one that most people need, since it also keeps the classes even.
#
# Seen with scikit-learn 1.9.1 and numpy 2.4.6, Python 3.11; 100 films, 50 of them of unknown patients, five
# folds; how many films of unknown patients are in each:
#   GroupKFold             ValueError: Input groups contains NaN.
#   StratifiedGroupKFold   [0, 0, 0, 0, 50]
# What we do: a film whose patient is unknown is a patient of its own before folds are made (xrays/patients.py).
#
# Exits with 0 as long as one refuses and the other puts all into one fold.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python=${PYTHON:-python3}
"$python" -m pip install --quiet --disable-pip-version-check --target "$work/own" \
  "scikit-learn==1.9.1" "numpy==2.4.6"

cd "$work"
PYTHONPATH=own "$python" - <<'PYTHON'
import sys

import numpy as np
from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

patients = np.array([np.nan] * 50 + list(range(50)))
films, genders = np.zeros((100, 1)), np.arange(100) % 2
told = {}
for splitter in (GroupKFold, StratifiedGroupKFold):
    try:
        folds = splitter(5).split(films, genders, patients)
        told[splitter.__name__] = sorted(int(np.isnan(patients[scored]).sum()) for _, scored in folds)
    except ValueError as error:
        told[splitter.__name__] = f"ValueError: {str(error).splitlines()[0]}"
    print(f"{splitter.__name__:22} {told[splitter.__name__]}")
sys.exit([*told.values()] != ["ValueError: Input groups contains NaN.", [0, 0, 0, 0, 50]])
PYTHON
