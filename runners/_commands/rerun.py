"""A trial trained again on purpose: to reproduce its row of the leaderboard, or to see what the seed alone does.

    for line in rerun(RerunOptions("age-nih64-cnn-…", trial=3, runs=Path("runs"))): print(line)

Nothing of the trial changes. What repeats with other seeds come to is kept in the run folder, in repeats.jsonl, and
a seed that is there is not trained again.
"""

from __future__ import annotations

import statistics
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._backend import check_backend
from runners._inputs.reopened import arrays_of, cache_of, weights_of
from runners._inputs.weights import Weights
from runners._seeds import derive
from runners._training.handler import training
from runners._words import shown
from runners._workers.conversation import ask
from runners._workers.local import LocalWorkers
from runners._workers.messages import FoldDone, Train
from runners._workers.setup import setup_of
from trials.commands import note_command
from trials.experiment import Experiment
from trials.files import locked
from trials.noise import Repeats, noise_among, repeats_of
from trials.records import FoldScore, Repeat, TrialResult
from trials.store import RunStore, run_folders
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import Task, task_named


@dataclass(frozen=True)
class RerunOptions:
    """fold: one alone, None for all that the trial has; repeats: with so many other seeds, of which those on record
    count; 0 for the same one."""

    run: str
    trial: int
    runs: Path
    fold: int | None = None
    repeats: int = 0
    data: Path | None = None
    weights: str | None = None
    command: str = ""


class NotReproduced(RuntimeError):
    """The same seed gave another result."""


def rerun(options: RerunOptions) -> Iterator[str]:
    """Lines for the terminal, as they come. Raises UserError for a trial or fold that is not there, NotReproduced
    when the same seed gives other predictions on the CPU that the run was made on."""
    store = RunStore.open(run_folders([options.run], options.runs)[0])
    result, folds = _chosen(store, options)
    check_backend(store.experiment.backend, f"the run {store.path.name}")
    arrays = arrays_of(store, options.data)
    weights, task = weights_of(store, result, options.weights, print), task_named(store.experiment.task)
    # Part of a trial is trained to be looked at: its score is none to compare with others.
    whole = len(folds) == store.experiment.folds and all(fold.complete for fold in folds)
    with locked(store.path):
        note_command(store.path, options.command)
        seeds = [derive(store.experiment.seed, "repeat", n) for n in range(options.repeats)]
        there = _seeds_of(repeats_of(store).get(result.number)) if whole else set()
        for seed in [seed for seed in seeds if seed not in there] if seeds else [store.experiment.seed]:
            own, found = replace(store.experiment, seed=seed), list[FoldScore]()
            with closing(_trained(store, own, arrays, weights, result, folds)) as again:
                for then, done in again:
                    found.append(done.score)
                    now, before = (shown(task, each.metrics[task.objective]) for each in (done.score, then))
                    if seeds:
                        yield f"seed {seed}, fold {then.fold}: {now} (the trial: {before})"
                    else:
                        yield f"fold {then.fold}: {now}, {_compared(store, result, then, done)}"
            if seeds and whole:
                scores = replace(result, folds=tuple(found)).fold_scores(task)
                store.add_repeat(Repeat(result.number, seed, tuple(scores)))
    if repeats := repeats_of(store).get(result.number):
        yield from _in_words(task, result, repeats)


def _seeds_of(repeats: Repeats | None) -> set[int]:
    return {*repeats.scores, *repeats.diverged} if repeats else set()


def _in_words(task: Task, result: TrialResult, repeats: Repeats) -> Iterator[str]:
    noise = noise_among([repeats])
    spread = f" ± {noise.sd:.3g} from seed to seed" if noise else ""
    if repeats.scores:
        mean = shown(task, statistics.fmean(repeats.scores.values()))
        times = "1 repeat" if len(repeats.scores) == 1 else f"{len(repeats.scores)} repeats"
        yield f"{times} of trial {result.number}: mean {mean}{spread}"
    for seed, score in repeats.diverged.items():
        yield f"seed {seed} diverged ({shown(task, score)}) and is not counted"


def _chosen(store: RunStore, options: RerunOptions) -> tuple[TrialResult, list[FoldScore]]:
    results = {result.number: result for result in store.trials() if result.folds}
    result = results.get(options.trial)
    if result is None:
        known = ", ".join(map(str, sorted(results))) or "none so far"
        raise UserError(
            f"--trial {options.trial}: {store.path.name} has no such trial that was trained",
            f"one of: {known}",
            command("rerun", options.run, trial=next(iter(sorted(results)), 0), runs=options.runs),
        )
    folds = [fold for fold in result.folds if options.fold in (None, fold.fold)]
    if not folds:
        known = ", ".join(str(fold.fold) for fold in result.folds)
        raise UserError(
            f"--fold {options.fold}: trial {result.number} was not trained on it",
            f"one of: {known}",
            command("rerun", options.run, trial=result.number, runs=options.runs),
        )
    return result, folds


def _trained(
    store: RunStore,
    own: Experiment,
    arrays: XrayArrays,
    weights: Weights,
    result: TrialResult,
    folds: list[FoldScore],
) -> Generator[tuple[FoldScore, FoldDone]]:
    """The folds again, each with the threads that it was trained with: another number of them adds up otherwise."""
    assignment = store.films().assignment
    for threads in dict.fromkeys(fold.threads for fold in folds):
        setup = setup_of(arrays.path, assignment, own, weights, cache_of(store), threads)
        with LocalWorkers(setup, make=training) as workers:
            for fold in folds:
                if fold.threads == threads:
                    yield fold, _fold_again(workers, result, fold)


def _fold_again(workers: LocalWorkers, result: TrialResult, fold: FoldScore) -> FoldDone:
    """Stopped where it was stopped."""
    return ask(
        workers,
        Train(result, fold.fold),
        FoldDone,
        failed=f"fold {fold.fold} could not be trained",
        go=lambda epoch: epoch.epoch < fold.epochs,
    )


def _compared(store: RunStore, result: TrialResult, fold: FoldScore, done: FoldDone) -> str:
    """Bit for bit where both were trained on a CPU with the same number of cores."""
    recorded = store.out_of_fold(result.number)
    if done.score.curve == fold.curve and (not fold.complete or _equal(recorded, done.predictions)):
        return "the same bit for bit"
    worst = max(abs(a - b) for a, b in zip(done.score.curve, fold.curve, strict=False))
    raise NotReproduced(
        f"fold {fold.fold} of trial {result.number} came out otherwise, by up to {worst:.3g} in the score of an "
        f"epoch. It was trained on {store.provenance.device}, with {store.provenance.versions}"
    )


def _equal(recorded: NDArray[np.float32] | None, now: NDArray[np.float32]) -> bool:
    scored = np.isfinite(now)
    return recorded is not None and recorded[scored].tobytes() == now[scored].tobytes()
