"""What a report says of the search: importances, slices and contours, pruning, costs; and what it leaves undrawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import group_of, rows_of
from predicted_runs import predicted_run
from run_folders import run_folder, scores, trial

from reports import load
from reports._drawing.figures import COLOURS, GREY
from reports._drawing.sampling import sample_rows, sampling_note
from reports._drawing.scales import Scale, log_axis, log_marks, scale_of
from reports._evidence.rows import short_names
from reports.contour import smoothed
from reports.costs import on_front
from trials.importance import ENOUGH
from trials.records import Scalar, TrialResult
from xrays.tasks import TASKS

SEARCH = ("importance", "slices", "parallel", "contour")


def tried(count: int, task: str = "age", pruned: Sequence[int] = ()) -> list[TrialResult]:
    """The score hangs on the rate alone, the depth makes no difference; pruned ones have one fold."""
    rng = np.random.default_rng(0)
    found = []
    for number in range(count):
        rate = float(10 ** rng.uniform(-4, -1))
        params = {"depth": int(rng.integers(2, 5)), "rate": rate, "optimizer": "adamw"}
        value = scores(task, 8.0 + 3 * abs(math.log10(rate) + 2.5))[0]
        state, folds = ("pruned", 2) if number in pruned else ("complete", 3)
        found.append(trial(number, [value] * folds, state, task, params=params))  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize("task", TASKS)
def test_what_the_score_hangs_on_is_the_most_important(task: str, tmp_path: Path) -> None:
    table = load("importance").data(group_of(run_folder(tmp_path, trials=tried(60, task), task=task)))
    assert table["parameter"].tolist() == ["rate", "depth"]  # the optimizer never changed
    assert table["stands"].tolist() == [True, False]
    assert table["importance"][0] > 0.7 and table["importance"][1] < table["chance"][1] < 0.3
    assert set(table["complete"]) == {60} and set(table["space"]) == {"cnn"}
    figure, listed = (p for p in load("importance").show(table) if isinstance(p, go.Figure) or "<table" in p)
    assert isinstance(figure, go.Figure)
    assert [*figure.data[0].marker.color] == [COLOURS[0], GREY]
    assert figure.layout.shapes[0].x0 == pytest.approx(100 * table["chance"][0])
    assert (table["low"] <= table["importance"]).all() and (table["importance"] <= table["high"]).all()
    assert rows_of(str(listed))[0][3:5] == ["Without a fifth of the trials", "Chance, %"]


def test_what_matters_is_told_from_enough_complete_trials_on(tmp_path: Path) -> None:
    few = group_of(run_folder(tmp_path, "few", tried(ENOUGH + 9, pruned=range(10))))
    table = load("importance").data(few)
    assert table["importance"].isna().all() and not table["stands"].any()
    assert f"cannot be told from {ENOUGH - 1} complete trials" in "".join(map(str, load("importance").show(table)))
    assert set(load("slices").data(few)["parameter"]) == {"depth", "rate"}, (
        "there is something to look at all the same"
    )
    assert f"{ENOUGH - 1} complete trials do not tell" in "".join(
        map(str, load("contour").show(load("contour").data(few)))
    )
    most = load("importance").data(group_of(run_folder(tmp_path, "most", tried(ENOUGH + 10, pruned=range(10)))))
    assert set(most["complete"]) == {ENOUGH} and most["importance"].notna().all()


def test_pictures_need_twenty_scored_trials(tmp_path: Path) -> None:
    lost = [trial(n, [], "failed", error="ValueError: bad") for n in range(20, 60)]
    few = group_of(run_folder(tmp_path, "few", [*tried(19), *lost]))
    assert all(load(name).data(few).empty for name in SEARCH)
    full = group_of(run_folder(tmp_path, "enough", tried(20, pruned=[5, 9])))
    table = load("slices").data(full)
    assert table.groupby("state")["name"].nunique().to_dict() == {"complete": 18, "pruned": 2}
    assert set(table["complete"]) == {18}
    (contour,) = (p for p in load("contour").show(load("contour").data(full)) if "complete trials" in str(p))
    assert "18 of 20 complete trials that this picture needs" in str(contour)


def test_where_nothing_stands_out_the_space_decides_and_the_page_says_so(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    results = [
        replace(result, folds=trial(0, [float(score)] * 3).folds)
        for result, score in zip(tried(60), 9 + rng.normal(size=60), strict=True)
    ]
    group = group_of(run_folder(tmp_path, trials=results))
    table = load("slices").data(group)
    assert not table["stands"].any() and table["parameter"].unique().tolist() == ["depth", "rate"]
    said = {name: "".join(map(str, load(name).show(load(name).data(group)))) for name in SEARCH}
    assert "No parameter stands out from chance in 60 complete trials" in said["importance"]
    assert all("Shown are the first of the space." in said[name] for name in ("slices", "parallel"))
    assert "neither depth nor rate stands out from chance" in said["contour"]


def test_a_parameter_that_one_of_many_trials_lacks_is_left_out(tmp_path: Path) -> None:
    results = [replace(result, params={**result.params, "b": number % 3}) for number, result in enumerate(tried(600))]
    results[5] = replace(results[5], params={k: v for k, v in results[5].params.items() if k != "b"})
    table = load("importance").data(group_of(run_folder(tmp_path, trials=results)))
    assert set(table["parameter"]) == {"rate", "depth"}


def test_runs_whose_short_names_would_be_one_keep_their_own(tmp_path: Path) -> None:
    assert short_names(["x", "x-b", "x-x"]) == {"x": "x", "x-b": "x-b", "x-x": "x-x"}
    runs = [run_folder(tmp_path, name, tried(24)) for name in ("x", "x-b", "x-x")]
    group = group_of(*runs)
    assert all(load(name).show(load(name).data(group)) for name in SEARCH)


def test_a_trial_on_a_smaller_budget_is_not_judged(tmp_path: Path) -> None:
    partial = [replace(result, max_epochs=2) for result in tried(60, pruned=range(30, 60))[30:]]
    group = group_of(run_folder(tmp_path, trials=[*tried(30), *partial]))
    assert load("slices").data(group)["name"].nunique() == 30


def test_parameters_of_two_spaces_are_not_mixed(tmp_path: Path) -> None:
    others = [replace(result, params={"depth": n % 3, "units": n % 5}) for n, result in enumerate(tried(25))]
    runs = [run_folder(tmp_path, "a", tried(30)), run_folder(tmp_path, "b", others, space="other")]
    found = load("importance").data(group_of(*runs)).groupby("space")["parameter"].agg(set)
    assert found.to_dict() == {"cnn": {"rate", "depth"}, "other": {"units", "depth"}}


def test_only_parameters_that_all_trials_have_are_judged(tmp_path: Path) -> None:
    more = [replace(result, number=n, params={**result.params, "new": n}) for n, result in enumerate(tried(20), 20)]
    group = group_of(run_folder(tmp_path, trials=[*tried(20), *more]))
    assert set(load("importance").data(group)["parameter"]) == {"rate", "depth"}


def test_slices_hold_the_values_as_given(tmp_path: Path) -> None:
    results = tried(24, pruned=[2])
    table = load("slices").data(group_of(run_folder(tmp_path, trials=results)))
    expected = pd.DataFrame({
        "space": "cnn", "parameter": "depth", "place": 1, "complete": 23, "constant": 14.1,
        "name": [f"trial {r.number}" for r in results],
        "state": [r.state for r in results],
        "value": [r.params["depth"] for r in results],
        "score": [r.folds[0].metrics["mae"] for r in results],
    })  # fmt: skip
    own = table[table["parameter"] == "depth"].reset_index(drop=True)
    # Of the second fold, which it was stopped in, its last epochs count.
    assert own["score"][2] != expected["score"][2]
    expected.loc[2, "score"] = own["score"][2]
    pd.testing.assert_frame_equal(own[list(expected)], expected, check_dtype=False)


def test_the_contour_is_of_the_top_two(tmp_path: Path) -> None:
    results = tried(60)
    table = load("contour").data(group_of(run_folder(tmp_path, trials=results)))
    assert set(table["first"]) == {"rate"} and set(table["second"]) == {"depth"}
    assert table["x"].tolist() == [r.params["rate"] for r in results]
    assert table["y"].tolist() == [r.params["depth"] for r in results]


def test_a_smoothed_picture_has_no_colour_where_no_trial_was() -> None:
    numbers: list[Scalar] = [float(n) for n in range(10)]
    x, y = scale_of(numbers), scale_of(["a", "b"])
    levels: list[Scalar] = [*"aaaaaaaaa", "b"]
    grid = smoothed(x, numbers, y, levels, np.arange(10.0))
    assert grid.shape == (2, 30)
    assert grid[0, 0] == pytest.approx(0.8, abs=0.8) and np.all(np.diff(grid[0, :20]) > 0)
    assert np.isnan(grid[1, 0]) and grid[1, -1] == pytest.approx(9)  # the only one of its level


def test_a_line_of_the_parallel_picture_crosses_its_values(tmp_path: Path) -> None:
    results = tried(62, pruned=[3])
    panels = load("parallel").show(load("parallel").data(group_of(run_folder(tmp_path, trials=results))))
    figure = panels[1]
    assert isinstance(figure, go.Figure)
    stopped, others, best = figure.data
    assert [trace.name for trace in figure.data] == ["cnn: stopped early", "cnn: complete", "cnn: the best 6"]
    assert len(best.x) == 6 * 3 and len(others.x) == 55 * 3 and len(stopped.x) == 3  # two parameters and a gap
    assert {place for place in best.x if place is not None} == {0, 1}
    rates = sorted(math.log10(float(result.params["rate"])) for result in results)
    leader = min(results, key=lambda result: result.folds[0].metrics["mae"])
    place = (math.log10(float(leader.params["rate"])) - rates[0]) / (rates[-1] - rates[0])
    assert best.y[0] == pytest.approx(place, abs=0.021)


def test_where_trials_were_stopped_and_what_it_saved(tmp_path: Path) -> None:
    stopped = replace(trial(1, [12.0, 13.0], "pruned"), seconds=16.0)
    half = replace(stopped.folds[1], epochs=1)
    results = [
        trial(0, [9.0, 9.5, 10.0]),
        replace(stopped, folds=(stopped.folds[0], half)),
        replace(trial(2, [11.0], "pruned", epochs=2), max_epochs=2),
        trial(3, [], "failed", error="OOM"),
    ]
    table = load("pruning").data(group_of(run_folder(tmp_path, trials=results)))
    expected = pd.DataFrame(
        [
            ("run", "trial 0", "complete", 2, 4, 12, 12, 0, 0.0, 4),
            ("run", "trial 1", "pruned", 1, 1, 5, 12, 7, 22.4, 4),
            ("run", "trial 2", "partial", 0, 2, 2, 2, 0, 0.0, 4),
        ],
        columns=["run", "name", "state", "fold", "epoch", "trained", "planned", "saved", "seconds_saved", "plan"],
    )
    pd.testing.assert_frame_equal(table, expected, check_dtype=False)
    shown = rows_of(str(load("pruning").show(table)[1]))
    assert shown[1] == ["run", "1", "1", "1", "fold 1", "24", "17", "7", "29 %", "22"]


def test_pruning_is_left_out_where_nothing_was_pruned(tmp_path: Path) -> None:
    assert load("pruning").data(group_of(run_folder(tmp_path, trials=tried(3)))).empty


def test_costs_and_their_fronts(tmp_path: Path) -> None:
    ms = (5.0, 1.0, 3.0, None)
    results = [
        replace(result, seconds=seconds, folds=tuple(replace(fold, ms_per_film=m) for fold in result.folds))
        for result, seconds, m in zip(
            [trial(0, [9.0] * 3), trial(1, [8.0] * 3), trial(2, [10.0] * 3), trial(3, [8.5] * 3)],
            (10.0, 40.0, 20.0, 40.0), ms, strict=True)
    ]  # fmt: skip
    table = load("costs").data(group_of(run_folder(tmp_path, trials=results)))
    expected = pd.DataFrame(
        [
            ("trial 1", "cnn", 8.0, 12346, 40.0, 1.0, True, True, True),
            ("trial 3", "cnn", 8.5, 12348, 40.0, math.nan, False, False, False),
            ("trial 0", "cnn", 9.0, 12345, 10.0, 5.0, True, True, False),
            ("trial 2", "cnn", 10.0, 12347, 20.0, 3.0, False, False, False),
        ],
        columns=["name", "network", "score", "parameters", "seconds", "ms_per_film",
                 "front_parameters", "front_seconds", "front_ms_per_film"],
    )  # fmt: skip
    pd.testing.assert_frame_equal(table[list(expected)], expected, check_dtype=False)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), max_size=12))
def test_the_front_is_what_no_other_beats(points: list[tuple[int, int]]) -> None:
    loss, cost = (pd.Series([point[axis] for point in points], dtype=float) for axis in (0, 1))
    beaten = [
        any(a <= loss_ and b <= cost_ and (a, b) != (loss_, cost_) for a, b in points) for loss_, cost_ in points
    ]
    assert on_front(loss, cost) == [not one for one in beaten]


@given(
    st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40) | st.lists(st.floats(1e-6, 1e3), min_size=9, max_size=40)
)
def test_values_lie_on_the_axis_in_their_order(values: list[float]) -> None:
    scale = scale_of(values)
    places = scale.unit(values)
    assert ((places >= -1e-9) & (places <= 1 + 1e-9)).all()
    assert (np.diff(places[np.argsort(values, kind="stable")]) >= -1e-9).all()


@given(st.floats(1e-9, 1e6), st.floats(1.2, 1e9))
def test_an_axis_in_powers_has_few_round_marks(low: float, wide: float) -> None:
    marks = log_marks(low, low * wide)
    assert marks == sorted(set(marks)) and 2 <= len(marks) <= max(7, math.log10(wide) + 2)
    assert all(0.9 * low <= mark <= 1.1 * low * wide for mark in marks)
    assert all(len(f"{mark:e}".split("e")[0].rstrip("0")) <= 3 for mark in marks)


def test_an_axis_in_powers_is_labelled_as_such(tmp_path: Path) -> None:
    """Plotly wrote 2, 5, 0.001, 2, 5, and nothing said that the axis was none of even steps."""
    assert log_axis(2e-4, 1.5e-2) == {
        "type": "log",
        "tickvals": [2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2],
        "ticktext": ["0.0002", "0.0005", "0.001", "0.002", "0.005", "0.01"],
    }
    assert log_axis(1e-6, 2e3)["ticktext"] == [
        "1e-6", "1e-5", "0.0001", "0.001", "0.01", "0.1", "1", "10", "100", "1,000"
    ]  # fmt: skip
    group = group_of(run_folder(tmp_path, trials=tried(60)))
    figures = {
        name: [panel for panel in load(name).show(load(name).data(group)) if isinstance(panel, go.Figure)]
        for name in ("slices", "contour", "parallel", "costs")
    }
    assert [figure.layout.xaxis.title.text for figure in figures["slices"]] == ["rate (log)", "depth"]
    assert figures["slices"][0].layout.xaxis.ticktext == ("0.0003", "0.001", "0.003", "0.01", "0.03")
    assert figures["contour"][0].layout.xaxis.title.text == "rate (log)"
    assert figures["parallel"][0].layout.xaxis.ticktext == ("rate (log)", "depth")
    assert {"0.001", "0.01"} <= {note.text for note in figures["parallel"][0].layout.annotations}
    assert all(figure.layout.xaxis.title.text.endswith("(log)") for figure in figures["costs"])


def test_scales() -> None:
    rates = [float(rate) for rate in 10 ** np.linspace(-4, -1, 20)]
    assert scale_of(rates).log and not scale_of([*np.linspace(0.01, 0.6, 20).tolist()]).log
    assert scale_of([16, 8, 32, 8]) == Scale((8, 16, 32))
    assert scale_of([True, "b", False]).levels == (False, True, "b")
    assert scale_of([1, True]).at([True, 1]) == [0.0, 1.0]


@given(st.integers(0, 900), st.integers(10, 300))
def test_thinning_keeps_the_best_and_the_order(count: int, limit: int) -> None:
    rng = np.random.default_rng(count)
    table = pd.DataFrame({"score": rng.permutation(count).astype(float)})
    for task, best in (
        ("age", table["score"].nsmallest(limit // 3)),
        ("gender", table["score"].nlargest(limit // 3)),
    ):
        shown = sample_rows(table, TASKS[task], limit)
        assert len(shown) == min(count, limit) and shown.index.is_monotonic_increasing and shown.index.is_unique
        assert set(best) <= set(shown["score"])
    assert bool(sampling_note(len(shown), count)) == (count > limit)


def test_a_page_of_many_trials_is_thinned_and_says_so(tmp_path: Path) -> None:
    group = group_of(run_folder(tmp_path, trials=tried(700)))
    for name in ("progress", "slices", "parallel", "contour", "costs"):
        panels = load(name).show(load(name).data(group))
        assert any("of 700 trials are drawn" in str(panel) for panel in panels if isinstance(panel, str)), name
        longest = max(len(t.x or ()) for panel in panels if isinstance(panel, go.Figure) for t in panel.data)
        assert longest <= 620, name


@pytest.mark.parametrize("task", TASKS)
def test_all_of_the_search_from_stored_predictions(task: str, tmp_path: Path) -> None:
    run = predicted_run(tmp_path, task, np.linspace(0.4, 2.0, 30).tolist(), films=60, pruned={7: 1, 8: 0, 9: 2})
    group = group_of(run)
    shown = {
        name: load(name).show(load(name).data(group)) for name in (*SEARCH, "pruning", "costs", "progress", "folds")
    }
    drawn = {name for name, panels in shown.items() if any(isinstance(panel, go.Figure) for panel in panels)}
    assert {*shown} - drawn == {"importance"} and "from 27 complete trials" in str(shown["importance"])
