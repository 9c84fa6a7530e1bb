"""The leaderboard: who stands where, beside which baselines, and what each row says of its trial."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from pages import group_of, rows_of
from run_folders import infeasible, mixed, run_folder, transfer_folder, transfer_trial, transferred, trial

from reports import load
from reports._groups import grouped


def test_leaderboard_places_baselines_and_partial_trials(tmp_path: Path) -> None:
    table = load("leaderboard").data(group_of(run_folder(tmp_path, trials=mixed("age"))))
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
    table = load("leaderboard").data(group_of(*runs))
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
    (panel,) = load("leaderboard").show(load("leaderboard").data(group_of(run_folder(tmp_path))))
    head = rows_of(str(panel))[0]
    assert "Backbone" not in head and {"Space", "Weights", "Parameters"} < set(head)


def test_states_follow_each_other_on_the_leaderboard(tmp_path: Path) -> None:
    results = [infeasible(0, "too large"), trial(1, [], "failed"), trial(2, [9.0], "pruned"), trial(3, [9.0])]
    table = load("leaderboard").data(group_of(run_folder(tmp_path, trials=results, with_baselines=False)))
    assert table["state"].tolist() == ["complete", "pruned", "failed", "infeasible"]


def test_leaderboard_of_gender_has_the_most_accurate_first(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=mixed("gender"), task="gender")
    table = load("leaderboard").data(group_of(run))
    assert table["name"].tolist()[:3] == ["linear probe", "trial 3", "constant"]
    assert table["rank"].tolist()[:2] == pytest.approx([math.nan, 1.0], nan_ok=True)


def test_equal_scores_share_a_rank_and_do_not_pass_the_baseline_they_equal(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(n, [11.0, 11.1, 11.2]) for n in (0, 1)])
    table = load("leaderboard").data(group_of(run))
    assert table["name"].tolist() == ["linear probe", "trial 0", "trial 1", "constant"]
    assert table["rank"].dropna().tolist() == [1.0, 1.0]
