"""Rows of the leaderboard beside each other: the paired difference over the same films, the curves of both, and the
films that they answer most differently."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from devtools import CHROMIUM, Browser, visit_and
from pages import alone, group_of
from predicted_runs import hold_final, predicted_run
from run_folders import mixed, run_folder

from reports import load
from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports._evidence.ranking import ranking
from reports.leaderboard import pairs as of_pairs
from reports.leaderboard.pairs import Pair, with_pairs
from trials.paired import differences
from trials.selection import FILM_LOSSES, candidates
from trials.store import RunStore
from xrays.statistics.bootstrap import resamples
from xrays.tasks import TASKS

NOISES = [0.5, 0.8, 0.6, 0.9]


def compared(group: Group) -> dict[tuple[str, str], Pair]:
    table = with_pairs(group, ranking(group))
    names = table["name"]
    return {(name, names[pair.other]): pair for name, of in zip(names, table["against"], strict=True) for pair in of}


@pytest.mark.parametrize("task", TASKS)
def test_the_difference_to_the_best_is_the_one_that_ties_are_told_by(task: str, tmp_path: Path) -> None:
    run = predicted_run(tmp_path, task, NOISES, films=240, repeats=2)
    hold_final(run, {0: [0.5, 0.55], 2: [0.6, 0.65]})
    group = group_of(run)
    table = with_pairs(group, ranking(group))
    best = table.index[table["rank"] == 1][0]
    sign = 1 if group.task.direction == "min" else -1
    found = {pair.other: sign * np.array([pair.low, pair.high]) for pair in table["against"][best]}
    trials = table[(table["rank"] > 1)]
    assert len(trials) == 3
    for place, row in trials.iterrows():
        assert sorted(found[place]) == pytest.approx([row["behind_low"], row["behind_high"]], abs=1e-6), row["name"]
        (pair,) = [pair for pair in table["against"][best] if pair.other == place]
        objective = group.task.objective
        assert pair.difference == pytest.approx(row[objective] - table.loc[best, objective], abs=1e-6)


@pytest.mark.parametrize("task", TASKS)
def test_the_interval_is_that_of_patients_drawn_again(task: str, tmp_path: Path) -> None:
    """Film by film, as one would write it down, of a baseline and a trial."""
    group = group_of(run := predicted_run(tmp_path, task, NOISES, films=120))
    films, loss = group.films, FILM_LOSSES[group.task.objective]
    truth, scored = films.targets(group.task), films.scored(group.task)[0]
    trial_1, probe = run.out_of_fold(1), run.baseline_predictions()["linear probe"]
    assert trial_1 is not None
    losses = [loss(truth, given[0])[scored] for given in (trial_1, probe)]
    if task == "age":
        losses = [np.minimum(each, group.task.label.most - group.task.label.least) for each in losses]
    folds, groups = films.assignment[0][scored], films.groups[scored]
    order = np.argsort(folds, kind="stable")
    drawn = []
    for weights in resamples(groups[order]):
        of_folds = [
            np.average((losses[1] - losses[0])[order][folds[order] == fold], weights=weights[folds[order] == fold])
            for fold in np.unique(folds)
        ]
        drawn.append(np.mean(of_folds))
    sign = 1 if group.task.direction == "min" else -1
    ends = sorted(sign * end for end in np.quantile(drawn, [0.025, 0.975]))
    pair = compared(group)["trial 1", "linear probe"]
    assert [pair.low, pair.high] == pytest.approx(ends, abs=1e-5)


def test_every_two_differ_by_what_both_ways_say(tmp_path: Path) -> None:
    group = group_of(run := predicted_run(tmp_path, "age", NOISES, films=120))
    given = [predictions for n in range(4) if (predictions := run.out_of_fold(n)) is not None]
    rows = candidates(group.task, group.films, given)
    assert rows is not None
    found = differences(rows, [1, 2, 1])
    assert found.shape == (3, 3, 3) and not found[range(3), range(3)].any()
    for one, other in combinations(range(3), 2):
        value, low, high = found[one, other]
        assert low <= value <= high and found[other, one].tolist() == [-value, -high, -low]
    assert found[0, 1, 0] + found[1, 2, 0] == pytest.approx(found[0, 2, 0])
    assert np.isnan(differences(replace(rows, losses=rows.losses[[0, 0]]), [1, 1])[0, 1, 1:]).all(), "answer alike"


def test_films_are_those_that_are_answered_most_differently(tmp_path: Path) -> None:
    group = group_of(run := predicted_run(tmp_path, "age", NOISES[:2], films=120))
    (pair,) = [pair for names, pair in compared(group).items() if set(names) == {"trial 0", "trial 1"}]
    one, other = (given[0] for n in (0, 1) if (given := run.out_of_fold(n)) is not None)
    apart = np.abs(one - other)
    shown = [film.film for film in pair.films]
    assert len(shown) == of_pairs.FILMS and shown[0] == np.nanargmax(apart)
    assert [film.answer for film in pair.films] == pytest.approx(one[shown].tolist())
    assert sorted(apart[shown])[::-1] == apart[shown].tolist()
    patients = group.films.groups[shown]
    assert len(set(patients)) == len(patients), "one a patient"
    others = np.setdiff1d(np.flatnonzero(np.isfinite(apart) & ~np.isin(group.films.groups, patients)), shown)
    assert apart[others].max() <= apart[shown].min()


def test_only_what_was_trained_in_full_is_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = predicted_run(tmp_path, "age", [*NOISES, 0.7], films=120, pruned={4: 1})
    assert len(compared(group_of(run))) == 6 * 5 // 2, "four trials and two baselines"
    monkeypatch.setattr(of_pairs, "BEST", 2)
    assert len(compared(group_of(run))) == 4 * 3 // 2
    (run.path / "oof" / "00000.npy").unlink()
    names = {name for pair in compared(group_of(RunStore.open(run.path))) for name in pair}
    assert "trial 0" not in names and {"constant", "linear probe"} < names


def test_without_predictions_there_are_curves_alone(tmp_path: Path) -> None:
    group = group_of(run_folder(tmp_path, trials=mixed("age"), with_baselines=False))
    table = with_pairs(group, ranking(group))
    assert not table["against"].map(bool).any()
    curves = {name: np.shape(curve) for name, curve in zip(table["name"], table["curve"], strict=True)}
    assert curves["trial 3"][0] == 3 and curves["trial 2"] == (0,), "a failed one has none"


def packed(group: Group) -> dict[str, Any]:
    (panel,) = load("leaderboard").show(load("leaderboard").data(group))
    (found,) = re.findall('<script type="text/json" class="pairs">(.*?)</script>', str(panel))
    content: dict[str, Any] = json.loads(found)
    return content


def test_films_of_single_patients_are_not_in_a_page_without_images(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    group = group_of(predicted_run(tmp_path, "age", NOISES, films=120))
    monkeypatch.setattr(
        of_pairs, "pixels_of", lambda store, rows, side: ({row: np.zeros((4, 4), np.uint8) for row in rows}, None)
    )
    assert sum(bool(picture) for _, _, picture in packed(group)["films"]) == of_pairs.PICTURES
    assert not any(picture for _, _, picture in packed(replace(group, images=False))["films"])


@pytest.mark.slow
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed (apt-get install chromium)")
@pytest.mark.parametrize("task", ["gender", pytest.param("age", marks=pytest.mark.long)])
def test_the_page_shows_what_was_computed(task: str, browser: Browser, tmp_path: Path) -> None:
    params = [{"depth": 3, "head": head} for head in ("max", "average", "max", "<b>")]
    run = predicted_run(tmp_path, task, NOISES, films=120, params=params, pruned={3: 1})
    group = group_of(run)
    page = alone(group, tmp_path / "page.html")
    names = [name for name in ranking(group)["name"] if name != "trial 3"][:2]
    pair, metric = compared(group)[names[0], names[1]], objective_of(group.task)
    seen = visit_and(page, browser, TICKED % json.dumps([names[::-1], [names[0], "trial 3"]]))
    assert seen["before"] == "Tick two rows to compare them." and seen["ticked"] == [
        f"Comparison of {' and '.join(names)}"
    ]
    difference = metric.signed_within(pair.difference, pair.low, pair.high)
    assert seen["strong"] == f"{difference} {metric.difference_unit}"
    assert ("might be the other way round" in seen["told"]) == (pair.low <= 0 <= pair.high)
    assert [line[0] for line in seen["films"]] == [f"film {film.name}" for film in pair.films]
    heads = {str(n): head["head"] for n, head in enumerate(params)}
    differ = [line for line in seen["lines"] if line[0] == "head"]
    own = [heads.get(name.removeprefix("trial "), "–") for name in names]
    assert differ == ([["head", *own]] if own[0] != own[1] else [])
    assert not any(line[0] == "depth" for line in seen["lines"]) or "linear probe" in names
    assert seen["plots"] == 1 and seen["focus"], "the link leads there"
    assert "trained in full" in seen["other"] and seen["third"] == 2, "a third one takes the place of the first"


TICKED = """
const board = document.querySelector('.board'), panel = board.querySelector('.pair'), wanted = %s;
const box = (name) => [...board.querySelectorAll('tbody tr')]
  .find((row) => row.querySelector('th').firstChild.data.trim() === name).querySelector('.pick');
const cells = (table) => [...table.querySelectorAll('tbody tr')]
  .map((line) => [...line.cells].map((cell) => cell.textContent));
const status = board.querySelector('.ticked'), seen = { before: status.textContent };
wanted[0].forEach((name) => box(name).click());
seen.ticked = [...status.querySelectorAll('a')].map((link) => link.textContent);
status.querySelector('a').click();
seen.focus = document.activeElement === panel;
seen.strong = panel.querySelector('strong').textContent;
seen.told = panel.querySelector('p').textContent;
const [differ, films] = panel.querySelectorAll('table');
seen.lines = cells(differ);
seen.films = cells(films);
await new Promise((done) => setTimeout(done, 100));
seen.plots = panel.querySelectorAll('.js-plotly-plot').length;
wanted[0].forEach((name) => box(name).click());
wanted[1].forEach((name) => box(name).click());
seen.other = panel.querySelector('p').textContent;
box(wanted[0][0]).click();
seen.third = board.querySelectorAll('.pick:checked').length;
return seen;
"""
