"""Sections on how good the best trial is: their tables with equality on small runs, and what they leave out."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from pages import balanced, body, group_of, rows_of, words
from predicted_runs import predicted_run
from run_folders import run_folder, trial, with_films
from sklearn.metrics import roc_auc_score

from reports import load, sections
from reports._drawing.metrics import metric_of
from reports._evidence.groups import Group
from reports._evidence.winner import groups_present, winner
from reports._page.build import build_report
from trials.store import RunStore
from xrays.labels import LABELS
from xrays.statistics.bootstrap import interval, resamples
from xrays.statistics.classification import calibration_error
from xrays.statistics.conformal import unseen
from xrays.statistics.delong import delong_interval
from xrays.tasks import TASKS

# Those that fit one kind of task alone: they judge its predictions.
SECTIONS = [(task.name, name) for name in sections() for task in TASKS.values()
            if load(name).SECTION.kinds == (task.kind,)]  # fmt: skip


def numbers(group: Group) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.str_]]:
    """Truth, predictions and patients of the best trial (number 1), written out."""
    films = group.films
    kept = films.development()
    predicted = group.every_seed("run", 1)
    assert predicted is not None
    return films.targets(group.task)[kept].astype(float), predicted[0, kept].astype(float), films.groups[kept]


def figure(table: pd.DataFrame, model: str, name: str) -> list[float]:
    own = table[(table["model"] == model) & (table["figure"] == name)]
    return [float(own[column].iloc[0]) for column in ("value", "low", "high")]


def test_figures_of_age_are_those_of_the_best_trial(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, "age", [1.2, 0.6, 0.9]))
    truth, predicted, patients = numbers(group)
    table = load("regression_figures").data(group)
    assert list(table["model"].unique()) == ["trial 1", "constant", "linear probe"]
    assert set(table["films"]) == {len(truth)} and set(table["patients"]) == {len(set(patients))}
    error = np.abs(predicted - truth)
    weights = resamples(patients)
    low, high = interval(weights @ error / weights.sum(axis=1))
    assert figure(table, "trial 1", "mae") == pytest.approx([error.mean(), low, high], rel=1e-5)
    assert figure(table, "trial 1", "median_error")[0] == pytest.approx(np.median(error))
    constant = winner(group).baselines["constant"]  # type: ignore[union-attr]
    skill = 1 - error.mean() / np.abs(constant - truth).mean()
    assert figure(table, "trial 1", "skill")[0] == pytest.approx(skill)
    assert figure(table, "constant", "skill") == pytest.approx([0.0, math.nan, math.nan], abs=1e-5, nan_ok=True)
    assert np.isnan(figure(table, "constant", "calibration_slope")).all()


@pytest.mark.parametrize("single", [True, False])
def test_delong_is_for_patients_of_one_film_only(single: bool, tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "gender", [1.2, 0.6])
    if single:
        run = _one_film_each(run)
    group = group_of(run)
    truth, predicted, patients = numbers(group)
    table = load("binary_figures").data(group)
    value, low, high = figure(table, "trial 1", "auc")
    assert value == pytest.approx(roc_auc_score(truth, predicted))
    by_formula = (low, high) == pytest.approx(delong_interval(truth, predicted))
    assert by_formula == single == (len(set(patients)) == len(truth))
    assert ("DeLong's, as every patient" in str(load("binary_figures").show(table)[-1])) == single
    assert figure(table, "trial 1", "accuracy")[0] == pytest.approx(np.mean((predicted >= 0.5) == truth))
    assert np.isnan(figure(table, "constant", "auc")).all()


def _one_film_each(run: RunStore) -> RunStore:
    return with_films(run, groups=np.array([f"patient {film}" for film in run.films().ids]))


def test_the_hold_out_and_films_without_a_label_play_no_part(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "age", [0.9, 0.6])
    films = run.films()
    developed = np.flatnonzero(films.development())
    ages = films.labels["age"].copy()
    ages[developed[:3]] = np.nan
    run = with_films(run, labels={**films.labels, "age": ages})
    found = winner(group_of(run))
    assert found is not None and len(found.truth) == len(developed) - 3
    assert np.isfinite(found.truth).all() and set(found.baselines) == {"constant", "linear probe"}


def test_a_baseline_of_other_films_is_left_out(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "age", [0.9, 0.6])
    predictions = run.baseline_predictions()
    known = np.flatnonzero(np.isfinite(predictions["linear probe"][0]))
    predictions["linear probe"][0, known[0]] = np.nan
    run.save_baselines(run.baselines(), predictions)
    assert list(load("regression_figures").data(group_of(run))["model"].unique()) == ["trial 1", "constant"]


def test_without_baselines_there_is_no_skill(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "age", [0.9, 0.6])
    (run.path / "baselines.npz").unlink()
    assert run.baseline_predictions() == {}
    table = load("regression_figures").data(group_of(run))
    assert np.isnan(figure(table, "trial 1", "skill")).all() and set(table["model"]) == {"trial 1"}
    assert ["Skill, %", "–"] in rows_of(str(load("regression_figures").show(table)[1]))


def test_agreement_draws_all_films_or_says_how_many(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path / "few", "age", [1.2, 0.6]))
    truth, predicted, _ = numbers(group)
    table = load("agreement").data(group)
    films = table[table["part"] == "film"]
    assert films[["x", "y"]].to_numpy().tolist() == np.stack([truth, predicted], axis=1).tolist()
    difference = predicted - truth
    limits = table[table["part"] == "limit"].set_index("name")["y"]
    expected = [difference.mean() + side * 1.96 * difference.std(ddof=1) for side in (1, 0, -1)]
    assert limits.tolist() == pytest.approx(expected)
    assert "films, drawn at random" not in "".join(map(str, load("agreement").show(table)))
    many = group_of(predicted_run(tmp_path / "many", "age", [1.2, 0.6], films=3000))
    table = load("agreement").data(many)
    assert (table["part"] == "film").sum() == 2000 < float(table.loc[table["part"] == "count", "y"].iloc[0])
    assert " films, drawn at random" in "".join(map(str, load("agreement").show(table)))


@pytest.mark.parametrize(("task", "section"), [("age", "errors_by_label"), ("gender", "accuracy_by_label")])
def test_cells_of_few_patients_have_no_number(task: str, section: str, tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, task, [1.2, 0.6], films=300))
    table = load(section).data(group)
    films, found = group.films, winner(group)
    assert found is not None
    age = films.labels["age"]
    own = films.development() & (age >= 30) & (age < 40) & (films.labels["gender"] == 1)
    cell = table[(table["band"] == "30–39") & (table["series"] == "male")].iloc[0]
    assert (cell["films"], cell["patients"]) == (own.sum(), len(set(films.groups[own])))
    assert cell["patients"] >= 10
    right = np.abs(found.predicted - found.truth) if task == "age" else (found.predicted >= 0.5) == found.truth
    place = (found.labels["age"] >= 30) & (found.labels["age"] < 40) & (found.labels["gender"] == 1)
    assert cell["value"] == pytest.approx(right[place].mean()) and cell["low"] <= cell["value"] <= cell["high"]
    few = table["patients"] < 10
    assert few.any() and table.loc[few, "value"].isna().all() and table.loc[~few, "value"].notna().all()
    assert "too few: " in str(load(section).show(table)[1])


def test_bands_are_those_that_a_film_is_in() -> None:
    names, members = groups_present(LABELS["age"], np.array([5, 19.9, 20, 79, 80, 103, np.nan], np.float32))
    assert names == ["under 20", "20–29", "70–79", "80 and over"]
    assert members.sum(axis=0).tolist() == [2, 1, 1, 2] and members[-1].sum() == 0


def test_the_correction_stands_beside_the_raw_figure(tmp_path: Path) -> None:
    table = load("correction").data(group_of(predicted_run(tmp_path, "age", [1.2, 0.6], films=600)))
    raw, straight = (table[table["model"] == model].set_index("figure") for model in ("as predicted", "corrected"))
    assert straight["value"]["slope"] == pytest.approx(1, abs=0.03)
    assert raw["low"]["mae"] < raw["value"]["mae"] < raw["high"]["mae"]
    flat = group_of(predicted_run(tmp_path / "flat", "age", [math.inf]))
    table = load("correction").data(flat)
    assert table["value"].notna().tolist() == [True, False] * 3, "the pull is told where it is strongest, too"
    assert "Not corrected" in str(load("correction").show(table)[-1])


def test_a_share_of_all_films_is_not_certain(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, "gender", [9.0, 0.01]))
    table = load("binary_figures").data(group)
    patients = len(set(winner(group).groups))  # type: ignore[union-attr]
    for name in ("accuracy", "sensitivity", "specificity"):
        value, low, high = figure(table, "trial 1", name)
        assert (value, high) == (1, 1) and 0.8 < low < 1, name
    assert figure(table, "trial 1", "accuracy")[1] == pytest.approx(0.025 ** (1 / patients))
    assert np.isnan(figure(table, "trial 1", "balanced_accuracy")[1:]).all(), "its resamples are all alike"
    thresholds = load("thresholds").data(group)
    assert not ((thresholds["low"] == thresholds["high"]) & thresholds["value"].isin([0.0, 1.0])).any()
    near = group_of(predicted_run(tmp_path / "near", "age", [0.01, 0.02]))
    value, low, high = figure(load("regression_figures").data(near), "trial 0", "within_10")
    assert (value, high) == (1, 1) and low < 1


def test_the_confusion_matrix_counts_every_film_once(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, "gender", [1.2, 0.6]))
    truth, predicted, _ = numbers(group)
    table = load("confusion").data(group)
    called = predicted >= 0.5
    expected = [((truth == true) & (called == answer)).sum() for true in (0, 1) for answer in (0, 1)]
    assert table["films"].tolist() == expected and sum(expected) == len(truth)
    assert table.groupby("true")["share"].sum().tolist() == pytest.approx([1, 1])
    (panel,) = load("confusion").show(table)
    assert rows_of(str(panel))[0] == ["True gender", "Called female, %", "Called male, %"]


def test_curves_have_bands_and_few_points(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, "gender", [1.2, 0.6], films=600))
    truth, predicted, _ = numbers(group)
    table = load("probabilities").data(group)
    own = table[(table["series"] == "trial 1") & table["part"].isin(["roc", "precision"])]
    assert own.groupby("part").size().to_dict() == {"precision": 101, "roc": 101}
    assert ((own["low"] <= own["y"] + 0.02) & (own["y"] <= own["high"] + 0.02)).all()
    area = np.trapezoid(own.loc[own["part"] == "roc", "y"].astype(float), dx=0.01)
    assert area == pytest.approx(roc_auc_score(truth, predicted), abs=0.01)
    probe = table[table["series"] == "linear probe"]
    assert set(probe["part"]) == {"roc"} and probe["low"].isna().all()
    bins = table[table["part"] == "reliability"]
    assert bins["films"].sum() == len(truth) and bins["x"].is_monotonic_increasing
    assert float(np.average(bins["y"].astype(float), weights=bins["films"])) == pytest.approx(truth.mean())


def test_thresholds_trade_sensitivity_for_specificity(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, "gender", [1.2, 0.6]))
    table = load("thresholds").data(group)
    table = table[table["criterion"] == ""].pivot(index="threshold", columns="figure", values="value")
    assert table.index.tolist() == [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert table["sensitivity"].is_monotonic_decreasing and table["specificity"].is_monotonic_increasing
    truth, predicted, _ = numbers(group)
    assert table.loc[0.3, "called_positive"] == pytest.approx(np.mean(predicted >= 0.3))
    assert table.loc[0.3, "positive_value"] == pytest.approx(truth[predicted >= 0.3].mean())


def test_the_threshold_of_a_criterion_is_judged_on_films_that_did_not_choose_it(tmp_path: Path) -> None:
    """Of a trial that knows nothing, too: on the films that choose, Youden's index is always above 0."""
    group = group_of(predicted_run(tmp_path, "gender", [math.inf], films=600))
    found = winner(group)
    assert found is not None
    table = load("thresholds").data(group)
    own = table[table["criterion"] == "youden"]
    at = float(own["threshold"].iloc[0])
    called, positive = found.predicted >= at, found.truth == 1
    chosen_on = called[positive].mean() + (~called)[~positive].mean() - 1
    judged = own.set_index("figure")["value"]
    assert judged["sensitivity"] + judged["specificity"] - 1 < chosen_on
    shown = rows_of(str(load("thresholds").show(table)[1]))
    assert len(shown) == 5 and shown[2][1] == f"{at:.2f}"


