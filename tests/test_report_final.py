"""What a page makes of a final: the winner is who has won it, and all that is said of it is of all its seeds."""

from __future__ import annotations

import csv
import io
import statistics
from pathlib import Path

import numpy as np
import pytest
from pages import group_of, words
from predicted_runs import hold_final, predicted_run

from reports import load
from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports._evidence.ranking import ranking
from reports._evidence.winner import winner
from reports._page.build import build_report
from runners._commands.runs import lines, listed
from trials.final import leading, standings, under_way
from trials.score_interval import score_interval
from trials.store import RunStore
from xrays.tasks import TASKS

# Trial 1 is the best by its own seed, and worse than trial 0 with others.
OWN, FURTHER = [0.8, 0.6, 1.0, 0.9], {1: [1.3, 1.4], 0: [0.75, 0.8], 3: [1.2, 1.3]}


@pytest.fixture(scope="module", params=list(TASKS))
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    store = predicted_run(tmp_path_factory.mktemp("run"), request.param, OWN, films=200, repeats=2)
    assert standings([store])[0].result.number == 1
    hold_final(store, FURTHER)
    return store


@pytest.fixture(scope="module")
def group(run: RunStore) -> Group:
    return group_of(run)


def test_the_winner_of_the_final_leads_everywhere(run: RunStore, group: Group) -> None:
    best, table, found = leading(run), ranking(group), winner(group)
    assert best is not None and best.result.number == 0 and len(best.seeds) == 3
    trials = table[table["kind"] == "trial"]
    assert trials["number"].tolist() == [one.result.number for one in standings([run])]
    assert trials["rank"].tolist() == [1, 2, 3, 4], "trial 2 comes after finalists that are worse with other seeds"
    assert trials.iloc[0][group.task.objective] == pytest.approx(best.score)
    assert np.mean([*trials.iloc[0]["by_fold"].values()]) == pytest.approx(best.score)
    assert found is not None and found.name == "trial 0"
    folds = load("folds").data(group)
    first = folds[(folds["part"] == "best") & (folds["kind"] == "trial")]
    assert first["name"].iloc[0] == "trial 0" and first["mean"].iloc[0] == pytest.approx(best.score)


def test_figures_are_of_the_predictions_of_all_seeds(run: RunStore, group: Group) -> None:
    found, best = winner(group), leading(run)
    assert found is not None and best is not None
    films = group.films.scored(group.task)
    assert len(found.predicted) == 3 * films.sum() and found.repeat.max() == 3 * len(films) - 1
    assert found.whose.films == films[0].sum(), "a film is one film"
    figures = load({"regression": "regression_figures", "binary": "binary_figures"}[group.task.kind]).data(group)
    own = figures[(figures["model"] == "trial 0") & (figures["figure"] == group.task.objective)]["value"].iloc[0]
    assert own == pytest.approx(best.score, rel=0.01), "the mean over films and over folds differ a little"
    low, high = score_interval(group.task, found.truth, found.predicted, found.groups, found.folds)
    assert low < best.score < high


def test_the_correction_counts_the_final(run: RunStore, group: Group, tmp_path: Path) -> None:
    choice, best = group.choice, leading(run)
    assert choice is not None and best is not None and ("run", 0) not in choice.tied and choice.among == 4
    assert not group.task.better(choice.corrected, best.score)
    before = predicted_run(tmp_path, group.task.name, OWN, films=200, repeats=2)
    one_seed = group_of(before).choice
    assert one_seed is not None and group.task.better(one_seed.corrected, choice.corrected)


def test_the_section_says_what_the_seed_has_done(run: RunStore, group: Group, tmp_path: Path) -> None:
    table = load("finalists").data(group)
    assert table["name"].tolist()[0] == "trial 0" and set(table["name"]) == {"trial 0", "trial 1", "trial 3"}
    assert table["after"].tolist() == [1, 2, 3] and dict(zip(table["name"], table["before"], strict=True)) == {
        "trial 0": 2, "trial 1": 1, "trial 3": 3,
    }  # fmt: skip
    for row in table.to_dict("records"):
        assert row["mean"] == pytest.approx(statistics.fmean([row["own"], *row["further"]]))
    page = words(build_report([run], tmp_path / "report.html"))
    assert "trial 1 was the best by one seed; over all of them it is trial 0." in page
    assert "each the mean of 3 seeds: its own, and 2 that had no part in bringing it here" in page
    assert "the best of 4 trials, mean of 3 seeds" in page and "Mean ± SD of seeds" in page
    assert "Each seed" in page and "Noise of the seed" in page
    rows = list(csv.DictReader(io.StringIO((tmp_path / "report.csv").read_text())))
    best = leading(run)
    assert best is not None
    own = next(row for row in rows if row["name"] == "trial 0")
    assert [float(own[f"seed_{place}"]) for place in (1, 2, 3)] == pytest.approx([*best.by_seed.values()])
    assert next(row for row in rows if row["name"] == "trial 2")["seed_1"] == ""


