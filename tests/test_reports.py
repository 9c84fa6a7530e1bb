"""The report: every section on every kind of store, tables with equality, and a page that leaks nothing."""

from __future__ import annotations

import html.parser
import json
import math
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from run_folders import experiment, infeasible, run_folder, transfer_folder, transfer_trial, trial

from reports import load, sections
from reports._groups import grouped
from reports._html import Html
from reports._numbers import gain, scalar, spread, value
from reports._page import build_report
from reports._probes import weak_probes
from reports._rows import short_names
from reports._section import Section
from trials.frame import trials_frame
from trials.records import TrialResult
from trials.store import OpenTrial, RunStore
from xrays.errors import UserError
from xrays.tasks import TASKS

ROOT = Path(__file__).parents[1]


def scores(task: str, *values: float) -> list[float]:
    """Ages as given; for gender the same order of merit between 0 and 1."""
    return [value if task == "age" else 1 - value / 20 for value in values]


def mixed(task: str) -> list[TrialResult]:
    return [
        trial(0, scores(task, 9.0, 9.5, 10.0), task=task, label="notebook"),
        trial(1, scores(task, 12.0, 11.0), "pruned", task),
        trial(2, [], "failed", task, error="MemoryError: no room\nTraceback"),
        trial(3, scores(task, 8.0, 9.0, 8.5), task=task),
        trial(4, scores(task, 15.0, 16.0, 15.5), task=task),
    ]


def transferred(task: str) -> list[TrialResult]:
    """densenet121 does worse than the constant as long as it is frozen, mobilenetv2 better."""
    return [
        transfer_trial(
            0, "densenet121", scores(task, 9.0, 9.5, 10.0), probes=scores(task, 14.4, 14.5, 14.6), task=task
        ),
        transfer_trial(1, "mobilenetv2", scores(task, 8.0, 8.1, 8.2), probes=scores(task, 8.7, 8.6, 8.8), task=task),
        transfer_trial(2, "mobilenetv2", scores(task, 8.4, 8.6, 8.5), probes=scores(task, 8.9, 8.9, 8.9), task=task),
        infeasible(3, "too large", task=task, params={"backbone": "densenet121"}),
    ]


STORES: dict[str, Callable[[str], list[TrialResult]]] = {
    "empty": lambda task: [],
    "single": lambda task: [trial(0, scores(task, 9.0, 9.5, 10.0), task=task)],
    "one fold": lambda task: [trial(0, scores(task, 9.0), task=task)],
    "failed only": lambda task: [trial(n, [], "failed", task, error="ValueError: bad") for n in range(3)],
    "failed without a word": lambda task: [trial(0, [], "failed", task, params={})],
    "pruned only": lambda task: [trial(n, scores(task, 12.0, 11.0), "pruned", task) for n in range(2)],
    "pruned in fold 0": lambda task: [trial(0, scores(task, 12.0), "pruned", task)],
    "all equal": lambda task: [trial(n, scores(task, 9.0, 9.0, 9.0), task=task) for n in range(3)],
    "no number": lambda task: [trial(0, [math.nan, 9.0, 9.0], task=task), trial(1, scores(task, 9, 9, 9), task=task)],
    "mixed": mixed,
    "infeasible only": lambda task: [infeasible(n, f"{n} too large", task=task) for n in range(2)],
    "backbones": transferred,
    "backbones without a score": lambda task: [
        transfer_trial(0, "densenet121", scores(task, 9.0, 9.5), state="pruned", task=task),
        transfer_trial(1, "densenet121", [], state="failed", task=task),
        transfer_trial(2, "mobilenetv2", scores(task, 9.0), state="pruned", probes=[math.nan], task=task),
    ],
}


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("with_baselines", [True, False])
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("name", sections())
def test_every_section_on_every_store(name: str, store: str, with_baselines: bool, task: str, tmp_path: Path) -> None:
    import plotly.graph_objects as go

    run = run_folder(tmp_path, trials=STORES[store](task), task=task, with_baselines=with_baselines)
    frame = trials_frame([run])
    before = frame.copy()
    table = load(name).data(frame)
    pd.testing.assert_frame_equal(frame, before)
    if not table.empty:
        panels = load(name).show(table)
        assert panels
        assert all(isinstance(panel, (Html, go.Figure)) for panel in panels)


