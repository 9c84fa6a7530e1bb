"""A trained predictor as a file that a stranger can load, and what it answers: whatever a refit, the network of a
fold, or several networks together come to.

    plain = in_float32(context, recipe)
    written(context, plain, target, begun, at_once=32)         # Written; the file is there
"""

from __future__ import annotations

import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np

from runners._training.context import TrainingContext
from runners._training.network import finite
from runners._training.portable import save_portable
from runners._workers.messages import Write, Written
from xrays.assignment import in_folds, in_hold_out

COMPARED = 64  # films that are predicted where the hold-out has none with the label
TIMED = 32  # films of the batch that is timed


def write(context: TrainingContext, job: Write) -> Written:
    """The network of a fold, from its arrays. Raises NotPortable, and ValueError for arrays of another network."""
    begun, recipe = time.perf_counter(), context.space.recipe(job.trial.params)
    plain = in_float32(context, recipe)
    trained = plain
    if context.space.build_head is not None and context.space.stages(recipe)[-1].on == "features":
        context.material.fill(plain, recipe)
        trained = context.space.build_head(recipe, context.task)
    trained.set_weights(job.network)
    if trained is not plain:
        for layer in (layer for layer in trained.layers if layer.weights):
            plain.get_layer(layer.name).set_weights(layer.get_weights())
    return written(context, plain, job.target, begun, int(recipe.fit.batch_size) // job.trial.accumulation)


def written(context: TrainingContext, plain: keras.Model, target: Path, begun: float, at_once: int) -> Written:
    """Writes the predictor, and predicts the hold-out as it does in memory; where that has no film with the label,
    some of those in folds: the file is still compared with the network. begun: of time.perf_counter(); at_once: films
    that fit into memory. Raises NotPortable, TrainingDiverged."""
    save_portable(plain, target)
    assignment = context.setup.assignment
    rows, unseen = context.rows(in_folds(assignment)), context.rows(in_hold_out(assignment))
    predictions = np.full(len(context.labels), np.nan, np.float32)
    predicted = unseen if len(unseen) else rows[:COMPARED]
    for some in np.array_split(predicted, len(predicted) // at_once + 1):
        predictions[some] = finite(np.asarray(plain.predict_on_batch(context.taken(some)))[:, 0])
    versions = {name: version(name) for name in ("keras", "numpy", keras.backend.backend())}
    seconds = time.perf_counter() - begun
    return Written(predictions, plain.count_params(), seconds, _ms_per_film(context, plain, at_once), versions)


def in_float32(context: TrainingContext, recipe: Any) -> keras.Model:
    """An untrained predictor for the recipe, in float32 whatever is trained in: a stranger's Keras has no dtype
    policy set."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        plain = context.space.build(recipe, context.task, context.shape)
    finally:
        keras.config.set_dtype_policy(policy)
    # What was frozen in training is of no concern to whoever loads the file.
    plain.trainable = True
    return plain


def _ms_per_film(context: TrainingContext, plain: keras.Model, at_once: int) -> float:
    """The second of two calls on one batch: the first one compiles."""
    films = context.taken(np.arange(min(TIMED, at_once, len(context.labels))))
    plain.predict_on_batch(films)
    begun = time.perf_counter()
    plain.predict_on_batch(films)
    return round(1000 * (time.perf_counter() - begun) / len(films), 4)
