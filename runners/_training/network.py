"""One compiled network: its graph is made once and put back to its start before every fold.

    network = Network(model, optimizer, loss, lambda fold, number: derive(…), OnCard())
    network.reset(fold=2)
    loss = network.epoch(inputs, labels, batches, rng)          # one call of the backend
    network.predict(inputs, rows)

Nothing that differs between folds may be a constant of the graph.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from runners._training.first_calls import FirstCalls
from runners._training.loop import Loop, calls
from runners._training.loop_jax import JaxLoop
from runners._training.loop_stepped import SteppedLoop
from runners._training.loop_tensorflow import TensorFlowLoop
from runners._training.on_card import OnCard
from runners._training.optimizers import averaged, keep_average

LOOPS: dict[str, Callable[[keras.Model, OnCard], Loop]] = {"tensorflow": TensorFlowLoop, "jax": JaxLoop}


class TrainingDiverged(ArithmeticError):
    """The loss is no finite number any more."""


def finite(predictions: NDArray[np.float32]) -> NDArray[np.float32]:
    """The same. Raises TrainingDiverged where one is not finite: the loss is that of the weights before the last
    step."""
    if not np.isfinite(predictions).all():
        raise TrainingDiverged("a prediction is NaN or infinite")
    return predictions


@dataclass(frozen=True)
class Inputs:
    """What a network takes. source: (views × films, …), every film itself first, then the other views of all of them;
    batch: how many are predicted at once."""

    source: NDArray[Any]
    films: int
    batch: int

    def train(self, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.int64]:
        """Where in the source the rows lie as they are trained on: in a view that is drawn for each."""
        views = len(self.source) // self.films
        return rows + self.films * rng.integers(views, size=rows.shape)


def film_inputs(images: NDArray[np.uint8], at_once: int) -> Inputs:
    """The films as they are: (n, S, S, 1) uint8. at_once: so many are trained on together; no more are scored."""
    return Inputs(images, len(images), min(64, at_once))


def feature_inputs(features: NDArray[np.float32]) -> Inputs:
    """A frozen backbone's features (views, n, C), the film itself first."""
    views, films, width = features.shape
    return Inputs(features.reshape(views * films, width), films, 512)


class Network:
    """A compiled model and its initial state. A class because a compiled graph is state that cannot be copied."""

    def __init__(
        self, model: keras.Model, optimizer: Any, loss: Any, seeds: Callable[[int, int], int], on_card: OnCard
    ) -> None:
        """seeds(fold, number): the seed of the model's random layer of that number in that fold; on_card: of the
        worker."""
        self.model, self._seeds, self.made = model, seeds, FirstCalls()
        model.compile(optimizer, loss)
        model.optimizer.build(model.trainable_variables)
        loop = LOOPS.get(keras.backend.backend())
        self._loop = loop(model, on_card) if loop else SteppedLoop(model)
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

    def begin_here(self) -> None:
        """The weights as they are now are the initial ones from now on."""
        weights = {id(weight) for weight in self.model.weights}
        self._start = [
            (variable, ops.convert_to_numpy(variable) if id(variable) in weights else value)
            for variable, value in self._start
        ]

    def go_on(self, before: Network) -> None:
        """From where the optimizer of a network of the same weights is: its momenta, its average, its step."""
        theirs = {variable.name: variable for variable in before.model.optimizer.variables}
        for variable in self.model.optimizer.variables:
            variable.assign(theirs[variable.name])

    def epoch(
        self,
        inputs: Inputs,
        labels: NDArray[np.float32],
        batches: NDArray[np.int64],
        rng: np.random.Generator,
    ) -> float:
        """Trains on batches of rows (steps, n); returns the mean loss. Raises TrainingDiverged, once all are done.

        Not `model.fit`: it builds a new input pipeline a call, which costs more than a short fold, and on the small
        batches of films its threads only compete with the training's.
        """
        truth, losses = labels[batches][..., None], np.empty(len(batches), np.float32)
        with self.made.first("train"):
            for films, rows, part in calls(self._loop, inputs.source, inputs.train(batches, rng)):
                losses[part] = self._loop.train(films, rows, truth[part])
        if not np.isfinite(losses).all():
            step = int(np.argmin(np.isfinite(losses)))
            raise TrainingDiverged(f"the training loss is {losses[step]} at step {step + 1} of an epoch")
        return float(sum(losses.tolist()) / len(losses))

    def predict(self, inputs: Inputs, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n,) predictions of the rows, in the label's unit, by the averaged weights where the optimizer averages."""
        # The last batch is filled up and the rest thrown away: one of another size would be traced anew.
        batches = np.pad(rows, (0, -len(rows) % inputs.batch), mode="edge").reshape(-1, inputs.batch)
        with averaged(self.model), self.made.first("predict"):
            found = [self._loop.predict(films, own) for films, own, _ in calls(self._loop, inputs.source, batches)]
        return np.concatenate(found).ravel()[: len(rows)].astype(np.float32)

    def finish(self) -> None:
        """After the last epoch: the averaged weights become the weights."""
        keep_average(self.model)
