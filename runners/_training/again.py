"""Folds of a recorded trial trained again, and whether they came out as they were.

for fold, done in train_again(run, result, result.folds): difference(run.store, result, fold, done)
"""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from runners._training.handler import training
from runners._training.reopened import ReopenedRun
from runners._workers.conversation import ask
from runners._workers.local import LocalWorkers
from runners._workers.messages import FoldDone, Train
from runners._workers.protocol import Workers
from trials.records import FoldScore, TrialResult
from trials.store import RunStore


def train_again(
    run: ReopenedRun,
    result: TrialResult,
    folds: Sequence[FoldScore],
    seed: int | None = None,
    *,
    network: bool = False,
) -> Generator[tuple[FoldScore, FoldDone]]:
    """Each of the folds with what comes of it now, grouped by the number of threads that it was trained with: another
    number adds up otherwise. seed: None for the run's own; network: whether what is trained comes with it. Raises
    JobFailed."""
    for threads in dict.fromkeys(fold.threads for fold in folds):
        with LocalWorkers(run.setup(threads=threads), make=training) as workers:
            for fold in folds:
                if fold.threads == threads:
                    yield fold, _fold_again(workers, Train(result, fold.fold, network, seed=seed), fold)


def difference(store: RunStore, result: TrialResult, fold: FoldScore, done: FoldDone) -> str | None:
    """In words, by how much the fold differs at most from the recorded one: in its number of epochs, else in the
    score of an epoch, else in the prediction for a film; None where all are the same bit for bit."""
    after, before = np.array(done.score.curve), np.array(fold.curve)
    if len(after) != len(before):
        return f"after {len(after)} epochs instead of {len(before)}"
    if not np.array_equal(after, before, equal_nan=True):
        scores = np.isfinite(after) | np.isfinite(before)
        return f"by up to {np.abs(after - before)[scores].max():.3g} in the score of an epoch"
    recorded, scored = store.out_of_fold(result.number), np.isfinite(done.predictions)
    if not fold.complete:
        return None
    if recorded is None:
        return "its recorded predictions are gone"
    now, then = done.predictions[scored], recorded[fold.repeat, scored]
    if now.tobytes() == then.tobytes():
        return None
    return f"by up to {float(np.abs(now - then).max()):.3g} in the prediction for a film"


def _fold_again(workers: Workers, job: Train, fold: FoldScore) -> FoldDone:
    """Stopped where it was stopped."""
    return ask(
        workers,
        job,
        FoldDone,
        failed=f"fold {fold.fold} could not be trained",
        go=lambda epoch: epoch.epoch < fold.epochs,
    )
