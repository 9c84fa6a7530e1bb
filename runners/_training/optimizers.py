"""What the words of a FitRecipe do: optimizer, learning rate schedule, loss, and the average of the weights.

    model.compile(make_optimizer(fit, fit.learning_rate, steps), make_loss(fit, task))
    …                               # train_on_batch
    with averaged(model):           # after every epoch: score the average, go on from the weights themselves
        predicted = model.predict_on_batch(batch)
    keep_average(model)             # after the last: the average is the model

Both do nothing where the recipe has no average, or nothing is trained yet. Only what is trained is averaged: the
moving statistics of a BatchNormalization are averages already. Whatever the optimizer remembers, the average too, is
among `optimizer.variables`: putting those back to their initial values starts afresh, for the first step of all
overwrites the average.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import keras
from keras import ops

from runners._training.flat import UNDECAYED, flat
from search_spaces._fit import FitRecipe
from xrays.tasks import Task

AVERAGED = 0.05  # share of all steps that the average reaches over


@dataclass(frozen=True)
class _Shape:
    """A linear rise in the first share of the steps, then half a cosine. Rates are parts of the highest one; the last
    is that after the last step, so that no step is trained with a rate of zero."""

    rise: float
    first: float
    last: float


_SHAPES = {
    "cosine": _Shape(rise=0.05, first=1 / 10, last=0.0),
    # One cycle after Smith and Topin, "Super-convergence" (2017), with the usual 30 % and 1/25. The fall is a cosine,
    # in the paper it is linear; the momentum is not cycled.
    "one_cycle": _Shape(rise=0.30, first=1 / 25, last=0.0),
    "constant": _Shape(rise=0.05, first=1 / 10, last=1.0),
}
_OPTIMIZERS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "adam": (keras.optimizers.Adam, {}),
    "adamw": (keras.optimizers.AdamW, {}),
    "sgd": (keras.optimizers.SGD, {"momentum": 0.9, "nesterov": True}),
}
_LOSSES = {
    "l1": keras.losses.mean_absolute_error,
    "huber": keras.losses.huber,  # quadratic up to one scale of the target
    "mse": keras.losses.mean_squared_error,
}


def make_optimizer(
    fit: FitRecipe, learning_rate: float, steps: int, accumulation: int = 1
) -> keras.optimizers.Optimizer:
    """The recipe's optimizer for a stage of so many training steps. learning_rate: the stage's highest;
    accumulation: calls that make up a step, whose mean gradient it takes."""
    kind, own = _OPTIMIZERS[fit.optimizer]
    optimizer = flat(kind)(
        _Schedule(_SHAPES[fit.schedule], learning_rate, steps, accumulation),
        weight_decay=fit.weight_decay if fit.decays else None,
        global_clipnorm=fit.clip or None,
        use_ema=fit.ema,
        ema_momentum=_momentum(steps) ** (1 / accumulation),  # Keras averages at every call
        ema_overwrite_frequency=None,  # the training itself never goes on from the average
        gradient_accumulation_steps=accumulation if accumulation > 1 else None,
        **own,
    )
    optimizer.exclude_from_weight_decay(var_names=UNDECAYED)
    return optimizer


class _Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """What Keras's `CosineDecay` with a warm-up gives, to the bit, without a branch in the graph, each of which
    would be two graphs to trace."""

    def __init__(self, shape: _Shape, highest: float, steps: int, calls: int) -> None:
        """calls: that make up a step. Keras counts calls."""
        self._first, self._highest, self._last = highest * shape.first, highest, shape.last
        self._rise = max(1, round(shape.rise * steps))
        self._fall, self._calls = max(1, steps - self._rise), calls

    def __call__(self, call: Any) -> Any:
        step = ops.cast(call // self._calls, "float32")
        first, highest = (ops.cast(rate, "float32") for rate in (self._first, self._highest))
        # A zero that no compiler sees through: where it may, it multiplies constants first, and rounds otherwise.
        zero = ops.minimum(step, 0.0)
        step = ops.minimum(step, float(self._fall + self._rise))
        rising = (highest - first) * (step / (zero + self._rise)) + first
        cosine = 0.5 * (1.0 + ops.cos(math.pi * ((step - self._rise) / (zero + self._fall))))
        return ops.where(step < self._rise, rising, highest * ((1 - self._last) * cosine + self._last))


def _momentum(steps: int) -> float:
    """Of an exponential average whose weights are on average as old as in the plain mean of the last n steps."""
    n = max(2, round(AVERAGED * steps))
    return (n - 1) / (n + 1)


def make_loss(fit: FitRecipe, task: Task) -> Callable[[Any, Any], Any]:
    """A loss of (truth, predicted), both (n, 1): labels 0 or 1 and probabilities, or both in the label's unit."""
    if task.kind == "binary":
        loss: Callable[[Any, Any], Any] = keras.losses.BinaryCrossentropy(label_smoothing=fit.smoothing)
        return loss
    of_standardised = _LOSSES[fit.loss]

    def standardised(truth: Any, predicted: Any) -> Any:
        return of_standardised(truth / task.scale, predicted / task.scale)

    return standardised


@contextmanager
def averaged(model: keras.Model) -> Iterator[None]:
    """Within the block the trainable variables hold their averages, after it bit for bit what they held before.

    For scoring: what is trained within the block is lost.
    """
    if not _has_average(model.optimizer):
        yield
        return
    raw = [ops.copy(variable) for variable in model.trainable_variables]
    keep_average(model)
    try:
        yield
    finally:
        for variable, value in zip(model.trainable_variables, raw, strict=True):
            variable.assign(value)


def keep_average(model: keras.Model) -> None:
    """Gives the trainable variables their averages for good."""
    if _has_average(model.optimizer):
        model.optimizer.finalize_variable_values(model.trainable_variables)


def _has_average(optimizer: keras.optimizers.Optimizer) -> bool:
    # In float16 Keras wraps the optimizer, and the wrapper itself averages nothing. Before the first step the average
    # is all zeros; a first step that float16 overflows is skipped and counts as none.
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    return bool(inner.use_ema) and int(ops.convert_to_numpy(inner.iterations)) > 0
