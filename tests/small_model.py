"""A network that trains in a moment, and batches for it.

model = small_model(FitRecipe(ema=True), steps=20)
path = trained(model, 6)  # the weights after every step
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_spaces._fit import FitRecipe
from xrays.tasks import TASKS

AGE = TASKS["age"]
Weights = list[NDArray[np.float32]]


def small_model(fit: FitRecipe, steps: int, seed: int = 0) -> Any:
    """Two dense layers on six numbers, BatchNormalization between them, answers in years; compiled and built."""
    import keras
    from keras import layers

    from runners._training.optimizers import make_loss, make_optimizer

    keras.utils.set_random_seed(seed)
    inputs = keras.Input((6,))
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(layers.Dense(8)(inputs)))
    x = layers.Dense(1, dtype="float32")(x)
    model = keras.Model(inputs, layers.Rescaling(AGE.scale, AGE.center, dtype="float32")(x))
    model.compile(make_optimizer(fit, fit.learning_rate, steps), make_loss(fit, AGE))
    model.optimizer.build(model.trainable_variables)
    return model


def batches(count: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Six numbers each, and years that follow from them but for a little noise."""
    rng = np.random.default_rng(4)
    slopes = rng.normal(size=6)
    for _ in range(count):
        x = rng.normal(size=(32, 6)).astype(np.float32)
        years = 55 + 10 * (x @ slopes)[:, None] + rng.normal(size=(32, 1))
        yield x, years.astype(np.float32)


def trained(model: Any, steps: int) -> list[Weights]:
    """Trains; returns the trainable weights after every step."""
    path = []
    for x, years in batches(steps):
        model.train_on_batch(x, years)
        path.append(weights(model))
    return path


def weights(model: Any) -> Weights:
    from keras import ops

    return [ops.convert_to_numpy(variable) for variable in model.trainable_variables]
