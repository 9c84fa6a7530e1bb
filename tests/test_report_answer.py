"""The answer at the head of a report, in plain words: the best trial, the hold-out, and how numbers are written."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pages import words
from run_folders import infeasible, mixed, run_folder, trial

from reports._numbers import gain, scalar, spread, value
from reports._page import build_report
from xrays.tasks import TASKS


def test_the_answer_in_plain_words(tmp_path: Path) -> None:
    page = words(build_report([run_folder(tmp_path, trials=mixed("age"))], tmp_path / "report.html"))
    assert "MAE 8.50 ± 0.50 years" in page
    assert (
        "Constant predictor: 14.10 ± 0.10 years. The best trial has 40 % less error and is better on 3 of 3" in page
    )
    assert "Linear probe: 11.10 ± 0.10 years. The best trial has 23 % less error" in page
    assert "This is the best of 4 trials on the folds that chose it, so it is optimistic" in page
    assert "Hold-out: not opened." in page
    assert "Research use; not a diagnostic device." in page
    assert "Synthetic" not in page


def test_the_answer_for_gender_is_in_percent(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(0, [0.8, 0.82, 0.84], task="gender")], task="gender")
    page = words(build_report([run], tmp_path / "report.html"))
    assert "Accuracy 82.0 ± 2.0 %" in page and "AUC 0.870 ± 0.020" in page
    assert "26.0 percentage points more" in page


def test_infeasible_trials_are_not_among_those_that_chose(tmp_path: Path) -> None:
    results = [trial(0, [9.0] * 3), trial(1, [9.0], "pruned"), infeasible(2, "too large")]
    page = words(build_report([run_folder(tmp_path, trials=results)], tmp_path / "report.html"))
    assert "This is the best of 2 trials" in page


def test_the_hold_out_stands_beside_its_number_of_openings(tmp_path: Path) -> None:
    opened = [
        {"opened": f"2025-03-0{n}T10:00:00Z", "openings": n, "trial": 3, "films": 7, "metrics": {"mae": 9.0 + n}}
        for n in (1, 2)
    ]
    run = run_folder(tmp_path, trials=mixed("age"), holdout=opened)
    page = words(build_report([run], tmp_path / "report.html"))
    assert "Hold-out: MAE 11.00 years" in page
    assert "trial 3 on 7 films, last opened 2025-03-02; its films opened 2 times in all" in page


def test_a_look_at_the_hold_out_for_one_run_counts_for_all_on_its_films(tmp_path: Path) -> None:
    opening = {"opened": "2025-03-01T10:00:00Z", "openings": 3, "trial": 0, "films": 7, "metrics": {"mae": 9.0}}
    looked = run_folder(tmp_path, "looked", trials=mixed("age"), holdout=[opening], seed=1)
    other = run_folder(tmp_path, "other", trials=mixed("age"), seed=2)
    folds = run_folder(tmp_path, "folds", trials=mixed("age"), plan="another", seed=3)
    page = words(build_report([looked, other, folds], tmp_path / "report.html"))
    assert page.count("not opened for this run, but its films have been opened 3 times for others") == 2
    assert "The hold-out has been opened 3 times: a score picked among those is optimistic too" in page
    alone = words(build_report([other], tmp_path / "alone.html"))
    assert "not opened" in alone and "for others" not in alone


@pytest.mark.parametrize(("shown", "expected"), [
    (spread("mae", 9.834, 0.412), "9.83 ± 0.41"), (spread("mae", 9.834, math.nan), "9.83"),
    (spread("mae", math.nan, math.nan), "–"), (spread("accuracy", 0.8421, 0.0131), "84.2 ± 1.3"),
    (value("r2", -0.041), "−0.04"), (value("auc", 0.91234), "0.912"), (value("unlisted", 0.5), "0.500"),
    (value("mae", None), "–"), (scalar(0.00123456789), "0.00123457"), (scalar(True), "true"), (scalar("é"), "é"),
    (gain(TASKS["age"], 9.0, 10.0), "10 % less error"), (gain(TASKS["age"], 11.0, 10.0), "10 % more error"),
    (gain(TASKS["gender"], 0.5, 0.6), "10.0 percentage points less"), (gain(TASKS["age"], 9.0, 9.0), "no difference"),
])  # fmt: skip
def test_numbers(shown: str, expected: str) -> None:
    assert shown == expected