def test_histograms_hold_every_film_once(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, "gender", [0.6], films=600))
    table = load("probabilities").data(group)
    bars, found = table[table["part"] == "histogram"], winner(group)
    assert found is not None
    assert bars.groupby("series")["films"].sum().to_dict() == {
        "female": (found.truth == 0).sum(), "male": (found.truth == 1).sum()
    }  # fmt: skip
    assert bars.groupby("series")["y"].sum().tolist() == pytest.approx([1, 1])


def test_intervals_hold_as_often_as_they_say_and_are_of_other_patients(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, "age", [0.6], films=600))
    found = winner(group)
    assert found is not None
    half = unseen(found.truth, found.predicted, found.groups)
    assert half is not None
    table = load("intervals").data(group)
    coverage = table[table["figure"] == "coverage"].iloc[0]
    assert coverage["value"] == pytest.approx((np.abs(found.truth - found.predicted) <= half).mean())
    assert coverage["low"] < 0.9 < coverage["high"] and coverage["n"] == len(found.truth)
    assert table.loc[table["figure"] == "width", "value"].iloc[0] == pytest.approx(2 * half.mean())
    bands = table[(table["part"] == "by_label") & (table["series"] == "all") & (table["label"] == "age")]
    assert np.average(bands["value"].astype(float), weights=bands["films"].astype(float)) == pytest.approx(
        coverage["value"]
    )