@pytest.mark.parametrize("name", sections())
def test_a_section_says_what_it_is(name: str) -> None:
    section = load(name).SECTION
    assert isinstance(section, Section)
    assert section.title and section.note.endswith(".") and (section.empty.endswith(".") or not section.empty)
    assert set(section.tasks) <= set(TASKS)


def test_sections_have_places_of_their_own() -> None:
    orders = [load(name).SECTION.order for name in sections()]
    assert len(set(orders)) == len(orders)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("store", STORES)
def test_a_page_can_be_built_of_every_store(store: str, task: str, tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=STORES[store](task), task=task, with_baselines=store != "empty")
    page = body(build_report([run], tmp_path / "report.html"))
    assert ">nan" not in page.lower() and "None" not in page.replace("None of", "")
    assert balanced(page)


def test_leaderboard_places_baselines_and_partial_trials(tmp_path: Path) -> None:
    table = load("leaderboard").data(trials_frame([run_folder(tmp_path, trials=mixed("age"))]))
    shown = table[["name", "rank", "state", "folds", "of"]].astype(object).where(lambda t: t.notna(), None)
    assert shown.to_numpy().tolist() == [
        ["trial 3", 1, "complete", 3, 3],
        ["trial 0, notebook", 2, "complete", 3, 3],
        ["linear probe", None, "complete", 3, 3],
        ["constant", None, "complete", 3, 3],
        ["trial 4", 3, "complete", 3, 3],
        ["trial 1", None, "pruned", 1, 3],
        ["trial 2", None, "failed", 0, 3],
    ]  # fmt: skip
    assert table.loc[0, ["mae", "mae_sd", "rmse", "parameters", "seconds"]].tolist() == [
        8.5,
        0.5,
        10.625,
        12348,
        22.5,
    ]


def test_leaderboard_ranks_spaces_together_and_names_what_they_started_from(tmp_path: Path) -> None:
    runs = [
        run_folder(tmp_path, "cnn", [trial(0, [8.2, 8.2, 8.2], label="default")]),
        transfer_folder(tmp_path, "imagenet", transferred("age")),
        transfer_folder(tmp_path, "none", [transfer_trial(0, "densenet121", [12.0] * 3)], weights="none"),
    ]
    assert len(grouped(runs)) == 1
    table = load("leaderboard").data(trials_frame(runs))
    columns = ["name", "rank", "state", "space", "backbone", "weights", "weak"]
    shown = table[columns].astype(object).where(lambda t: t.notna(), None)
    assert shown.to_numpy().tolist() == [
        ["trial 1 · imagenet", 1, "complete", "transfer", "mobilenetv2", "imagenet", False],
        ["trial 0, default · cnn", 2, "complete", "cnn", "", "", False],
        ["trial 2 · imagenet", 3, "complete", "transfer", "mobilenetv2", "imagenet", False],
        ["trial 0 · imagenet", 4, "complete", "transfer", "densenet121", "imagenet", True],
        ["linear probe", None, "complete", "", "", "", False],
        ["trial 0 · none", 5, "complete", "transfer", "densenet121", "none", False],
        ["constant", None, "complete", "", "", "", False],
        ["trial 3 · imagenet", None, "infeasible", "transfer", "densenet121", "imagenet", True],
    ]
    (panel,) = load("leaderboard").show(table)
    assert rows_of(str(panel))[0][5:10] == ["Space", "Backbone", "Weights", "State", "Parameters"]
    assert [row[5:9] for row in rows_of(str(panel))[1:]] == [
        ["transfer", "mobilenetv2", "ImageNet", "complete"],
        ["cnn", "–", "from scratch", "complete"],
        ["transfer", "mobilenetv2", "ImageNet", "complete"],
        ["transfer", "densenet121 !", "ImageNet", "complete"],
        ["–", "–", "–", "baseline"],
        ["transfer", "densenet121", "random (none)", "complete"],
        ["–", "–", "–", "baseline"],
        ["transfer", "densenet121 !", "ImageNet", "infeasible"],
    ]


