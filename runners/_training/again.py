"""Folds of a recorded trial trained again, and whether they came out as they were.

for fold, done in train_again(run, experiment, result, result.folds): difference(run.store, result, fold, done)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np
from numpy.typing import NDArray

from runners._training.handler import training
from runners._training.reopened import ReopenedRun
from runners._workers.conversation import ask
from runners._workers.local import LocalWorkers
from runners._workers.messages import FoldDone, Train
from runners._workers.protocol import Workers
from trials.experiment import Experiment
from trials.records import FoldScore, TrialResult
from trials.store import RunStore


def train_again(
    run: ReopenedRun, experiment: Experiment, result: TrialResult, folds: Sequence[FoldScore]
) -> Generator[tuple[FoldScore, FoldDone]]:
    """Each of the folds with what comes of it now, grouped by the number of threads that it was trained with: another
    number adds up otherwise. experiment: the run's, with any seed. Raises JobFailed."""
    for threads in dict.fromkeys(fold.threads for fold in folds):
        with LocalWorkers(run.setup(experiment, threads=threads), make=training) as workers:
            for fold in folds:
                if fold.threads == threads:
                    yield fold, _fold_again(workers, result, fold)


def difference(store: RunStore, result: TrialResult, fold: FoldScore, done: FoldDone) -> float | None:
    """By how much the score of an epoch differs at most from the recorded fold; None where scores and predictions are
    the same bit for bit."""
    recorded = store.out_of_fold(result.number)
    if done.score.curve == fold.curve and (not fold.complete or _equal(recorded, done.predictions)):
        return None
    return max(abs(now - then) for now, then in zip(done.score.curve, fold.curve, strict=False))


def _fold_again(workers: Workers, result: TrialResult, fold: FoldScore) -> FoldDone:
    """Stopped where it was stopped."""
    return ask(
        workers,
        Train(result, fold.fold),
        FoldDone,
        failed=f"fold {fold.fold} could not be trained",
        go=lambda epoch: epoch.epoch < fold.epochs,
    )


def _equal(recorded: NDArray[np.float32] | None, now: NDArray[np.float32]) -> bool:
    scored = np.isfinite(now)
    return recorded is not None and recorded[scored].tobytes() == now[scored].tobytes()
