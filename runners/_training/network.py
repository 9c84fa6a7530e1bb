"""One compiled network: its graph is made once and put back to its start before every fold.

    network = Network(model, optimizer, loss, seeds=lambda fold, number: derive(…))
    network.reset(fold=2)
    loss = network.epoch(inputs, labels, order, rng)
    network.predict(inputs, rows)

Nothing that differs between folds may be a constant of the graph.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, Protocol

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from runners._training.optimizers import averaged, keep_average


class TrainingDiverged(ArithmeticError):
    """The loss is no finite number any more."""


def finite(predictions: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same. Raises TrainingDiverged where one is not finite: the loss is that of the weights before the last
    step."""
    if not np.isfinite(predictions).all():
        raise TrainingDiverged("a prediction is NaN or infinite")
    return predictions


class Inputs(Protocol):
    """Where a network's inputs come from. batch: how many are predicted at once."""

    batch: int

    def train(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[Any]:
        """(n, …) inputs of the rows, as they are trained on."""

    def score(self, rows: NDArray[np.int64]) -> NDArray[Any]:
        """(n, …) inputs of the rows, as they are scored: nothing is changed or drawn."""


class FilmInputs:
    """The films as they are: (n, S, S, 1) uint8."""

    def __init__(self, images: NDArray[np.uint8], at_once: int) -> None:
        """at_once: so many have been trained on together; no more are scored."""
        self._images, self.batch = images, min(64, at_once)

    def train(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.uint8]:
        return self._images[rows]

    def score(self, rows: NDArray[np.int64]) -> NDArray[np.uint8]:
        return self._images[rows]


class FeatureInputs:
    """A frozen backbone's features (n, C) float32: in training of a view drawn for every film, else of the film
    itself."""

    batch = 512

    def __init__(self, features: NDArray[np.float32]) -> None:
        self._features = features  # (views, N, C), the film itself first

    def train(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float32]:
        return self._features[rng.integers(len(self._features), size=len(rows)), rows]

    def score(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        film: NDArray[np.float32] = self._features[0]
        return film[rows]


class Network:
    """A compiled model and its initial state. A class because a compiled graph is state that cannot be copied."""

    def __init__(self, model: keras.Model, optimizer: Any, loss: Any, seeds: Callable[[int, int], int]) -> None:
        """seeds(fold, number): the seed of the model's random layer of that number in that fold."""
        self.model, self._seeds = model, seeds
        model.compile(optimizer, loss)
        model.optimizer.build(model.trainable_variables)
        self._start = [(variable, ops.convert_to_numpy(variable)) for variable in self._variables()]

    def _variables(self) -> list[Any]:
        # `model.variables` holds the states of the seed generators, `model.weights` does not.
        return [*self.model.variables, *self.model.optimizer.variables]

    def reset(self, fold: int) -> None:
        """Back to the initial weights, with the random streams of this fold."""
        for number, (variable, value) in enumerate(self._start):
            if variable.name == "seed_generator_state":
                rng = np.random.default_rng(self._seeds(fold, number))
                value = rng.integers(2**31, size=value.shape, dtype=value.dtype)
            variable.assign(value)

    def epoch(
        self,
        inputs: Inputs,
        labels: NDArray[np.float32],
        batches: list[NDArray[np.int64]],
        rng: np.random.Generator,
    ) -> float:
        """Trains on batches of rows; returns the mean loss. Raises TrainingDiverged.

        Not `model.fit`: it builds a new input pipeline a call, which costs more than a short fold, and on the small
        batches of films its threads only compete with the training's.
        """
        losses = []
        for step, chosen in enumerate(batches):
            logs = self.model.train_on_batch(inputs.train(chosen, rng), labels[chosen, None], return_dict=True)
            losses.append(float(logs["loss"]))
            if not math.isfinite(losses[-1]):
                raise TrainingDiverged(f"the training loss is {losses[-1]} at step {step + 1} of an epoch")
        return sum(losses) / len(losses)

    def predict(self, inputs: Inputs, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n,) predictions of the rows, in the label's unit, by the averaged weights where the optimizer averages."""
        found = []
        with averaged(self.model):
            for start in range(0, len(rows), inputs.batch):
                chosen = rows[start : start + inputs.batch]
                # Folds differ by a few films, and a batch of another size would be traced anew: the last one is
                # filled up and the rest thrown away.
                full = np.pad(chosen, (0, inputs.batch - len(chosen)), mode="edge")
                found.append(np.asarray(self.model.predict_on_batch(inputs.score(full)))[: len(chosen), 0])
        return np.concatenate(found).astype(np.float32)

    def finish(self) -> None:
        """After the last epoch: the averaged weights become the weights."""
        keep_average(self.model)
