"""Age and gender by fold: a row a split, the same numbers for programs and for readers."""

from __future__ import annotations

import numpy as np
import pytest
from test_folds import nih  # noqa: F401

from xrays.arrays import XrayArrays
from xrays.folds import HOLD_OUT, UNUSED, make_plan
from xrays.split_table import named_splits, split_cells, split_table

NAN = np.float32(np.nan)
ASSIGNMENT = np.array([[0, 0, 0, 1, 1, HOLD_OUT, UNUSED]], np.int8)
GROUPS = np.array(["a", "a", "b", "c", "d", "e", "f"])
AGE = np.array([20, 30, 70, NAN, NAN, 45, NAN], np.float32)
GENDER = np.array([0, 0, 1, 1, NAN, 0, NAN], np.float32)


def test_every_split_has_its_row() -> None:
    table = split_table(named_splits(ASSIGNMENT), GROUPS, {"age": AGE, "gender": GENDER})
    shown = table.drop(columns="age_shares").astype(object).where(lambda t: t.notna(), None)
    assert shown.to_dict("split")["data"] == [
        ["fold 0", 3, 2, 2, 0, 40.0, pytest.approx(26.4575, abs=1e-4), 20.0, 70.0, 0, pytest.approx(1 / 3), 0],
        ["fold 1", 2, 2, 2, 0, None, None, None, None, 2, 1.0, 1],
        ["hold-out", 1, 1, 1, 0, 45.0, None, 45.0, 45.0, 0, 0.0, 0],
        ["not used", 1, 1, 1, 0, None, None, None, None, 1, None, 1],
    ]
    assert [sum(shares) for shares in table["age_shares"]] == pytest.approx([100, 0, 100, 0], abs=0.1)


def test_what_a_reader_sees() -> None:
    head, rows = split_cells(split_table(named_splits(ASSIGNMENT), GROUPS, {"age": AGE, "gender": GENDER}))
    assert head == (
        "Split", "Films", "Patients", "Age, years", "Range", "Male, %", "Without age", "Without gender",
    )  # fmt: skip
    assert rows == [
        ("fold 0", "3", "2", "40.0 ± 26.5", "20–70", "33.3", "0", "0"),
        ("fold 1", "2", "2", "–", "–", "100.0", "2", "1"),
        ("hold-out", "1", "1", "45.0", "45–45", "0.0", "0", "0"),
        ("not used", "1", "1", "–", "–", "–", "1", "1"),
    ]


def test_films_of_unknown_patients_are_no_patients() -> None:
    groups = np.array(["a", "film 1", "film 2", "film 3", "film 4", "b", "film 6"])
    head, rows = split_cells(split_table(named_splits(ASSIGNMENT), groups, {"gender": GENDER}))
    assert head[:4] == ("Split", "Films", "Patients", "Films of unknown patients")
    assert [row[1:4] for row in rows] == [("3", "1", "2"), ("2", "0", "2"), ("1", "1", "0"), ("1", "0", "1")]


def test_a_label_that_films_have_not_has_no_column() -> None:
    head, _ = split_cells(split_table(named_splits(ASSIGNMENT), GROUPS, {"gender": GENDER}))
    assert head == ("Split", "Films", "Patients", "Male, %", "Without gender")


def test_of_real_films(nih: XrayArrays) -> None:  # noqa: F811
    table = split_table(named_splits(make_plan(nih).assignment), nih.groups, nih.labels)
    assert table["films"].sum() == 760 and table["patients"].sum() == 532
    assert table["split"].tolist() == [*(f"fold {fold}" for fold in range(5)), "hold-out"]
    assert table["age"].max() - table["age"].min() < 2
