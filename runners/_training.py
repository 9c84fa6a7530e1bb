"""One trainer a trial: the graph is compiled once and put back to its start before every fold.

    trainer = Trainer(space, recipe, task, size=64, steps=16, epochs=30, seed=0, trial=3)
    losses = trainer.fit(images, labels, train_rows, fold=2, watch=on_epoch)
    trainer.predict(images, rows)

Nothing that differs between folds is a constant of the graph. Initial weights come from (seed, trial), every other
random stream from (seed, trial, fold), so a fold trained alone equals the same fold trained after others.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from runners._seeds import derive
from search_spaces._augment_layers import augment
from search_spaces._space import Space
from xrays.tasks import Task

WARM_UP = 0.05  # share of all steps in which the learning rate rises to its value
PREDICT_BATCH = 64

# After each epoch (1-based) with its training loss; False ends the training.
Watch = Callable[[int, float], bool]


class TrainingDiverged(ArithmeticError):
    """The loss is no finite number any more."""


class Trainer:
    """A compiled network and its initial state. A class because a compiled graph is state that cannot be copied."""

    def __init__(
        self, space: Space, recipe: Any, task: Task, *, size: int, steps: int, epochs: int, seed: int, trial: int
    ) -> None:
        keras.utils.set_random_seed(derive(seed, "weights", trial))
        self.recipe, self.steps, self.epochs = recipe, steps, epochs
        self._seed, self._trial = seed, trial
        self.predictor = space.build(recipe, task, (size, size, 1))
        films = keras.Input((size, size, 1), dtype="uint8", name="film_uint8")
        x = keras.layers.Rescaling(1 / 255)(films)
        x = augment(x, recipe.augment, seed=derive(seed, "augment", trial))
        self.model = keras.Model(films, self.predictor(x))
        self.model.compile(_optimizer(recipe.fit, steps * epochs), _loss(task))
        self.model.optimizer.build(self.model.trainable_variables)
        self._start = [(variable, ops.convert_to_numpy(variable)) for variable in self._variables()]

    def _variables(self) -> list[Any]:
        # `model.variables` holds the states of the seed generators, `model.weights` does not.
        return [*self.model.variables, *self.model.optimizer.variables]

    def fit(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.float32],
        rows: NDArray[np.int64],
        *,
        fold: int,
        watch: Watch,
    ) -> tuple[float, ...]:
        """Trains from the initial state on images[rows] and labels[rows]; returns the loss of each epoch.

        Raises TrainingDiverged.
        """
        for number, (variable, value) in enumerate(self._start):
            if variable.name == "seed_generator_state":
                value = np.random.default_rng(derive(self._seed, "layer", self._trial, fold, number)).integers(
                    2**31, size=value.shape, dtype=value.dtype
                )
            variable.assign(value)
        order = _Order(rows, self.steps * self.recipe.fit.batch_size, derive(self._seed, "order", self._trial, fold))
        losses: list[float] = []
        for epoch in range(self.epochs):
            losses.append(self._epoch(images, labels, order.epoch(epoch)))
            if not watch(epoch + 1, losses[-1]):
                break
        return tuple(losses)

    def _epoch(self, images: NDArray[np.uint8], labels: NDArray[np.float32], order: NDArray[np.int64]) -> float:
        """Steps of full batches. Not `model.fit`: it builds a new input pipeline a call, which costs more than a
        short fold, and on the small batches of films its threads only compete with the training's."""
        self.model.reset_metrics()
        loss = float("nan")
        for step, chosen in enumerate(np.split(order, self.steps)):
            logs = self.model.train_on_batch(images[chosen], labels[chosen, None], return_dict=True)
            loss = float(logs["loss"])  # the mean of the epoch so far
            if not math.isfinite(loss):
                raise TrainingDiverged(f"the training loss is {loss} at step {step + 1} of an epoch")
        return loss

    def predict(self, images: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n,) predictions of images[rows], in the label's unit."""
        found = []
        for start in range(0, len(rows), PREDICT_BATCH):
            chosen = rows[start : start + PREDICT_BATCH]
            # Folds differ by a few films, and a batch of another size would be traced anew: the last one is filled
            # up and the rest thrown away.
            full = np.pad(chosen, (0, PREDICT_BATCH - len(chosen)), mode="edge")
            found.append(np.asarray(self.model.predict_on_batch(images[full]))[: len(chosen), 0])
        return np.concatenate(found).astype(np.float32)


def steps_per_epoch(films: float, batch_size: int) -> int:
    """The same in all folds, since a schedule's length is a constant of the graph. films: of an average fold."""
    return max(1, round(films / batch_size))


@dataclass(frozen=True)
class _Order:
    """Which rows an epoch trains on: a window of shuffled passes laid end to end, so that every epoch has the same
    number of full batches and no film is left out for good."""

    rows: NDArray[np.int64]
    films: int  # in an epoch
    seed: int

    def epoch(self, number: int) -> NDArray[np.int64]:
        count, start = len(self.rows), number * self.films
        passes = range(start // count, (start + self.films - 1) // count + 1)
        laid = np.concatenate([np.random.default_rng((self.seed, n)).permutation(self.rows) for n in passes])
        offset = start - passes[0] * count
        return laid[offset : offset + self.films]


def _optimizer(fit: Any, steps: int) -> Any:
    warm_up = max(1, round(WARM_UP * steps))
    rate = keras.optimizers.schedules.CosineDecay(
        fit.learning_rate / 10, max(1, steps - warm_up), warmup_target=fit.learning_rate, warmup_steps=warm_up
    )
    optimizer = {
        "adam": lambda: keras.optimizers.AdamW(rate, weight_decay=fit.weight_decay),
        "sgd": lambda: keras.optimizers.SGD(rate, momentum=0.9, nesterov=True, weight_decay=fit.weight_decay),
    }[fit.optimizer]()
    # Decay is meant for kernels: pulling a scale or an offset to zero only weakens the layer.
    optimizer.exclude_from_weight_decay(var_names=["bias", "gamma", "beta"])
    return optimizer


def _loss(task: Task) -> Any:
    if task.kind == "binary":
        return keras.losses.BinaryCrossentropy()

    def standardised_l1(truth: Any, predicted: Any) -> Any:
        return ops.mean(ops.abs(truth - predicted), axis=-1) / task.scale

    return standardised_l1
