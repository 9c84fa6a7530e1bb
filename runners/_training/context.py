"""What a worker keeps from job to job: films, labels, and the compiled networks of the trial that it trains.

context = TrainingContext(setup, connection)
trainer = context.fold_trainer(job)          # built for the first job of a trial, then the same one
context.report(Epoch(1, 10.2, 0.31))         # False: the driver has stopped the trial
"""

from __future__ import annotations

import gc
from multiprocessing.connection import Connection
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from runners._training.devices import device_and_policy
from runners._training.material import TrainingMaterial
from runners._training.on_card import OnCard
from runners._training.order import steps_per_epoch
from runners._training.trainer import Trainer
from runners._workers.messages import Epoch, Job, Setup
from search_spaces import load_space
from xrays.arrays import XrayArrays
from xrays.assignment import in_folds
from xrays.tasks import task_named


class TrainingContext:
    """A class because compiled graphs and cached features are state that serves many jobs.

    labels: (N,) float32 of the run's task, NaN where a film has none; device: for the user; policy: Keras's name of
    the precision that is trained in; plain: the network that was last written from arrays, with its trial's identity.
    """

    def __init__(self, setup: Setup, connection: Connection) -> None:
        """Opens the films. connection: to the driver."""
        experiment = setup.experiment
        self.setup, self._connection = setup, connection
        self.task, self.space = task_named(experiment.task), load_space(experiment.space)
        self.arrays = XrayArrays.open(setup.arrays)
        self.labels = self.arrays.targets(self.task)
        self.material = TrainingMaterial(self.arrays, setup, connection.send)
        self.device, self.policy = device_and_policy(experiment.precision)
        self._on_card = OnCard(setup.held)
        self._built: tuple[object, ...] | None = None  # what the trainer was built for
        self._trainer: Trainer | None = None
        self.plain: tuple[str, Any] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Of what the run's networks take: a film, (S, S, 1), or a vector, (D,)."""
        return self.setup.experiment.shape

    def taken(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """What a predictor takes of the films in these rows (n,): their pixels in [0, 1], or vectors."""
        if self.space.takes == "vectors":
            return self.material.vectors[rows]
        return self.arrays.images[rows].astype(np.float32) / np.float32(255)

    def rows(self, mask: NDArray[np.bool_]) -> NDArray[np.int64]:
        """Indices of the films in the mask (N,) that have the label."""
        return np.flatnonzero(mask & np.isfinite(self.labels))

    def fold_trainer(self, job: Job) -> Trainer:
        """For any fold of the job's trial: an epoch has as many steps as that of an average fold."""
        folds = self.setup.experiment.folds
        return self._trainer_for(job, len(self.rows(in_folds(self.setup.assignment))) * (folds - 1) / folds, "fold")

    def refit_trainer(self, job: Job) -> Trainer:
        """For all development films together."""
        return self._trainer_for(job, len(self.rows(in_folds(self.setup.assignment))), "refit")

    def report(self, epoch: Epoch) -> bool:
        """Sends the epoch and waits for the verdict: whether training goes on."""
        self._connection.send(epoch)
        return bool(self._connection.recv().go)

    def _trainer_for(self, job: Job, films: float, purpose: str) -> Trainer:
        seed = self.setup.experiment.seed if job.seed is None else job.seed
        built = purpose, job.trial.identity, job.trial.number, job.trial.accumulation
        if self._trainer is None or self._built != built:
            self._trainer = self.plain = None
            _forget_graphs()
            keras.config.set_dtype_policy(self.policy)  # forgetting the graphs forgets the policy too
            recipe = self.space.recipe(job.trial.params)
            self._trainer = Trainer(
                self.space,
                recipe,
                self.task,
                self.material,
                steps=steps_per_epoch(films, recipe.fit.batch_size),
                epochs=job.trial.max_epochs,
                accumulation=job.trial.accumulation,
                seed=seed,
                trial=job.trial.number,
                on_card=self._on_card,
            )
            self._built = built
        self._trainer.take_seed(seed)
        return self._trainer


def _forget_graphs() -> None:
    keras.utils.clear_session(free_memory=False)
    gc.collect()
