"""The tables of progress, folds, curves and failures with equality."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from pages import group_of, rows_of, words
from run_folders import infeasible, mixed, run_folder, trial

from reports import load
from reports._page.build import build_report
from trials.records import Failure


def test_progress_follows_the_best_of_each_run(tmp_path: Path) -> None:
    runs = [run_folder(tmp_path, "age-a", mixed("age")), run_folder(tmp_path, "age-b", [trial(0, [9.0] * 3)])]
    table = load("progress").data(group_of(*runs))
    expected = pd.DataFrame(
        [
            ("age-a", "constant", math.nan, math.nan, math.nan, 14.1, math.nan),
            ("age-a", "linear probe", math.nan, math.nan, math.nan, 11.1, math.nan),
            ("age-a", "trial 0, notebook · a", 1, 3600, 12, 9.5, 9.5),
            ("age-a", "trial 1 · a", 2, 3660, 20, math.nan, 9.5),
            ("age-a", "trial 2 · a", 3, 3720, 20, math.nan, 9.5),
            ("age-a", "trial 3 · a", 4, 3780, 32, 8.5, 8.5),
            ("age-a", "trial 4 · a", 5, 3840, 44, 15.5, 8.5),
            ("age-b", "trial 0 · b", 1, 3600, 12, 9.0, 9.0),
        ],
        columns=["run", "name", "position", "clock", "epochs", "score", "best"],
    )
    pd.testing.assert_frame_equal(table[list(expected)], expected, check_dtype=False)


def test_progress_of_gender_goes_up(tmp_path: Path) -> None:
    results = [trial(n, [score] * 3, task="gender") for n, score in enumerate((0.6, 0.8, 0.7))]
    table = load("progress").data(group_of(run_folder(tmp_path, trials=results, task="gender")))
    assert table.loc[table["kind"] == "trial", "best"].tolist() == pytest.approx([0.6, 0.8, 0.8])


def test_folds_are_those_of_the_best_and_of_the_baselines(tmp_path: Path) -> None:
    results = [trial(n, [9.0 + n, 9.5 + n, 10.0 + n]) for n in range(12)]
    table = load("folds").data(group_of(run_folder(tmp_path, trials=results)))
    names = list(dict.fromkeys(table["name"]))
    assert [name for name in names if "trial" in name] == [f"trial {n}" for n in range(12)]
    assert names.index("trial 1") < names.index("linear probe") < names.index("trial 2")
    assert set(table["part"]) == {"best"}
    assert table.loc[table["name"] == "trial 0", ["fold", "score"]].to_numpy().tolist() == [[0, 9], [1, 9.5], [2, 10]]


def test_folds_of_many_trials_are_the_best_and_the_latest(tmp_path: Path) -> None:
    """Trials that the race has stopped show the folds that they have finished."""
    results = [trial(n, [9.0 + n] * 3) for n in range(45)]
    results += [trial(45, [8.0, 8.0], "pruned"), trial(46, [8.0], "pruned")]
    late = [
        replace(result, finished=f"2025-01-01T{n // 60 + 1:02d}:{n % 60:02d}:00Z") for n, result in enumerate(results)
    ]
    table = load("folds").data(group_of(run_folder(tmp_path, trials=late, with_baselines=False)))
    parts = table.groupby("part")["name"].unique()
    assert list(parts["best"]) == [f"trial {n}" for n in range(40)]
    assert list(parts["latest"]) == [f"trial {n}" for n in range(40, 46)]
    assert table.loc[table["name"] == "trial 45", ["fold", "score"]].to_numpy().tolist() == [[0, 8.0]]


def test_curves_are_those_of_the_best_three_over_all_folds(tmp_path: Path) -> None:
    results = [trial(n, [score] * 3, epochs=2) for n, score in enumerate((9.0, 7.0, 10.0, 8.0))]
    table = load("curves").data(group_of(run_folder(tmp_path, trials=results, epochs=2)))
    assert list(table["name"].unique()) == ["trial 1", "trial 3", "trial 0"]
    first = table[table["name"] == "trial 1"]
    assert first[["fold", "epoch"]].to_numpy().tolist() == [[f, e] for f in range(3) for e in (1, 2)]
    assert first["score"].tolist() == pytest.approx([s for _ in range(3) for s in results[1].folds[0].curve])


def test_the_band_of_a_curve_holds_every_fold(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(0, [8.0, 9.0, 13.0])])
    band, mean = load("curves").show(load("curves").data(group_of(run)))[0].data  # type: ignore[union-attr]
    assert band.x == (1, 2, 3, 4, 4, 3, 2, 1)
    assert sorted(band.y[3:5]) == pytest.approx([8.0, 13.0]) and mean.y[3] == pytest.approx(10.0)


def test_failures_are_counted_by_class(tmp_path: Path) -> None:
    kinds: list[Failure] = ["NaN", "timeout", "NaN", "killed", "out of memory", ""]
    lost = [replace(trial(n, [], "failed", error=f"E: {kind}"), failure=kind) for n, kind in enumerate(kinds)]
    run = run_folder(tmp_path, trials=[*lost, infeasible(6, "too large")])
    table = load("failures").data(group_of(run))
    assert table[["class", "count"]].to_numpy().tolist() == [
        ["NaN", 2], ["killed", 1], ["out of memory", 1], ["raised", 1], ["timeout", 1], ["infeasible", 1]
    ]  # fmt: skip
    assert "By class: 2 NaN, 1 killed, 1 out of memory, 1 raised, 1 timeout." in str(load("failures").show(table)[0])


def test_failures_are_counted_by_their_first_line(tmp_path: Path) -> None:
    errors = ["ValueError: bad\nTraceback", "OOM", "ValueError: bad", ""]
    results = [trial(n, [], "failed", error=error) for n, error in enumerate(errors)]
    table = load("failures").data(group_of(run_folder(tmp_path, trials=results)))
    assert table.to_numpy().tolist() == [
        ["failed", "raised", "ValueError", "ValueError: bad", 2, ["trial 0", "trial 2"], [], ""],
        ["failed", "raised", "OOM", "OOM", 1, ["trial 1"], [], ""],
        ["failed", "raised", "no message", "no message", 1, ["trial 3"], [], ""],
    ]


def test_dead_trials_show_what_they_share_and_the_last_lines_of_their_worker(tmp_path: Path) -> None:
    """Of 24 trials the four with residual blocks and strides died; half of the others have each of the two."""
    results = []
    for number in range(24):
        params = {"residual": number % 2 == 0, "downsampling": ("stride", "pool", "mean")[number % 3], "rate": number}
        dead = params["residual"] and params["downsampling"] == "stride"
        one = trial(number, [] if dead else [9.0] * 3, "failed" if dead else "complete", params=params)
        results.append(replace(one, error="the worker was killed by SIGABRT", failure="killed") if dead else one)
    run = run_folder(tmp_path, trials=results)
    run.save_error(6, "the worker was killed by SIGABRT\n\n" + "chatter\n" * 2000 + "free(): <invalid> size")
    table = load("failures").data(group_of(run))
    (row,) = table.to_dict("records")
    assert [(each.name, each.value, round(each.others, 2)) for each in row["common"]] == [
        ("downsampling", "stride", 0.2), ("residual", True, 0.4)
    ]  # fmt: skip
    shown = str(load("failures").show(table)[-1])
    assert (
        "all of these trials have downsampling stride (20 % of the others), residual true (40 % of the others)"
        in shown
    )
    assert "free(): &lt;invalid&gt; size</pre>" in shown and len(shown) < 7000


def test_one_lost_trial_or_what_luck_shares_has_nothing_in_common(tmp_path: Path) -> None:
    results = [trial(n, [9.0] * 3, params={"residual": n % 2 == 0}) for n in range(20)]
    lost = [
        replace(trial(n, [], "failed", error="gone", params={"residual": True}), failure="killed") for n in (20, 21)
    ]
    for count in (1, 2):  # two of two share what half of all have in one case of four
        run = run_folder(tmp_path / str(count), trials=[*results, *lost[:count]])  # type: ignore[list-item]
        assert load("failures").data(group_of(run))["common"].tolist() == [[]]


def test_what_was_too_large_is_no_failure(tmp_path: Path) -> None:
    limit = "9,123,456 parameters, more than 5,000,000"
    results = [infeasible(0, limit), infeasible(1, limit), trial(2, [], "failed", error="OOM"), trial(3, [9.0] * 3)]
    run = run_folder(tmp_path, trials=results)
    table = load("failures").data(group_of(run))
    assert table.drop(columns=["reason", "common", "log"]).to_numpy().tolist() == [
        ["failed", "raised", "OOM", 1, ["trial 2"]],
        ["infeasible", "infeasible", limit, 2, ["trial 0", "trial 1"]],
    ]
    failed, large = [rows_of(str(panel)) for panel in load("failures").show(table)[1::2]]
    assert failed == [
        ["Class", "Reason", "First line", "Trials", "Which"],
        ["raised", "OOM", "OOM", "1", "trial 2"],
    ]
    assert large == [["Reason", "Trials", "Which"], [limit, "2", "trial 0, trial 1"]]
    page = words(build_report([run], tmp_path / "report.html"))
    assert "Not trained: too large" in page and "1 complete, 1 failed, 2 infeasible" in page