def test_leaderboard_without_a_backbone_has_no_column_for_it(tmp_path: Path) -> None:
    (panel,) = load("leaderboard").show(load("leaderboard").data(trials_frame([run_folder(tmp_path)])))
    head = rows_of(str(panel))[0]
    assert "Backbone" not in head and {"Space", "Weights", "Parameters"} < set(head)


def test_states_follow_each_other_on_the_leaderboard(tmp_path: Path) -> None:
    results = [infeasible(0, "too large"), trial(1, [], "failed"), trial(2, [9.0], "pruned"), trial(3, [9.0])]
    table = load("leaderboard").data(trials_frame([run_folder(tmp_path, trials=results, with_baselines=False)]))
    assert table["state"].tolist() == ["complete", "pruned", "failed", "infeasible"]


def test_backbones_of_two_spaces(tmp_path: Path) -> None:
    gone = transfer_trial(4, "efficientnetv2b0", [9.0, 9.5], state="pruned", probes=[10.5, 11.0])
    slow = [replace(fold, ms_per_film=ms) for fold, ms in zip(trial(0, [8.2] * 3).folds, (5, 9, 1), strict=True)]
    runs = [
        run_folder(tmp_path, "cnn", [replace(trial(0, [8.2, 8.2, 8.2]), folds=tuple(slow))]),
        transfer_folder(tmp_path, trials=[*transferred("age"), gone]),
    ]
    table = load("backbones").data(trials_frame(runs))
    nan = math.nan
    expected = pd.DataFrame(
        [
            ("transfer", "mobilenetv2", "imagenet", False, 2, 2, 8.1, 0.1, 8.7, 12346, nan, 45.0, [8.1, 8.5]),
            ("cnn", "", "", False, 1, 1, 8.2, 0.0, nan, 12345, 5.0, 22.5, [8.2]),
            ("transfer", "densenet121", "imagenet", True, 2, 1, 9.5, 0.5, 14.5, 12345, nan, 22.5, [9.5]),
            ("transfer", "efficientnetv2b0", "imagenet", False, 1, 0, nan, nan, 10.75, nan, nan, 15.0, []),
        ],
        columns=[
            "space", "backbone", "weights", "weak", "trials", "complete", "score", "score_sd", "probe", "parameters",
            "ms_per_film", "seconds", "scores",
        ],
    )  # fmt: skip
    pd.testing.assert_frame_equal(table[list(expected)], expected, check_dtype=False)
    assert table["constant"].tolist() == pytest.approx([14.1] * 4) and set(table["task"]) == {"age"}


def test_backbones_of_gender_have_the_most_accurate_first(tmp_path: Path) -> None:
    run = transfer_folder(tmp_path, trials=transferred("gender"), task="gender")
    table = load("backbones").data(trials_frame([run]))
    assert table["backbone"].tolist() == ["mobilenetv2", "densenet121"]
    assert table["probe"].tolist() == pytest.approx([1 - 8.7 / 20, 1 - 14.5 / 20])
    assert table["scores"][0] == pytest.approx([1 - 8.1 / 20, 1 - 8.5 / 20])


def test_without_a_backbone_the_page_has_no_such_section(tmp_path: Path) -> None:
    plain, with_one = run_folder(tmp_path, "a", mixed("age")), transfer_folder(tmp_path, "b", transferred("age"))
    assert "Backbones" not in words(build_report([plain], tmp_path / "plain.html"))
    assert "Backbones" in words(build_report([with_one], tmp_path / "with.html"))


