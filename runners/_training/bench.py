"""What a worker does with a job: the arrays, the task, and the trainer at hand.

bench = Bench(setup, connection)
bench.do(Train(trial, fold=0))       # FoldDone; reports every epoch through the connection
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from importlib.metadata import version
from multiprocessing.connection import Connection
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from runners._training.material import FilmsOnHand
from runners._training.network import Films, Inputs, TrainingDiverged, Views
from runners._training.portable import save_portable
from runners._training.trainer import Trainer, steps_per_epoch
from runners._workers.messages import (
    Epoch,
    FoldDone,
    Job,
    Measure,
    Measured,
    Ready,
    Refit,
    Refitted,
    Reply,
    Setup,
    StageCost,
    Train,
)
from search_spaces import load_space
from search_spaces._hyperparameters import Fixed
from search_spaces._space import Space
from trials.records import FoldScore
from xrays.arrays import XrayArrays
from xrays.cores import usable_cores
from xrays.statistics.metrics import score
from xrays.tasks import Task, task_named


class Bench:
    """The arrays, the task and the trainer at hand."""

    def __init__(self, setup: Setup, connection: Connection) -> None:
        experiment = setup.experiment
        self.setup, self.connection = setup, connection
        self.task, self.space = task_named(experiment.task), load_space(experiment.space)
        self.arrays = XrayArrays.open(setup.arrays)
        self.labels = self.arrays.labels(self.task)
        self.material = FilmsOnHand(self.arrays, setup, connection.send)
        self.usable = np.isfinite(self.labels)
        self.device, accelerated = _devices()
        # bfloat16 needs no loss scaling; graphics cards before 2020 only do float16 fast.
        mixed = "mixed_float16" if accelerated else "mixed_bfloat16"
        self.policy = mixed if experiment.precision == "mixed" else "float32"
        self.held: tuple[object, ...] | None = None  # which trainer is at hand: for folds or refit, of which trial
        self.trainer: Trainer | None = None

    def ready(self) -> Ready:
        return Ready(self.device)

    def do(self, job: Job) -> Reply:
        handlers: dict[type[Job], Callable[[Any], Reply]] = {
            Measure: self._measure,
            Train: self._train,
            Refit: self._refit,
        }
        return handlers[type(job)](job)

    def _rows(self, mask: Any) -> Any:
        return np.flatnonzero(mask & self.usable)

    def _trainer(self, job: Job, films: float, key: str) -> Trainer:
        """The compiled network of this trial, built unless it is the one at hand."""
        held = key, job.trial.identity, job.trial.number, job.trial.accumulation
        if self.trainer is None or self.held != held:
            self.trainer = None
            _forget_graphs()
            keras.config.set_dtype_policy(self.policy)  # forgetting the graphs forgets the policy too
            recipe = self.space.sample(Fixed(job.trial.params))
            self.trainer = Trainer(
                self.space,
                recipe,
                self.task,
                self.material,
                steps=steps_per_epoch(films, recipe.fit.batch_size),
                epochs=job.trial.planned,
                accumulation=job.trial.accumulation,
                seed=self.setup.experiment.seed,
                trial=job.trial.number,
            )
            self.held = held
        return self.trainer

    def _fold_trainer(self, job: Job) -> Trainer:
        folds = self.setup.experiment.folds
        return self._trainer(job, len(self._rows(self.setup.assignment >= 0)) * (folds - 1) / folds, "fold")

    def _measure(self, job: Measure) -> Measured:
        """Times a step and a scoring of every stage. A stage on features is timed on zeros: computing the features
        is what this is to predict."""
        begun = time.perf_counter()
        trainer = self._fold_trainer(job)
        scored = self._rows(self.setup.assignment == 0)
        spent, costs, features = 0.0, [], 0.0
        for part in trainer.parts:
            batch = np.resize(self._rows(self.setup.assignment >= 0), trainer.recipe.fit.batch_size)
            inputs: Inputs = Films(self.arrays.images, trainer.fits)
            if part.stage.on == "features":
                if not self.material.cached(trainer.recipe):
                    features += self.material.feature_seconds(trainer.recipe)
                inputs = Views(self.material.blank(trainer.recipe))
            network, rng = trainer.network(part), np.random.default_rng(0)
            # The first step and the first prediction trace their graphs; `fit` puts the state back before it trains.
            network.epoch(inputs, self.labels, trainer.parts_of(batch, 1), rng)
            network.predict(inputs, scored[:1])
            built = time.perf_counter()
            network.epoch(inputs, self.labels, trainer.parts_of(batch, 1), rng)
            stepped = time.perf_counter()
            network.predict(inputs, scored)
            ended = time.perf_counter()
            costs.append(StageCost(part.stage.name, part.epochs, trainer.steps, stepped - built, ended - stepped))
            spent += ended - built
        return Measured(tuple(costs), time.perf_counter() - begun - spent, features)

    def _train(self, job: Train) -> FoldDone:
        begun = time.perf_counter()
        trainer = self._fold_trainer(job)
        assignment = self.setup.assignment
        rows = self._rows((assignment >= 0) & (assignment != job.fold))
        scored = self._rows(assignment == job.fold)
        truth = self.labels[scored]
        curve: list[float] = []
        predicted = np.empty(0, np.float32)
        inference = 0.0

        def watch(epoch: int, loss: float) -> bool:
            nonlocal predicted, inference
            started = time.perf_counter()
            predicted = _finite(trainer.predict(scored))
            inference = time.perf_counter() - started
            curve.append(score(self.task, truth, predicted)[self.task.objective])
            return self._report(Epoch(epoch, curve[-1], loss))

        losses = trainer.fit(self.labels, rows, fold=job.fold, watch=watch)
        predictions = np.full(len(self.labels), np.nan, np.float32)
        predictions[scored] = predicted
        return FoldDone(
            FoldScore(
                fold=job.fold,
                metrics=score(self.task, truth, predicted),
                epochs=len(curve),
                seconds=round(time.perf_counter() - begun, 3),
                curve=tuple(curve),
                losses=losses,
                complete=len(curve) == trainer.epochs,
                films=len(scored),
                parameters=self.space.footprint(trainer.recipe, self._shape).parameters,
                ms_per_film=round(1000 * inference / len(scored) + self._behind_features(trainer), 4),
                threads=self.setup.threads,
                probe=curve[trainer.probe_epochs - 1] if 0 < trainer.probe_epochs <= len(curve) else None,
            ),
            predictions,
        )

    def _refit(self, job: Refit) -> Refitted:
        begun = time.perf_counter()
        rows = self._rows(self.setup.assignment >= 0)
        held = self._rows(self.setup.assignment == -1)
        trainer = self._trainer(job, len(rows), "refit")
        plain = _in_float32(trainer, self.space, self.task, self._shape)
        save_portable(plain, job.target)  # what cannot be written is known before hours of training
        trainer.fit(
            self.labels,
            rows,
            fold=-1,
            watch=lambda epoch, loss: self._report(Epoch(epoch, float("nan"), loss)),
        )
        plain.set_weights(trainer.predictor().get_weights())
        save_portable(plain, job.target)
        predictions = np.full(len(self.labels), np.nan, np.float32)
        # Without a film to score on the file is still compared with the network.
        predicted = held if len(held) else rows[:64]
        for some in np.array_split(predicted, len(predicted) // trainer.fits + 1):
            films = self.arrays.images[some].astype(np.float32) / 255
            predictions[some] = _finite(np.asarray(plain.predict_on_batch(films))[:, 0])
        backend = keras.backend.backend()
        versions = {name: version(name) for name in ("keras", "numpy", backend)}
        return Refitted(predictions, plain.count_params(), time.perf_counter() - begun, versions)

    @property
    def _shape(self) -> tuple[int, int, int]:
        return self.arrays.size, self.arrays.size, 1

    def _behind_features(self, trainer: Trainer) -> float:
        """Milliseconds a film that the backbone takes before a head that was scored on features."""
        whole = trainer.parts[-1].stage.on == "films"
        return 0.0 if whole else self.material.ms_per_film(trainer.recipe)

    def _report(self, epoch: Epoch) -> bool:
        """Sends the epoch and waits for the verdict."""
        self.connection.send(epoch)
        return bool(self.connection.recv().go)


def _finite(predictions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Raises TrainingDiverged where they are not: the loss is that of the weights before the last step."""
    if not np.isfinite(predictions).all():
        raise TrainingDiverged("a prediction is NaN or infinite")
    return predictions


def _in_float32(trainer: Trainer, space: Space, task: Task, shape: tuple[int, int, int]) -> keras.Model:
    """An untrained predictor for the trainer's recipe, in float32 whatever is trained in: a stranger's Keras has no
    dtype policy set."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        plain = space.build(trainer.recipe, task, shape)
    finally:
        keras.config.set_dtype_policy(policy)
    # What was frozen in training is of no concern to whoever loads the file.
    plain.trainable = True
    return plain


def _devices() -> tuple[str, bool]:
    """(name for the user, whether it is an accelerator), in any backend's words."""
    names = [str(name) for name in keras.distribution.list_devices()]
    accelerators = [name for name in names if not name.lower().startswith("cpu")]
    backend = keras.backend.backend()
    if accelerators:
        return f"{len(accelerators)} × {accelerators[0].split(':')[0].upper()} ({backend})", True
    return f"CPU, {usable_cores()} cores ({backend})", False


def _forget_graphs() -> None:
    keras.utils.clear_session(free_memory=False)
    gc.collect()
