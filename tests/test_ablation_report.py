"""Augmentation on the page: paired differences that are right, words that say them, and what is only seen."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pages import group_of, rows_of
from predicted_runs import predicted_run
from rows import first_and_others
from run_folders import fold_score, mixed, run_folder, trial

from reports import load
from reports._paper.tables import tables_of
from reports.augmentation.paired import arm_rows
from reports.augmentation.unpaired import PENALTIES, left_out, operation_rows, partial_effect
from trials.ablation import Arm, ArmPart, Kind, save_arms
from trials.parts import save_part
from trials.records import FoldScore, TrialResult
from trials.store import RunStore
from xrays.assignment import of_fold
from xrays.tasks import TASKS

FOUND, OFF = ("as found", ""), ("all off", "")
Name = tuple[Kind, str]


def ablated_run(
    parent: Path,
    task: str,
    noises: Mapping[Name, float],
    *,
    repeats: int = 1,
    folds: Mapping[Name, int] | None = None,
    number: int = 0,
) -> RunStore:
    """A run with one trial and an ablation of it. noises: how wrong each arm is, in years or logits, the same films
    being hard in all of them; folds: how many an arm has, else all three."""
    store = predicted_run(parent, task, [1.0], films=300)
    films, rng = store.films(), np.random.default_rng(5)
    save_arms(store.path, number, [Arm(kind, operation, kind + operation, {}) for kind, operation in noises])
    labels, hard = films.targets(TASKS[task]), rng.normal(size=(repeats, len(films.ids)))
    for name, noise in noises.items():
        for repeat in range(repeats):
            raw = labels + noise * hard[repeat] if task == "age" else 2 * labels - 1 + noise * hard[repeat]
            predicted = raw if task == "age" else 1 / (1 + np.exp(-raw))
            for fold in range((folds or {}).get(name, 3)):
                scored = np.where(of_fold(films.assignment, fold), predicted, np.nan).astype(np.float32)
                score = fold_score(TASKS[task], fold, 1.0)
                save_part(store.path, part_of("".join(name), repeat, fold, score), scored)
    return store


def part_of(configuration: str, repeat: int, fold: int, score: FoldScore | None) -> ArmPart:
    return ArmPart(configuration=configuration, repeat=repeat, seed=repeat, fold=fold, score=score)


def table_of(store: RunStore) -> pd.DataFrame:
    return load("augmentation").data(group_of(store))


def said(store: RunStore) -> str:
    """The text of the section, without the rest of the page."""
    table = table_of(store)
    panels = load("augmentation").show(table) if len(table) else [load("augmentation").SECTION.empty]
    markup = " ".join(str(panel) for panel in panels if isinstance(panel, str))
    return " ".join(html.unescape(re.sub("<[^>]*>", " ", markup)).split())


def test_a_paper_has_what_was_measured(tmp_path: Path) -> None:
    """With the sentence that the page says of it."""
    store = ablated_run(tmp_path, "age", {FOUND: 5.0, OFF: 7.0})
    (table,) = (table for table in tables_of(group_of(store)) if table.label == "age-1-augmentation")
    assert table.caption == "Age · tiny32 · 3 folds. Augmentation of trial 0, run."
    (row,) = table.rows
    assert (table.head[3], row[0], row[4]) == ("Difference (95 % interval)", "all off", "3 of 3")
    assert row[3].startswith("+") and row[3] in said(store)
    assert table.notes[0].startswith("Switching all augmentation off raises MAE by ") and table.notes[0] in said(
        store
    )


def test_the_difference_is_that_of_the_same_films(tmp_path: Path) -> None:
    store = ablated_run(tmp_path, "age", {FOUND: 5.0, OFF: 7.0})
    (row,) = arm_rows(group_of(store))
    films = store.films()
    kept = films.development()
    errors = np.abs(np.random.default_rng(5).normal(size=(1, len(kept)))[0][kept])
    assert row["difference"] == pytest.approx(2 * errors.mean(), abs=1e-4)
    assert row["reference"] == pytest.approx(5 * errors.mean(), abs=1e-4)
    assert row["score"] == pytest.approx(7 * errors.mean(), abs=1e-4)
    assert row["low"] < row["difference"] < row["high"] and row["low"] > 0
    assert (row["worse"], row["folds"], row["films"]) == (3, 3, kept.sum())
    # Paired: what makes a film hard for both is no uncertainty of their difference.
    assert row["high"] - row["low"] < 1.0


@pytest.mark.parametrize(
    ("task", "noises", "expected"),
    [
        ("age", (5.0, 7.0), "Switching all augmentation off raises MAE by"),
        ("age", (7.0, 5.0), "Switching all augmentation off lowers MAE by"),
        ("age", (5.0, 5.0), "Switching all augmentation off makes no difference that could be shown"),
        ("gender", (0.5, 2.0), "Switching all augmentation off lowers accuracy by"),
    ],
)
def test_the_page_says_what_was_found(task: str, noises: tuple[float, float], expected: str, tmp_path: Path) -> None:
    page = said(ablated_run(tmp_path, task, dict(zip((FOUND, OFF), noises, strict=True))))
    assert expected in page
    worse = noises[1] > noises[0]
    assert ("which is worse" in page) == worse and ("which is better" in page) == (noises[1] < noises[0])
    assert ("percentage points" in page) == (task == "gender")


def test_repeats_are_pooled(tmp_path: Path) -> None:
    (row,) = arm_rows(group_of(ablated_run(tmp_path, "age", {FOUND: 5.0, OFF: 7.0}, repeats=3)))
    assert (row["folds"], row["repeats"], row["worse"]) == (9, 3, 9)
    hard = np.abs(np.random.default_rng(5).normal(size=(3, 300)))
    kept = row["films"]
    assert row["films"] < 300 and row["difference"] == pytest.approx(2 * hard.mean(), rel=0.1) and kept


def test_a_broken_ablation_compares_the_folds_that_both_have(tmp_path: Path) -> None:
    store = ablated_run(tmp_path, "age", {FOUND: 5.0, OFF: 7.0}, folds={FOUND: 2, OFF: 1})
    (row,) = arm_rows(group_of(store))
    assert (row["folds"], row["of"], row["films"]) == (1, 3, of_fold(store.films().assignment, 0).sum())
    assert np.isnan(row["low"]) and "so far, on 1 of 3 folds: too few to say." in said(store)


def test_what_is_not_trained_yet_is_not_judged(tmp_path: Path) -> None:
    noises: dict[Name, float] = {FOUND: 5.0, OFF: 7.0, ("without", "zoom"): 5.0, ("alone", "zoom"): 9.0}
    store = ablated_run(tmp_path, "age", noises, folds={("without", "zoom"): 0, ("alone", "zoom"): 1})
    words = said(store)
    assert "So far" not in words and "without zoom" not in words
    assert "can also be shown" not in words and "single operations" not in words, "one fold of three is no result"
    assert "zoom alone" in words and "so far 1 of 3 folds" in words
    assert f"2 other settings are not trained in full: python cli.py ablate run --runs {tmp_path} goes on." in words


def test_an_arm_without_a_fold_says_why(tmp_path: Path) -> None:
    store = ablated_run(tmp_path, "age", {FOUND: 5.0, OFF: 7.0}, folds={OFF: 0})
    assert "could not be compared yet" in said(store)
    diverged = replace(part_of("all off", 0, 0, None), error="TrainingDiverged: the loss is NaN", failure="NaN")
    save_part(store.path, diverged)
    assert "could not be compared: TrainingDiverged" in said(store)


def test_what_has_learned_nothing_is_no_comparison(tmp_path: Path) -> None:
    warning = "no better here than the constant predictor"
    assert warning in said(ablated_run(tmp_path, "age", {FOUND: 40.0, OFF: 50.0}))
    assert warning not in said(ablated_run(tmp_path / "b", "age", {FOUND: 5.0, OFF: 7.0}))


def lucky_run(parent: Path, luck: float, seed: int, arms: int) -> RunStore:
    """Arms that are equally good, but every training of a fold has a shift of its own, which all its films share."""
    names: list[Name] = [FOUND, OFF, *(("without", f"op{number}") for number in range(arms))]
    store, rng = predicted_run(parent, "age", [1.0], films=300), np.random.default_rng(seed)
    films = store.films()
    save_arms(store.path, 0, [Arm(kind, operation, kind + operation, {}) for kind, operation in names])
    hard = 8.0 + rng.normal(size=len(films.ids))
    for name in names:
        for fold in range(3):
            raw = films.labels["age"] + hard + 0.5 * rng.normal(size=len(hard)) + luck * rng.normal()
            scored = np.where(of_fold(films.assignment, fold), raw, np.nan).astype(np.float32)
            save_part(store.path, part_of("".join(name), 0, fold, fold_score(TASKS["age"], fold, 8.0)), scored)
    return store


@pytest.mark.parametrize("arms", first_and_others([8, 0]))
def test_the_luck_of_training_is_no_effect(arms: int, tmp_path: Path) -> None:
    found, widths = [], []
    for seed in range(15 if arms else 40):
        rows = arm_rows(group_of(lucky_run(tmp_path / str(seed), 0.7, seed, arms)))
        found += [not row["low"] <= 0 <= row["high"] for row in rows]
        widths += [row["high"] - row["low"] for row in rows]
    assert np.mean(found) < 0.1, "patients drawn again alone find an effect in a third of them"
    assert np.mean(widths) < (2.8 if arms else 6.5), "many arms know the luck better than two"


def test_the_run_is_named_where_there_are_several(tmp_path: Path) -> None:
    worse = ablated_run(tmp_path, "age", {FOUND: 5.0, OFF: 7.0})
    better = predicted_run(tmp_path, "age", [0.5], name="better", films=300)
    group = group_of(worse, better)
    panels = load("augmentation").show(load("augmentation").data(group))
    words = " ".join(str(panel) for panel in panels)
    assert f"Trial 0 of {worse.path.name}: switching all augmentation off raises MAE" in words
    assert "Trial 0 is the best of its run, but not of all runs on this page." in words


def test_all_arms_are_drawn_and_listed(tmp_path: Path) -> None:
    noises: dict[Name, float] = {FOUND: 5.0, OFF: 7.0, ("without", "zoom"): 5.0, ("alone", "zoom"): 6.0}
    store = ablated_run(tmp_path, "age", noises)
    panels = load("augmentation").show(table_of(store))
    assert any(
        "A difference can also be shown for: zoom alone." in panel for panel in panels if isinstance(panel, str)
    )
    figure = next(panel for panel in panels if not isinstance(panel, str))
    assert list(figure.layout.yaxis.ticktext) == ["all off", "without zoom", "zoom alone"]
    assert figure.data[1].x[0] == pytest.approx(table_of(store)["difference"].iloc[0])
    listed = next(panel for panel in panels if isinstance(panel, str) and "<table" in panel)
    assert [row[0] for row in rows_of(listed)] == ["Setting", "all off", "without zoom", "zoom alone"]


def test_an_older_winner_is_named(tmp_path: Path) -> None:
    store = ablated_run(tmp_path, "age", {FOUND: 5.0, OFF: 7.0}, number=4)
    assert "This is about trial 4, which is not the best one any more" in said(store)
    assert "not the best one any more" not in said(ablated_run(tmp_path / "b", "age", {FOUND: 5.0, OFF: 7.0}))


def test_without_an_ablation_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    assert "python cli.py ablate RUN" in said(run_folder(tmp_path, trials=mixed("age")))


def searched(rng: np.random.Generator, count: int, effect: float, confounding: float) -> list[TrialResult]:
    """Trials in which those with a good rate have rotation more often. effect: of rotation on the error."""
    found = []
    for number in range(count):
        rate = rng.uniform(-1, 1)
        on = bool(rng.random() < 1 / (1 + np.exp(4 * rate)))
        score = 10 + confounding * rate + effect * on + rng.normal(0, 0.3)
        params = {
            "learning_rate": 10**rate,
            "activation": str(rng.choice(["relu", "gelu"])),
            "augment_mode": "combined" if on else "none",
            "augment_rotation": True,
            "augment_rotation_strength": 0.5,
            "augment_flip": False,
        }
        augment = {"mode": "combined", "rotation": True} if on else {"mode": "none"}
        found.append(replace(trial(number, [score] * 3, params=params), recipe={"augment": augment}))
    return found


@pytest.mark.parametrize(("effect", "confounding"), [(0.0, 2.0), (-1.0, 2.0), (0.5, 0.0)])
def test_the_adjusted_difference_takes_out_what_other_parameters_explain(
    effect: float, confounding: float, tmp_path: Path
) -> None:
    rng = np.random.default_rng(2)
    rows = operation_rows(group_of(run_folder(tmp_path, trials=searched(rng, 60, effect, confounding))))
    assert [row["operation"] for row in rows] == ["any", "rotation"], "flip was never on"
    for row in rows:
        assert row["on"] + row["off"] == 60
        assert row["adjusted"] == pytest.approx(effect, abs=0.3)
        assert (row["low"] < effect < row["high"]) == (not confounding)
        assert abs(row["difference"] - effect) > 0.7 or not confounding


def test_what_differs_between_runs_is_not_laid_to_an_operation(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    stores = []
    for name, share, level in (("small", 0.9, 10.0), ("large", 0.1, 8.0)):
        trials = []
        for result in searched(rng, 30, 0.0, 0.0):
            on, score = bool(rng.random() < share), level + rng.normal(0, 0.2)
            recipe = {"augment": {"mode": "combined" if on else "none", "rotation": on}}
            folds = tuple(fold_score(TASKS["age"], fold, score) for fold in range(3))
            trials.append(replace(result, folds=folds, recipe=recipe))
        stores.append(run_folder(tmp_path, name, trials))
    row = next(row for row in operation_rows(group_of(*stores)) if row["operation"] == "rotation")
    assert row["low"] > 0.5, "the plain difference is that of the runs"
    assert abs(row["adjusted"]) < 0.3


def test_too_few_trials_say_nothing(tmp_path: Path) -> None:
    trials = searched(np.random.default_rng(2), 9, -1.0, 0.0)
    assert operation_rows(group_of(run_folder(tmp_path, trials=trials))) == []
    store = ablated_run(tmp_path / "b", "age", {FOUND: 5.0, OFF: 7.0})
    assert "Too few: 10 complete trials" in said(store)


def test_a_trial_that_diverged_decides_nothing(tmp_path: Path) -> None:
    trials = searched(np.random.default_rng(2), 40, 0.0, 0.0)
    wild = replace(trials[0], number=40, folds=tuple(fold_score(TASKS["age"], n, 1e4) for n in range(3)))
    rows = operation_rows(group_of(run_folder(tmp_path, trials=[*trials, wild])))
    assert all(abs(row["difference"]) < 1 for row in rows)


def test_trials_that_are_all_as_bad_as_the_constant_are_compared_without_a_warning(tmp_path: Path) -> None:
    rows = operation_rows(group_of(run_folder(tmp_path, trials=searched(np.random.default_rng(2), 40, 1e4, 0.0))))
    assert all(row["low"] < row["difference"] < row["high"] for row in rows)


def test_both_parts_are_on_one_page(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=searched(np.random.default_rng(2), 30, -1.0, 0.0))
    page = said(store)
    assert "Seen in the search (confounded)" in page and "any augmentation" in page


def test_numbers_are_whole_beside_what_is_seen(tmp_path: Path) -> None:
    store = ablated_run(tmp_path, "age", {FOUND: 5.0, OFF: 7.0}, number=4)
    for result in searched(np.random.default_rng(2), 30, -1.0, 0.0):
        store.append(replace(result, number=result.number + 1))
    page = said(store)
    assert "Seen in the search" in page and "any augmentation" in page
    assert "This is about trial 4," in page and ".0 films" not in page


def test_left_out_is_what_leaving_out_gives() -> None:
    rng = np.random.default_rng(1)
    others = rng.normal(size=(25, 4))
    values = others @ [1.0, -2.0, 0.5, 0.0] + rng.normal(size=25)
    columns = (others - others.mean(axis=0)) / others.std(axis=0)

    def without(n: int, penalty: float) -> float:
        kept = np.arange(25) != n
        x, y = columns[kept] - columns[kept].mean(axis=0), values[kept] - values[kept].mean()
        slopes = np.linalg.solve(x.T @ x + penalty * np.eye(4), x.T @ y)
        return float(values[n] - values[kept].mean() - (columns[n] - columns[kept].mean(axis=0)) @ slopes)

    exact = [np.array([without(n, penalty) for n in range(25)]) for penalty in PENALTIES]
    assert left_out(values, others) == pytest.approx(min(exact, key=lambda each: each @ each))
    noise: Any = rng.normal(size=(25, 20))
    assert np.std(left_out(values * 0 + rng.normal(size=25), noise)) < 1.6, "columns that say nothing cost little"


def test_a_treatment_that_follows_from_the_others_has_no_effect_of_its_own() -> None:
    x = np.linspace(0, 1, 30)
    assert np.isnan(partial_effect(x, np.ones(30), x[:, None]))


def test_the_record_is_plain_json(tmp_path: Path) -> None:
    store = ablated_run(tmp_path, "age", {FOUND: 5.0, OFF: 7.0})
    lines: Sequence[dict[str, Any]] = [
        json.loads(line) for line in (store.path / "ablation.jsonl").read_text().splitlines()
    ]
    assert [line["what"] for line in lines] == ["arms"] + ["part"] * 6