def test_a_final_with_one_further_seed_says_so(tmp_path: Path) -> None:
    """There was no time for two."""
    store = predicted_run(tmp_path, "age", OWN, films=120)
    hold_final(store, {1: [1.3], 0: [0.75]})
    page = words(build_report([store], tmp_path / "report.html"))
    assert "trial 1 was the best by one seed; over all of them it is trial 0." in page
    assert "each the mean of 2 seeds: its own, and 1 that had no part in bringing it here" in page


def test_a_tied_finalist_is_named_with_the_score_of_the_leaderboard(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", [0.8, 0.78, 3.0], films=120)
    hold_final(store, {number: [0.8 + 0.01 * number] * 2 for number in (0, 1)})
    first, second = standings([store])[:2]
    file = store.path / "trials.jsonl"
    lines = file.read_text().splitlines()
    lines[second.result.number] = lines[second.result.number].replace("12345", "99")
    file.write_text("\n".join(lines) + "\n")
    mean = objective_of(TASKS["age"]).value(second.score)
    assert second.score != second.own and first.score != second.score
    page = words(build_report([store], tmp_path / "report.html"))
    assert f"The smallest of them is trial {second.result.number}: 99 parameters, MAE {mean} years" in page


def test_a_final_that_is_not_over_says_how_far_it_is(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", OWN, folds=4, films=160)
    hold_final(store, {1: [0.8, 0.8], 0: [0.8, 0.8]})
    file = store.path / "seeds.jsonl"
    file.write_text("".join(f"{line}\n" for line in file.read_text().splitlines()[:-3]))
    assert under_way(store) == (13, 16)
    assert "(trial 1); final: 13 of 16 folds" in next(iter(lines(listed(tmp_path))))
    table, page = load("finalists").data(group_of(store)), words(build_report([store], tmp_path / "report.html"))
    assert table["name"].tolist() == ["trial 1", "trial 0"] and table["mean"].isna().all()
    assert table["why"].tolist() == ["8 of 8 folds are trained", "5 of 8 folds are trained"]
    assert "Nothing is decided: these are not trained to the end" in page and "5 of 8 folds are trained" in page
    assert ranking(group_of(store))["number"].tolist()[0] == 1 and "Each seed" not in page


def test_a_finalist_without_a_mean_says_why(tmp_path: Path) -> None:
    store = predicted_run(tmp_path, "age", OWN, films=120)
    hold_final(store, {1: [0.8, 0.8], 0: [0.8, 0.8]})
    file = store.path / "seeds.jsonl"
    lines = file.read_text().splitlines()
    lost = next(n for n, line in enumerate(lines) if '"trial": 1' in line and '"seed": 12' in line)
    failed = '{"what": "part", "part": {"trial": 1, "seed": 12, "fold": 0, "score": null, "error": "it is NaN"}}'
    file.write_text("\n".join([*lines[:lost], failed, *lines[lost + 1 :]]) + "\n")
    table = load("finalists").data(group_of(store))
    assert table["name"].tolist() == ["trial 0", "trial 1"] and table["why"].tolist() == ["", "it is NaN"]
    assert np.isnan(table["mean"].iloc[1]) and "it is NaN" in words(build_report([store], tmp_path / "report.html"))


def test_a_trial_that_another_run_has_too_keeps_its_seeds(tmp_path: Path) -> None:
    plain = predicted_run(tmp_path, "age", OWN, name="a", films=120)
    store = predicted_run(tmp_path, "age", OWN, name="b", films=120)
    hold_final(store, {1: [0.7, 0.7], 0: [0.8, 0.8]})
    group = group_of(plain, store)
    first = ranking(group).iloc[0]
    assert (first["run"], first["number"]) == ("b", 1) and len(first["seeds"]) == 3
    assert group.choice is not None and group.choice.among == 4
