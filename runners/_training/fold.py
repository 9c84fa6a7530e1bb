"""One fold of a trial: trained on the other folds, scored on this one after every epoch.

train_fold(context, Train(trial, fold=0))        # FoldDone; every epoch is reported to the driver
"""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from runners._training.context import TrainingContext
from runners._training.network import finite
from runners._training.trainer import Trainer
from runners._workers.messages import Epoch, FoldDone, Train
from trials.records import FoldScore
from xrays.assignment import beside_fold, of_fold, repeat_of
from xrays.statistics.metrics import score


def train_fold(context: TrainingContext, job: Train) -> FoldDone:
    """To the trial's last epoch, or to where the driver says stop. Raises TrainingDiverged."""
    begun = time.perf_counter()
    trainer, task, assignment = context.fold_trainer(job), context.task, context.setup.assignment
    compiled = trainer.compiling
    rows = context.rows(beside_fold(assignment, job.fold))
    scored = context.rows(of_fold(assignment, job.fold))
    truth = context.labels[scored]
    curve: list[float] = []
    predicted = np.empty(0, np.float32)
    inference = 0.0

    def watch(epoch: int, loss: float) -> bool:
        nonlocal predicted, inference
        started = time.perf_counter()
        predicted = finite(trainer.predict(scored))
        inference = time.perf_counter() - started
        curve.append(score(task, truth, predicted)[task.objective])
        return context.report(Epoch(epoch, curve[-1], loss))

    losses = trainer.fit(context.labels, rows, fold=job.fold, watch=watch)
    return FoldDone(
        FoldScore(
            fold=job.fold,
            metrics=score(task, truth, predicted),
            epochs=len(curve),
            seconds=round(time.perf_counter() - begun, 3),
            curve=tuple(curve),
            losses=losses,
            complete=len(curve) == trainer.epochs,
            films=len(scored),
            parameters=context.space.footprint(trainer.recipe, context.shape).parameters,
            ms_per_film=_ms_per_film(context, trainer, 1000 * inference / len(scored)),
            threads=context.setup.threads,
            repeat=repeat_of(assignment, job.fold),
            probe=curve[trainer.probe_epochs - 1] if 0 < trainer.probe_epochs <= len(curve) else None,
        ),
        _placed(predicted, scored, len(context.labels)),
        trainer.trained() if job.network and len(curve) == trainer.epochs else (),
        round(trainer.compiling - compiled, 3),
    )


def _placed(predicted: NDArray[np.float32], rows: NDArray[np.int64], films: int) -> NDArray[np.float32]:
    """(films,) with the predictions in their rows, NaN elsewhere."""
    placed = np.full(films, np.nan, np.float32)
    placed[rows] = predicted
    return placed


def _ms_per_film(context: TrainingContext, trainer: Trainer, scoring: float) -> float | None:
    """Of the whole predictor: with the backbone before a head that was scored on features, without the other model
    that has made vectors; unknown where films were halved to the end. scoring: milliseconds a film."""
    if not trainer.films_are_whole:
        return None
    on_features = trainer.parts[-1].stage.on == "features"
    return round(scoring + (context.material.ms_per_film(trainer.recipe) if on_features else 0.0), 4)
