"""Run folders whose scores follow from their predictions, for whatever reads predictions.

run = predicted_run(tmp_path, "gender", [0.5, 0.9], pruned={1: 2})      # noise a trial; trial 1 has two whole folds
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import run_folders
from numpy.typing import NDArray

from trials.films import Films
from trials.parts import save_part
from trials.records import Baseline, FoldScore
from trials.seeds import Final, SeedPart, save_final
from trials.store import RunStore
from xrays.assignment import of_fold, repeat_of
from xrays.labels import LABELS, Label
from xrays.statistics.metrics import score
from xrays.tasks import TASKS, Task


def patients(films: int, folds: int, seed: int = 0, repeats: int = 1) -> Films:
    """Films of patients with one to three each; an eighth is held out."""
    rng = np.random.default_rng([seed, films])
    groups = np.sort(rng.integers(0, films // 2, films))
    first = groups * 7 % 64 % (folds + 1) - 1
    deals = [np.random.default_rng(repeat).integers(0, folds, films)[groups] for repeat in range(1, repeats)]
    rows = [first, *(np.where(first < 0, first, deal + folds * row) for row, deal in enumerate(deals, 1))]
    return Films(
        ids=np.arange(films, dtype=np.int64),
        groups=np.array([f"patient {group}" for group in groups]),
        labels={name: _values(label, films, rng) for name, label in LABELS.items()},
        assignment=np.array(rows, np.int8),
    )


def _values(label: Label, films: int, rng: np.random.Generator) -> NDArray[np.float32]:
    """(films,) classes, or whole numbers from a little below the first edge of its bands to above the last one."""
    if label.kind == "binary":
        return rng.integers(0, 2, films).astype(np.float32)
    return rng.integers(int(label.edges[0]) - 2, int(label.edges[-1]) + 10, films).astype(np.float32)


def predicted_run(
    parent: Path,
    task: str,
    noises: Sequence[float],
    *,
    name: str = "run",
    films: int = 120,
    folds: int = run_folders.FOLDS,
    repeats: int = 1,
    pruned: Mapping[int, int] | None = None,
    params: Sequence[Mapping[str, Any]] | None = None,
    seed: int = 0,
    provenance: Mapping[str, Any] | None = None,
    **identity: Any,
) -> RunStore:
    """noises: standard deviation of a trial's error, in half the label's spread or in logits; inf for a trial that
    knows nothing.
    repeats: of the cross-validation, in each of which a trial errs anew. pruned: trial -> folds that it finished,
    after which it was stopped in the next one. params: of each trial."""
    own, rng = TASKS[task], np.random.default_rng(seed)
    given = params or [
        {"depth": number % 3 + 2, "learning_rate": 10.0 ** -(2 + number % 3)} for number in range(len(noises))
    ]
    plan, every = patients(films, folds, repeats=repeats), folds * repeats
    store = RunStore.create(
        parent / name,
        run_folders.experiment(task, folds=folds, repeats=repeats, **identity),
        plan,
        run_folders.provenance_of(**{"domains": run_folders.domains_of(given), **(provenance or {})}),
    )
    labels = plan.targets(own)
    constant = np.median(labels) if own.kind == "regression" else np.mean(labels)
    nothing = np.full((repeats, films), constant, np.float32)
    guesses = {"constant": nothing, "linear probe": _guesses(own, labels, 1.5, rng, repeats)}
    store.save_baselines(
        [
            Baseline(label, tuple(_fold(task, plan, fold, guess, complete=True) for fold in range(every)))
            for label, guess in guesses.items()
        ],
        {label: np.where(plan.assignment >= 0, guess, np.nan).astype(np.float32) for label, guess in guesses.items()},
    )
    for number, noise in enumerate(noises):
        guess = _guesses(own, labels, noise, rng, repeats)
        whole = (pruned or {}).get(number, every)
        store.unfinished.save(run_folders.asked(number, given[number]))
        for fold in range(min(whole + 1, every)):
            score_ = _fold(task, plan, fold, guess, complete=fold < whole)
            scored = np.where(of_fold(plan.assignment, fold), guess[fold // folds], np.nan).astype(np.float32)
            store.unfinished.save_fold(number, score_, scored)
        empty = run_folders.trial(number, [], "pruned" if whole < every else "complete", task, params=given[number])
        found = tuple(score_ for score_, _ in store.unfinished.folds(number))
        store.append(replace(empty, folds=found, seconds=10.0 * len(found)))
    return store


def hold_final(store: RunStore, noises: Mapping[int, Sequence[float]]) -> None:
    """These trials were in a final. noises: trial -> that of each of its further seeds, equally many."""
    own, films, rng = TASKS[store.experiment.task], store.films(), np.random.default_rng(1)
    seeds = tuple(range(11, 11 + len(next(iter(noises.values())))))
    save_final(store.path, Final(tuple(noises), seeds))
    for number, of_trial in noises.items():
        for seed, noise in zip(seeds, of_trial, strict=True):
            guess = _guesses(own, films.targets(own), noise, rng, len(films.assignment))
            for fold in store.experiment.every_fold:
                score_ = _fold(own.name, films, fold, guess, complete=True)
                scored = of_fold(films.assignment, fold)
                made = np.where(scored, guess[score_.repeat], np.nan).astype(np.float32)
                save_part(store.path, SeedPart(trial=number, seed=seed, fold=fold, score=score_), made)


def _guesses(
    task: Task, labels: NDArray[np.float32], noise: float, rng: np.random.Generator, repeats: int
) -> NDArray[np.float32]:
    return np.stack([_guess(task, labels, noise, rng) for _ in range(repeats)])


def _guess(task: Task, labels: NDArray[np.float32], noise: float, rng: np.random.Generator) -> NDArray[np.float32]:
    error = rng.normal(size=len(labels))
    if task.kind == "regression":
        half = 10 * task.scale / 19
        known = (
            np.full(len(labels), task.center) + 1.8 * half * error
            if np.isinf(noise)
            else labels + half * noise * error
        )
        return known.astype(np.float32)
    logit = error if np.isinf(noise) else 2 * (labels - 0.5) + noise * error
    return (1 / (1 + np.exp(-2 * logit))).astype(np.float32)


def _fold(task: str, plan: Films, fold: int, guess: NDArray[np.float32], *, complete: bool) -> FoldScore:
    own, scored, repeat = TASKS[task], of_fold(plan.assignment, fold), repeat_of(plan.assignment, fold)
    metrics = score(own, plan.targets(own)[scored], guess[repeat, scored])
    like = run_folders.fold_score(own, fold, metrics[own.objective], complete=complete, parameters=12345)
    return replace(like, metrics=metrics, films=int(scored.sum()), ms_per_film=1.5, repeat=repeat)
