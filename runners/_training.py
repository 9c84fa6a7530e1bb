"""One trainer a trial: the graph is compiled once and put back to its start before every fold.

    trainer = Trainer(space, recipe, task, size=64, steps=16, epochs=30, seed=0, trial=3)
    fitted = trainer.fit(images, labels, train_rows, fold=2, watch=on_epoch)
    trainer.predict(images, rows)

Nothing that differs between folds is a constant of the graph. Initial weights come from (seed, trial), every other
random stream from (seed, trial, fold), so a fold trained alone equals the same fold trained after others.
"""

from __future__ import annotations

import math
import time
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
PREDICT_BATCH = 128

# After each epoch (1-based) with its training loss; False ends the training.
Watch = Callable[[int, float], bool]


class TrainingDiverged(ArithmeticError):
    """The loss is no finite number any more."""


@dataclass(frozen=True)
class Fitted:
    losses: tuple[float, ...]
    seconds: float


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
    ) -> Fitted:
        """Trains from the initial state on images[rows] and labels[rows]. Raises TrainingDiverged."""
        begun = time.perf_counter()
        for number, (variable, value) in enumerate(self._start):
            if variable.name == "seed_generator_state":
                value = np.random.default_rng(derive(self._seed, "layer", self._trial, fold, number)).integers(
                    2**31, size=value.shape, dtype=value.dtype
                )
            variable.assign(value)
        batches = _Batches(
            images,
            labels,
            rows,
            self.recipe.fit.batch_size,
            self.steps,
            derive(self._seed, "order", self._trial, fold),
        )
        watcher = _Watcher(watch)
        self.model.fit(batches, epochs=self.epochs, verbose=0, callbacks=[watcher], shuffle=False)
        return Fitted(tuple(watcher.losses), time.perf_counter() - begun)

    def predict(self, images: NDArray[np.uint8], rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """(n,) predictions of images[rows], in the label's unit."""
        batch = min(PREDICT_BATCH, max(1, len(rows)))
        found = []
        for start in range(0, len(rows), batch):
            chosen = rows[start : start + batch]
            # A last batch of another size would be traced anew: it is filled up and the rest thrown away.
            full = np.pad(chosen, (0, batch - len(chosen)), mode="edge")
            found.append(np.asarray(self.model.predict_on_batch(images[full]))[: len(chosen), 0])
        return np.concatenate(found).astype(np.float32)


def steps_per_epoch(films: float, batch_size: int) -> int:
    """The same in all folds, since a schedule's length is a constant of the graph. films: of an average fold."""
    return max(1, round(films / batch_size))


class _Batches(keras.utils.PyDataset):  # a name of Keras
    """Full batches of an endless stream of shuffled passes over the rows: every epoch has as many steps as any
    other and no film is left out for good."""

    def __init__(
        self,
        images: NDArray[np.uint8],
        labels: NDArray[np.float32],
        rows: NDArray[np.int64],
        batch_size: int,
        steps: int,
        seed: int,
    ) -> None:
        super().__init__()
        self._images, self._labels, self._rows = images, labels, rows
        self._batch, self._steps, self._seed = batch_size, steps, seed
        self._epoch = 0
        self._order = self._stream()

    def __len__(self) -> int:
        return self._steps

    def __getitem__(self, index: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        chosen = self._order[index * self._batch : (index + 1) * self._batch]
        return self._images[chosen], self._labels[chosen, None]

    def on_epoch_end(self) -> None:
        self._epoch += 1
        self._order = self._stream()

    def _stream(self) -> NDArray[np.int64]:
        """Rows of this epoch: a window of the passes laid end to end."""
        size, count = self._steps * self._batch, len(self._rows)
        start = self._epoch * size
        passes = range(start // count, (start + size - 1) // count + 1)
        laid = np.concatenate([np.random.default_rng((self._seed, n)).permutation(self._rows) for n in passes])
        offset = start - passes[0] * count
        return laid[offset : offset + size]


class _Watcher(keras.callbacks.Callback):
    def __init__(self, watch: Watch) -> None:
        super().__init__()
        self.losses: list[float] = []
        self._watch = watch

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        loss = float((logs or {})["loss"])
        if not math.isfinite(loss):
            raise TrainingDiverged(f"the training loss is {loss} after epoch {epoch + 1}")
        self.losses.append(loss)
        if not self._watch(epoch + 1, loss):
            self.model.stop_training = True


def _optimizer(fit: Any, steps: int) -> Any:
    warm_up = max(1, round(WARM_UP * steps))
    rate = keras.optimizers.schedules.CosineDecay(
        fit.learning_rate / 10, steps - warm_up, warmup_target=fit.learning_rate, warmup_steps=warm_up
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
