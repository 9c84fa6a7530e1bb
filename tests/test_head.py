"""What a search says of its films before it begins."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from run_folders import run_folder
from test_folds import films

from runners._terminal.head import head, patients_of
from xrays.folds import make_plan


@pytest.mark.parametrize(
    ("groups", "said"),
    [
        ([f"film {n}" for n in range(40)], "no patient is known: every film counts as a patient of its own"),
        ([f"patient {n}" for n in range(40)], "every patient has one film"),
        ([f"patient {max(n, 1)}" for n in range(40)], "films of 1 patient with several kept together"),
        ([f"patient {n % 30}" for n in range(40)], "films of 10 patients with several kept together"),
        ([f"patient {n % 9}" if n < 18 else f"film {n}" for n in range(40)], "films of 9 patients with several kept"),
    ],
)
def test_patients_are_kept_together_where_they_have_several_films(groups: list[str], said: str) -> None:
    arrays = replace(films(np.full(40, 50.0), np.arange(40) % 2), groups=np.array(groups))
    assert patients_of(arrays).startswith(said)


@pytest.mark.parametrize("beside", [True, False])
def test_features_that_are_kept_elsewhere_are_told_of(beside: bool, tmp_path: Path) -> None:
    arrays = films(np.full(60, 50.0), np.arange(60) % 2)
    arrays = replace(arrays, path=tmp_path, meta={**arrays.meta, "synthetic": False, "pixels": "pixels0123"})
    store = run_folder(tmp_path, "own", weights="none")
    features = (tmp_path if beside else tmp_path / "temporary") / "features"
    said = list(head(store, arrays, make_plan(arrays, folds=2), features))
    assert any(line.startswith(f"features in {features}, since {tmp_path} cannot") for line in said) != beside