def test_a_film_with_several_answers_counts_once(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, "age", [0.6], films=600, repeats=2))
    found = winner(group)
    assert found is not None and len(found.film) == 2 * found.whose.films
    assert set(load("intervals").data(group)["n"].dropna()) == {found.whose.films}


def test_calibration_of_the_best_trial(tmp_path: Path) -> None:
    group = group_of(predicted_run(tmp_path, "gender", [0.6], films=600))
    found, table = winner(group), load("calibration").data(group)
    assert found is not None
    error = table.set_index("name").loc["calibration_error"]
    alone = calibration_error(found.truth, found.predicted, np.ones((1, len(found.truth))))
    assert error["value"] == pytest.approx(alone[0], rel=1e-5) and error["low"] < error["value"] < error["high"]


@pytest.mark.parametrize(("task", "name"), SECTIONS)
@pytest.mark.parametrize("films", [24, 120])
@pytest.mark.parametrize("noise", [0.0, 0.6, math.inf])
def test_every_section_on_few_films_and_on_useless_trials(
    noise: float, films: int, name: str, task: str, tmp_path: Path
) -> None:
    table = load(name).data(group_of(predicted_run(tmp_path, task, [noise], films=films)))
    if not table.empty:
        panels = load(name).show(table)
        assert panels and balanced("<footer>" + "".join(panel for panel in panels if isinstance(panel, str)))