def test_weak_probes_are_those_of_trained_weights_that_do_not_beat_the_constant(tmp_path: Path) -> None:
    """The constant has 14.0, 14.1 and 14.2 on the three folds."""
    trained = [
        transfer_trial(0, "worse", [9.0] * 3, probes=[14.5, 14.6, 14.7]),
        transfer_trial(1, "worse", [9.0] * 3, probes=[14.2, 14.3, 14.4]),
        transfer_trial(2, "equal", [9.0] * 3, probes=[14.0, 14.1, 14.2]),
        transfer_trial(3, "once better", [9.0] * 3, probes=[15.0, 15.0, 15.0]),
        transfer_trial(4, "once better", [9.0] * 3, probes=[13.9, 14.0, 14.1]),
        transfer_trial(5, "stopped", [20.0], state="pruned", probes=[14.25]),
        transfer_trial(6, "never probed", [9.0] * 3),
        transfer_trial(7, "no number", [9.0] * 3, probes=[math.nan] * 3),
        # Behind the constant on the easiest fold, ahead over all of them, although with a larger error.
        transfer_trial(8, "ahead at last", [9.0], state="pruned", probes=[14.02]),
        transfer_trial(9, "ahead at last", [9.0] * 3, probes=[14.08] * 3),
    ]
    untrained = [transfer_trial(0, "worse", [9.0] * 3, probes=[15.0] * 3)]
    runs = [
        transfer_folder(tmp_path, "trained", trained),
        transfer_folder(tmp_path, "file", [trained[5]], weights="best_gender.h5@1a2b3c4d"),
        transfer_folder(tmp_path, "untrained", untrained, weights="none"),
        run_folder(tmp_path, "cnn", untrained),
    ]
    expected = pd.DataFrame(
        [
            ("equal", "imagenet", 14.1, 14.1),
            ("no number", "imagenet", math.nan, 14.1),
            ("stopped", "best_gender.h5@1a2b3c4d", 14.25, 14.0),
            ("stopped", "imagenet", 14.25, 14.0),
            ("worse", "imagenet", 14.3, 14.1),
        ],
        columns=["backbone", "weights", "probe", "constant"],
    )
    pd.testing.assert_frame_equal(weak_probes(trials_frame(runs)), expected)


def test_weak_probes_of_gender_are_the_less_accurate(tmp_path: Path) -> None:
    results = [
        transfer_trial(0, "worse", [0.9] * 3, task="gender", probes=[0.5] * 3),
        transfer_trial(1, "better", [0.9] * 3, task="gender", probes=[0.5] * 3),
        transfer_trial(2, "better", [0.9] * 3, task="gender", probes=[0.58] * 3),
    ]
    weak = weak_probes(trials_frame([transfer_folder(tmp_path, trials=results, task="gender")]))
    assert weak["backbone"].tolist() == ["worse"]


@pytest.mark.parametrize("results", [[], transferred("age")], ids=["no trial", "no constant"])
def test_no_alarm_without_anything_to_compare(results: list[TrialResult], tmp_path: Path) -> None:
    frame = trials_frame([transfer_folder(tmp_path, trials=results, with_baselines=False)])
    assert weak_probes(frame).empty
    assert list(weak_probes(frame)) == ["backbone", "weights", "probe", "constant"]


def test_the_alarm_in_plain_words(tmp_path: Path) -> None:
    page = words(build_report([transfer_folder(tmp_path, trials=transferred("age"))], tmp_path / "report.html"))
    assert (
        "The frozen features of densenet121 (ImageNet) do not beat the constant predictor (probe MAE 14.50 years, "
        "constant 14.10 years): the weights may expect other pixels."
    ) in page
    assert "features of mobilenetv2" not in page


def test_leaderboard_of_gender_has_the_most_accurate_first(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=mixed("gender"), task="gender")
    table = load("leaderboard").data(trials_frame([run]))
    assert table["name"].tolist()[:3] == ["linear probe", "trial 3", "constant"]
    assert table["rank"].tolist()[:2] == pytest.approx([math.nan, 1.0], nan_ok=True)


def test_equal_scores_share_a_rank_and_do_not_pass_the_baseline_they_equal(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(n, [11.0, 11.1, 11.2]) for n in (0, 1)])
    table = load("leaderboard").data(trials_frame([run]))
    assert table["name"].tolist() == ["linear probe", "trial 0", "trial 1", "constant"]
    assert table["rank"].dropna().tolist() == [1.0, 1.0]


