"""The leaderboard: who stands where, beside which baselines, and what each row says of its trial."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pages import group_of, rows_of
from predicted_runs import predicted_run
from run_folders import infeasible, mixed, run_folder, transfer_folder, transfer_trial, transferred, trial

from reports import load
from reports._evidence.groups import run_groups
from reports._page.tables import check_place, table_files
from trials.store import RunStore
from xrays.errors import UserError


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
    assert len(run_groups(runs)) == 1
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
    assert set(table.loc[table["kind"] == "baseline", "run_name"]) == {""}, "of no run alone"
    (panel,) = load("leaderboard").show(table)
    assert rows_of(str(panel))[0][7:13] == ["Run", "Space", "Backbone", "Weights", "State", "Parameters"]
    assert [row[8:12] for row in rows_of(str(panel))[1:]] == [
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


def shown(*runs: RunStore) -> str:
    (panel,) = load("leaderboard").show(load("leaderboard").data(group_of(*runs)))
    return str(panel)


def packed(markup: str) -> dict[str, Any]:
    (found,) = re.findall('<script type="text/json" class="packed">(.*?)</script>', markup)
    content: dict[str, Any] = json.loads(found)
    return content


def test_rows_say_which_are_baselines_the_best_tied_or_the_notebooks_network(tmp_path: Path) -> None:
    run = predicted_run(tmp_path, "age", [0.8, 0.8, 3.0], films=300)
    lines = (run.path / "trials.jsonl").read_text().replace('"label": ""', '"label": "seed"', 1)
    (run.path / "trials.jsonl").write_text(lines)
    names = {row[1] for row in rows_of(shown(run))}
    best = int(group_of(run).frame.query("kind == 'trial'").sort_values("loss")["number"].iloc[0])
    marks = {0: " seed", 1: "", 2: ""}
    expected = {
        f"trial {best} best{marks[best]}",
        f"trial {1 - best} tied{marks[1 - best]}",
        "trial 2",
        "constant baseline",
        "linear probe baseline",
    }
    assert expected < names


def test_scores_have_the_standard_error_over_folds_and_a_picture(tmp_path: Path) -> None:
    run = run_folder(tmp_path, trials=[trial(n, [9.0 + n, 9.5 + n, 10.0 + n]) for n in range(4)])
    table = load("leaderboard").data(group_of(run))
    assert table.loc[0, "mae_se"] == pytest.approx(0.5 * (1 / 3 + 1 / 2) ** 0.5)
    rows = rows_of(shown(run))
    assert rows[0][2:4] == ["MAE ± SE, years", "9.00 to 12.00"] and rows[1][2] == "9.50 ± 0.46"
    first, *_, last = re.findall("<i style=(.*?)><svg><path d='(.*?)'/></svg></i>", shown(run))
    assert first == ("--a:1;--w:31;--m:17", "M0 5h0M17 5h0M33 5h0"), "a dot for every fold"
    assert last == ("--a:100;--w:0;--m:100", "M100 5h0M100 5h0M100 5h0"), "what is out of sight stands at the edge"


def test_a_fold_without_a_score_has_no_dot(tmp_path: Path) -> None:
    trials = [trial(0, [9.0, 9.5, 10.0]), trial(1, [9.0, 9.5], "pruned"), trial(2, [], "failed")]
    trials += [trial(3, [math.nan, 9.0, 9.5])]
    markup = shown(run_folder(tmp_path, trials=trials, with_baselines=False))
    lines = re.findall("<tr.*?</tr>", markup)
    dots = {re.findall(r"trial \d", line)[0]: line.count("h0") for line in lines[1:]}
    assert dots == {"trial 0": 3, "trial 1": 1, "trial 2": 0, "trial 3": 0}, "nor one that was stopped"


def test_the_hold_out_stands_in_the_row_that_it_was_opened_for(tmp_path: Path) -> None:
    openings = [
        {"opened": "2025", "openings": n, "trial": 3, "films": 7, "metrics": {"mae": 9.0 + n}, "independent": True}
        for n in (2, 1)
    ]
    run = run_folder(tmp_path, trials=mixed("age"), holdout=openings)
    rows = {row[1]: row for row in rows_of(shown(run))}
    place = rows["Trial"].index("Hold-out")
    assert rows["trial 3 best"][place] == "11.00 opening 2"
    assert rows["trial 4"][place] == "–"
    ensemble = {**openings[0], "openings": 3, "metrics": {"mae": 7.0}, "way": "ensemble of 5"}
    run.add_opening(ensemble)
    assert {row[1]: row for row in rows_of(shown(run))}["trial 3 best"][place] == "11.00 opening 2", "is no trial's"
    assert "Hold-out" not in rows_of(shown(run_folder(tmp_path, "none", mixed("age"))))[0]


def test_parameters_stand_once_and_with_them_the_command_that_trains_a_row_again(tmp_path: Path) -> None:
    trials = [
        trial(0, [9.0] * 3, params={"depth": 3, "rate": 0.5}),
        trial(1, [9.1] * 3, params={"depth": 3, "head": "max"}),
        trial(2, [], "failed"),
    ]
    run = run_folder(tmp_path, "a run", trials, with_baselines=False)
    found = packed(shown(run))
    depth, head, rate = (found["keys"].index(key) for key in ("depth", "head", "rate"))
    assert found["values"][depth] == ["3"] and found["rows"][depth][:2] == [0, 0]
    assert found["values"][head] == ["max"] and found["rows"][head][:2] == [-1, 0]
    assert found["values"][rate] == ["0.5"] and found["rows"][rate][:2] == [0, -1]
    starts, rows = found["commands"]["starts"], found["commands"]["rows"]
    assert [f"{starts[start]} {number}" for start, number in rows[:2]] == [
        f"python cli.py rerun 'a run' --runs {tmp_path} --trial {n}" for n in (0, 1)
    ]
    assert starts[rows[2][0]] == "", "what was not trained cannot be trained again"


def test_what_has_no_effect_is_known_apart(tmp_path: Path) -> None:
    params = {"depth": 3, "augment_flip": True, "augment_mode": "none", "rate": 0.1}
    recipe = {"depth": 3, "augment": {"mode": "none"}, "fit": {"rate": 0.1}}
    trials = [replace(trial(n, [9.0 + n] * 3, params=params), recipe=recipe) for n in range(2)]
    found = packed(shown(run_folder(tmp_path, trials=trials, with_baselines=False)))
    (pattern,) = found["patterns"]
    assert [found["keys"][place] for place in pattern] == ["depth", "augment_mode", "rate"]
    assert found["effective"] == [0, 0]


def test_without_javascript_the_parameters_of_the_best_can_be_read(tmp_path: Path) -> None:
    markup = shown(run_folder(tmp_path, trials=[trial(0, [9.0] * 3, params={"depth": "<b>"})]))
    (fallback,) = re.findall("<noscript>(.*)</noscript>", markup)
    assert "depth &lt;b&gt;" in fallback and f"python cli.py rerun run --runs {tmp_path} --trial 0" in fallback


def test_a_row_of_a_long_leaderboard_is_light(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    trials = [
        trial(
            n,
            list(9 + rng.random(3)),
            params={
                **{f"rate_{k}": float(rng.random()) for k in range(10)},
                **{f"flag_{k}": True for k in range(28)},
            },
        )
        for n in range(400)
    ]
    markup = shown(run_folder(tmp_path, trials=trials))
    listed = re.sub("<noscript>.*</noscript>", "", markup)
    assert len(listed) / 400 < 700


def test_csv_and_json_lie_beside_the_page(tmp_path: Path) -> None:
    hostile = '=cmd|"x"\n,<b>'
    age = predicted_run(tmp_path, "age", [0.8, 0.9, 1.0], name="age", pruned={2: 1}, params=[{"head": hostile}] * 3)
    gender = run_folder(tmp_path, "=gender", [trial(0, [math.nan] * 3, task="gender")], task="gender")
    groups = run_groups([age, gender])
    page = tmp_path / "report.html"
    table, headlines = table_files(page, groups).values()
    rows = list(csv.DictReader(io.StringIO(table.decode(), newline="")))
    assert [row["task"] for row in rows] == ["age"] * 5 + ["gender"] * 3
    best = rows[0]
    assert float(best["mae"]) == pytest.approx(sum(float(best[f"fold_{fold}"]) for fold in range(3)) / 3)
    assert json.loads(best["params"]) == {"head": hostile} and best["accuracy"] == ""
    assert best["command"] == f"python cli.py rerun age --runs {tmp_path} --trial {best['number']}"
    assert rows[-1]["run"] == "'=gender", "a spreadsheet would run it"
    found = json.loads(headlines, parse_constant=lambda word: pytest.fail(word))
    first, second = found["groups"]
    assert first["corrected"]["trials"] == 3 and first["corrected"]["partial"] == 1
    assert first["rows"][0]["params"] == {"head": hostile} and first["rows"][0]["rank"] == 1.0
    assert second["corrected"] is None and second["rows"][-1]["accuracy"] is None


@pytest.mark.parametrize("name", ["report.csv", "report.JSON"])
def test_a_page_that_its_tables_would_overwrite_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="HTML"):
        check_place(tmp_path / name)
    assert not (tmp_path / name).exists()