@pytest.mark.parametrize(("task", "name"), SECTIONS)
def test_one_class_and_one_age(task: str, name: str, tmp_path: Path) -> None:
    run = predicted_run(tmp_path, task, [0.6])
    films = run.films()
    age = films.labels["age"]
    run = with_films(run, labels={"age": np.full_like(age, 41), "gender": np.ones_like(age)})
    table = load(name).data(group_of(run))
    if not table.empty:
        assert "nan" not in "".join(str(panel) for panel in load(name).show(table) if isinstance(panel, str))


@pytest.mark.parametrize(("task", "name"), SECTIONS)
def test_without_predictions_nothing_is_judged(task: str, name: str, tmp_path: Path) -> None:
    group = group_of(run_folder(tmp_path, trials=[trial(0, [9.0] * 3, task=task)], task=task))
    assert load(name).data(group).empty
    assert load(name).data(replace(group, frame=group.frame.iloc[:0])).empty


@pytest.mark.parametrize("task", TASKS)
def test_the_page_says_that_the_figures_are_optimistic(task: str, tmp_path: Path) -> None:
    page = build_report([predicted_run(tmp_path, task, [0.9, 0.6])], tmp_path / "report.html")
    assert "picked as the best on these same films, so the figures are optimistic" in words(page)
    assert ">nan" not in body(page).lower()


@pytest.mark.parametrize(("task", "name", "ends", "expected"), [
    ("age", "mae", (9.834, 9.412, 10.2), "9.83 (9.41 to 10.20)"),
    ("age", "bias", (-0.4, -1, 0.2), "−0.40 (−1.00 to 0.20)"),
    ("gender", "accuracy", (0.842, math.nan, math.nan), "84.2"), ("gender", "auc", (math.nan,) * 3, "–"),
])  # fmt: skip
def test_a_figure_with_its_interval(task: str, name: str, ends: tuple[float, float, float], expected: str) -> None:
    assert metric_of(TASKS[task], name).within(*ends) == expected
