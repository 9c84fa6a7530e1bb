"""What a page makes of repeated cross-validation: a film that is predicted R times is one film."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from pages import group_of, words
from predicted_runs import patients, predicted_run

from reports import load
from reports._evidence.groups import Group
from reports._evidence.winner import winner
from reports._page.build import build_report
from trials.choice import _peeked
from trials.films import Films
from trials.score_interval import score_interval
from trials.selection import candidates, choose
from trials.store import RunStore
from xrays.assignment import every_fold, in_folds, repeat_of
from xrays.statistics.regression import corrected
from xrays.tasks import TASKS

REPEATS = 3


@pytest.fixture(scope="module", params=list(TASKS))
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> RunStore:
    return predicted_run(tmp_path_factory.mktemp("run"), request.param, [0.8, 0.6, 1.0], films=200, repeats=REPEATS)


@pytest.fixture(scope="module")
def group(run: RunStore) -> Group:
    return group_of(run)


def films_of(group: Group) -> int:
    return int(group.films.scored(group.task)[0].sum())


def test_a_page_says_how_many_films_there_are(run: RunStore, group: Group, tmp_path: Path) -> None:
    films = films_of(group)
    page = words(build_report([run], tmp_path / "report.html"))
    known = len(np.unique(group.films.groups[in_folds(group.films.assignment)]))
    assert f"{films} films of {known} patients" in page
    assert f"mean ± standard error over 9 folds: the same {films} films, dealt 3 times." in page
    assert "· 3 × 3 folds" in page and "All films of a patient are in one split, in every repeat." in page
    # A folder of pytest's in a command has a number, too.
    assert not re.findall(rf"(?<![\w/-]){REPEATS * films}\b(?=[^{{}}]*?films)", re.sub(r"\{.*?\}", "", page))


def test_no_section_counts_more_films_than_there_are(group: Group) -> None:
    films, kind = films_of(group), group.task.kind
    for name in {"regression": ["regression_figures"], "binary": ["binary_figures", "probabilities"]}[kind]:
        assert load(name).data(group)["films"].max() == films
    bands = load({"regression": "errors_by_label", "binary": "accuracy_by_label"}[kind]).data(group)
    assert bands[(bands["series"] == "all") & (bands["label"] == "age")]["films"].sum() == films
    if group.task.kind == "binary":
        matrix = load("confusion").data(group)
        truth = group.films.targets(group.task)[in_folds(group.films.assignment)]
        assert matrix.groupby("true")["films"].sum().tolist() == pytest.approx([(truth == n).sum() for n in (0, 1)])
    else:
        table = load("agreement").data(group)
        assert (table["part"] == "film").sum() == films == table.loc[table["part"] == "count", "y"].iloc[0]
    assert load("splits").data(group)["split"].tolist() == [
        *(f"fold {fold}, repeat {fold // 3 + 1}" for fold in range(9)),
        "hold-out",
    ]


def test_the_worst_films_are_those_of_all_repeats_together(run: RunStore, group: Group) -> None:
    table, made = load("pictures").data(group), run.out_of_fold(1)
    assert made is not None
    rows = table["film"].astype(int).to_numpy()
    error = np.abs(made - group.films.targets(group.task)).mean(axis=0)
    np.testing.assert_allclose(table["error"], error[rows], rtol=1e-6)
    np.testing.assert_allclose(table["answer"], made.mean(axis=0)[rows], rtol=1e-6)
    assert error[rows[0]] == np.nanmax(error) and len(set(group.films.groups[rows])) == 12


def test_a_film_has_no_part_in_its_own_correction(tmp_path: Path) -> None:
    """In the other repeats it is in other folds: those of one repeat are corrected by each other alone."""
    group = group_of(predicted_run(tmp_path, "age", [0.8], films=200, repeats=2))
    found, table = winner(group), load("correction").data(group)
    assert found is not None
    rows = [found.repeat == repeat for repeat in (0, 1)]
    errors = [
        np.abs(corrected(found.truth[own], found.predicted[own], found.folds[own]) - found.truth[own]) for own in rows
    ]
    shown = table[(table["figure"] == "mae") & (table["model"] == "corrected")]["value"].iloc[0]
    assert shown == pytest.approx(np.concatenate(errors).mean())


def tiled(films: Films, repeats: int) -> Films:
    """The same deal again and again, with other numbers."""
    k, first = int(films.assignment.max()) + 1, films.assignment[0]
    rows = [np.where(first < 0, first, first + k * repeat) for repeat in range(repeats)]
    return Films(films.ids, films.groups, films.labels, np.array(rows, np.int8))


@pytest.mark.parametrize("task", TASKS)
def test_repeats_that_say_the_same_again_make_nothing_surer(task: str) -> None:
    """An interval that took them for more films would be shorter by the root of their number."""
    own, once = TASKS[task], patients(200, 3)
    rng, truth = np.random.default_rng(0), once.targets(own)
    made = [
        (truth + rng.normal(0, noise, 200) if task == "age" else (rng.random(200) < noise / 20) ^ (truth == 1))
        .astype(np.float32)[None] for noise in (8, 8.1, 9)
    ]  # fmt: skip
    found, intervals = [], []
    for repeats in (1, 4):
        films, predictions = tiled(once, repeats), [np.repeat(each, repeats, axis=0) for each in made]
        rows = candidates(own, films, predictions)
        assert rows is not None
        found.append(choose(rows, 0, draws=200))
        scored = films.scored(own)
        film = np.nonzero(scored)[1]
        intervals.append(
            score_interval(own, truth[film], predictions[0][scored], films.groups[film], films.assignment[scored])
        )
    assert found[0].corrected == pytest.approx(found[1].corrected, abs=1e-4)
    assert found[0].interval == pytest.approx(found[1].interval, abs=1e-4)
    np.testing.assert_allclose(found[0].behind, found[1].behind, atol=1e-4)
    np.testing.assert_array_equal(found[0].tied, found[1].tied)
    assert intervals[0] == pytest.approx(intervals[1], abs=1e-4)


def test_where_a_trial_was_stopped_only_the_first_repeat_scores_the_choice(tmp_path: Path) -> None:
    whole = group_of(predicted_run(tmp_path, "age", [0.8, 0.6], films=200, repeats=2))
    raced = group_of(
        predicted_run(tmp_path, "age", [0.8, 0.6, 1.0], name="raced", films=200, repeats=2, pruned={2: 4})
    )
    assert whole.choice is not None and (whole.choice.scored, whole.choice.folds) == (6, 6)
    assert raced.choice is not None and (raced.choice.scored, raced.choice.folds) == (3, 6)
    assert _peeked(raced.frame, raced.films.assignment).tolist() == [False] * 3 + [True] * 3
    page = words(build_report([*raced.runs], tmp_path / "report.html"))
    assert "Only the 3 of 6 folds count in which no trial was stopped midway, of the first repeat" in page


def test_folds_of_a_plan_know_their_repeat(group: Group) -> None:
    assignment = group.films.assignment
    assert [repeat_of(assignment, fold) for fold in every_fold(assignment)] == [0] * 3 + [1] * 3 + [2] * 3