def test_progress_follows_the_best_of_each_run(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path, "age-a", mixed("age")), run_folder(tmp_path, "age-b", [trial(0, [9.0] * 3)])]
    table = load("progress").data(trials_frame(runs))
    expected = pd.DataFrame(
        [
            ("age-a", "constant", math.nan, 14.1, math.nan),
            ("age-a", "linear probe", math.nan, 11.1, math.nan),
            ("age-a", "trial 0, notebook · a", 1, 9.5, 9.5),
            ("age-a", "trial 1 · a", 2, math.nan, 9.5),
            ("age-a", "trial 2 · a", 3, math.nan, 9.5),
            ("age-a", "trial 3 · a", 4, 8.5, 8.5),
            ("age-a", "trial 4 · a", 5, 15.5, 8.5),
            ("age-b", "trial 0 · b", 1, 9.0, 9.0),
        ],
        columns=["run", "name", "position", "score", "best"],
    )
    pd.testing.assert_frame_equal(table[list(expected)], expected, check_dtype=False)


def test_progress_of_gender_goes_up(tmp_path: Path) -> None:
    results = [trial(n, [score] * 3, task="gender") for n, score in enumerate((0.6, 0.8, 0.7))]
    table = load("progress").data(trials_frame([run_folder(tmp_path, trials=results, task="gender")]))
    assert table.loc[table["kind"] == "trial", "best"].tolist() == pytest.approx([0.6, 0.8, 0.8])


def test_folds_are_those_of_the_best_and_of_the_baselines(tmp_path: Path) -> None:
    results = [trial(n, [9.0 + n, 9.5 + n, 10.0 + n]) for n in range(12)]
    table = load("folds").data(trials_frame([run_folder(tmp_path, trials=results)]))
    names = list(dict.fromkeys(table["name"]))
    assert [name for name in names if "trial" in name] == [f"trial {n}" for n in range(10)]
    assert names.index("trial 1") < names.index("linear probe") < names.index("trial 2")
    assert table.loc[table["name"] == "trial 0", ["fold", "score"]].to_numpy().tolist() == [[0, 9], [1, 9.5], [2, 10]]


def test_failures_are_counted_by_their_first_line(tmp_path: Path) -> None:
    errors = ["ValueError: bad\nTraceback", "OOM", "ValueError: bad", ""]
    results = [trial(n, [], "failed", error=error) for n, error in enumerate(errors)]
    table = load("failures").data(trials_frame([run_folder(tmp_path, trials=results)]))
    assert table.to_numpy().tolist() == [
        ["failed", "ValueError", "ValueError: bad", 2, ["trial 0", "trial 2"]],
        ["failed", "OOM", "OOM", 1, ["trial 1"]],
        ["failed", "no message", "no message", 1, ["trial 3"]],
    ]


def test_what_was_too_large_is_no_failure(tmp_path: Path) -> None:
    limit = "9,123,456 parameters, more than 5,000,000"
    results = [infeasible(0, limit), infeasible(1, limit), trial(2, [], "failed", error="OOM"), trial(3, [9.0] * 3)]
    run = run_folder(tmp_path, trials=results)
    table = load("failures").data(trials_frame([run]))
    assert table.drop(columns="reason").to_numpy().tolist() == [
        ["failed", "OOM", 1, ["trial 2"]],
        ["infeasible", limit, 2, ["trial 0", "trial 1"]],
    ]
    failed, large = [rows_of(str(panel)) for panel in load("failures").show(table)[1::2]]
    assert failed == [["Reason", "First line", "Trials", "Which"], ["OOM", "OOM", "1", "trial 2"]]
    assert large == [["Reason", "Trials", "Which"], [limit, "2", "trial 0, trial 1"]]
    page = words(build_report([run], tmp_path / "report.html"))
    assert "Not trained: too large" in page and "1 complete, 1 failed, 2 infeasible" in page


def test_runs_are_grouped_by_task_and_plan_and_never_ranked_across(tmp_path: Path) -> None:
    runs = [
        run_folder(tmp_path, "d", [trial(0, [0.8] * 3, task="gender")], task="gender"),
        run_folder(tmp_path, "c", [trial(0, [9.0] * 3)], plan="plan two"),
        run_folder(tmp_path, "b", [trial(0, [8.0] * 3)]),
        run_folder(tmp_path, "a", [trial(0, [7.0] * 3)]),
    ]
    groups = grouped(runs)
    assert [[run.path.name for run in group.runs] for group in groups] == [["a", "b"], ["c"], ["d"]]
    page = body(build_report(runs, tmp_path / "report.html"))
    assert page.count('<section class="group"') == 3


def test_two_folders_of_one_name_are_refused(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path / part, "run") for part in ("a", "b")]
    with pytest.raises(UserError, match="rename one"):
        grouped(runs)
    assert len(grouped([runs[0], RunStore.open(runs[0].path)])[0].runs) == 1


def test_no_run_is_a_user_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no run to report on"):
        build_report([], tmp_path / "report.html")


def test_infeasible_trials_are_not_among_those_that_chose(tmp_path: Path) -> None:
    results = [trial(0, [9.0] * 3), trial(1, [9.0], "pruned"), infeasible(2, "too large")]
    page = words(build_report([run_folder(tmp_path, trials=results)], tmp_path / "report.html"))
    assert "This is the best of 2 trials" in page


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


def test_synthetic_films_are_named(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path, "drawn", about={"synthetic": True}), run_folder(tmp_path, "real")]
    page = words(build_report(runs, tmp_path / "report.html"))
    assert "Synthetic films." in page and "nothing here says anything about patients. This applies to: drawn." in page


def test_provenance_of_a_run(tmp_path: Path) -> None:
    about = {
        "command": "search --task age",
        "versions": {"keras": "3.13"},
        "device": "CPU",
        "films": 1234,
        "note": "try",
    }
    own = {"space": "transfer", "weights": "imagenet", "narrowing": ("depth=3..4", "width=8"), "max_parameters": 5000}
    run = run_folder(tmp_path, trials=mixed("age"), about=about, **own)
    run.save_open(OpenTrial(5, {}, {}, 5, "2025-01-01T00:00:00Z"))
    page = words(build_report([run], tmp_path / "report.html"))
    for fact in ("search --task age", "keras 3.13", "CPU", "1,234 films", "try", "3 × 4", "plan0123abcd"):
        assert fact in page
    assert "3 complete, 1 pruned, 1 failed, 1 unfinished" in page
    for fact in (
        "transfer, ImageNet; optuna, tpe",
        "transfer, depth=3..4, width=8",
        "5,000 parameters",
        "tensorflow",
    ):
        assert fact in page


HOSTILE = "<script>alert(1)</script>'\"&<img src=x onerror=alert(1)></details>\u202eright\u0007 to left"


def test_hostile_strings_are_text(tmp_path: Path) -> None:
    name = "<b onclick='x'>&amp; \"run\u202e"
    results = [
        trial(0, [9.0] * 3, params={HOSTILE: HOSTILE, "long": "x" * 10_000}, label=HOSTILE),
        trial(1, [], "failed", error=HOSTILE),
        trial(2, [9.5] * 3, label="a" * 10_000),
        trial(3, [9.5] * 3, label="\ud800"),
        # Worse than the constant on its frozen features, so that the alarm names it too.
        transfer_trial(4, HOSTILE, [9.6] * 3, probes=[20.0] * 3),
        transfer_trial(5, "b" * 10_000, [9.7] * 3, probes=[20.0] * 3),
        infeasible(6, HOSTILE),
    ]
    about = {"command": HOSTILE, "versions": {HOSTILE: HOSTILE}, "note": HOSTILE, "synthetic": True}
    runs = [
        run_folder(
            tmp_path,
            name,
            results,
            about=about,
            data=HOSTILE,
            plan=HOSTILE,
            space=HOSTILE,
            weights=HOSTILE,
            narrowing=(HOSTILE,),
            backend=HOSTILE,
        ),
        run_folder(tmp_path, f"{name}-2", results, data=HOSTILE, plan=HOSTILE),
    ]
    page = body(build_report(runs, tmp_path / "report.html"))
    assert balanced(page)
    assert not re.search(r"<(b |img|script>alert)", page)
    assert "&lt;script&gt;alert(1)" in page and "The frozen features of <bdi>&lt;script&gt;alert(1)" in page
    assert not any(letter * 1000 in page for letter in "xab")
    # In a plot `<` would be markup twice: for the browser and, once parsed, for Plotly. What is left are the tags
    # of the hover texts.
    for content in re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', page):
        assert "<" not in content
        assert "<" not in re.sub("<br>|<extra></extra>", "", json.dumps(json.loads(content)))
        assert "\\u202e" not in json.dumps(json.loads(content))


def test_same_runs_same_bytes_in_any_order(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path, name, mixed("age")) for name in ("one", "two")]
    runs += [transfer_folder(tmp_path, name, transferred("age")) for name in ("three", "four")]
    first = build_report(runs, tmp_path / "first.html").read_bytes()
    again = [RunStore.open(run.path) for run in reversed(runs)]
    assert build_report(again, tmp_path / "new" / "second.html").read_bytes() == first


def test_plotly_is_there_once_and_nothing_points_outside(tmp_path: Path) -> None:
    from plotly.offline import get_plotlyjs

    page = build_report([run_folder(tmp_path, trials=mixed("age"))], tmp_path / "report.html").read_text()
    assert page.count(get_plotlyjs()) == 1
    own = page.replace(get_plotlyjs(), "")
    assert not re.search(r"https?://|@import|url\(", own)
    assert "default-src 'none'" in own


def test_plots_are_told_not_to_share(tmp_path: Path) -> None:
    script = (ROOT / "reports" / "_page.js").read_text()
    assert all(setting in script for setting in ("showSendToCloud: false", "displaylogo: false", "responsive: true"))


@pytest.mark.parametrize(("module", "unwanted"), [
    ("reports", {"numpy", "pandas", "plotly", "keras", "tensorflow"}),
    ("reports._page", {"plotly", "keras", "tensorflow", "optuna", "keras_tuner", "runners", "search_spaces"}),
])  # fmt: skip
def test_import_is_light(module: str, unwanted: set[str]) -> None:
    code = f"import sys, {module}, reports; reports.sections(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert not unwanted & set(loaded.stdout.split())


def test_building_loads_no_training_library(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=mixed("age"))
    code = (
        "import sys; from pathlib import Path; from reports._page import build_report; "
        "from trials.store import RunStore; run = RunStore.open(Path(sys.argv[1])); "
        "build_report([run], Path(sys.argv[2])); print(*sys.modules)"
    )
    command = [sys.executable, "-c", code, str(run.path), str(tmp_path / "report.html")]
    loaded = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    assert not {"keras", "tensorflow", "optuna", "keras_tuner", "runners", "search_spaces"} & set(loaded)


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


def test_short_names_keep_what_differs() -> None:
    assert short_names(["age-x-tpe-1", "age-x-random-2"]) == {"age-x-tpe-1": "tpe-1", "age-x-random-2": "random-2"}
    assert short_names(["age-x"]) == {"age-x": "age-x"}
    spaces = ["age-x-cnn-tpe-1", "age-x-transfer-tpe-2"]
    assert short_names(spaces) == dict(zip(spaces, ["cnn-1", "transfer-2"], strict=True))
    assert short_names(["age-x-y-tpe-1", "age-x-tpe-1"]) == {"age-x-y-tpe-1": "y-tpe-1", "age-x-tpe-1": "tpe-1"}
    assert short_names(["age", "age-x"]) == {"age": "age", "age-x": "x"}


def test_the_helper_gives_a_run_its_identity() -> None:
    assert experiment("gender", folds=4).folds == 4


def body(page: Path) -> str:
    """What stands before the scripts: the part of the page that is made from the runs."""
    return page.read_text().split("</footer>")[0].split("<body>")[1]


def words(page: Path) -> str:
    """The text that a reader sees, with single spaces."""
    found: list[str] = []
    parser = html.parser.HTMLParser()
    parser.handle_data = found.append  # type: ignore[method-assign]
    parser.feed(body(page))
    return " ".join(" ".join(found).split()).replace(" .", ".").replace(" :", ":")


def rows_of(markup: str) -> list[list[str]]:
    """The text of every cell, row by row."""
    return [
        [re.sub("<[^>]*>", "", cell) for cell in re.findall("<t[hd][ >].*?</t[hd]>", line)]
        for line in re.findall("<tr.*?</tr>", markup)
    ]


def balanced(markup: str) -> bool:
    """Every tag that is opened is closed in order."""
    stack: list[str] = []

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
            stack.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert stack and stack.pop() == tag, tag

    Parser().feed(markup + "</footer>")
    return not stack
