"""A trained predictor as a file that a stranger can load, and what it answers: whatever a refit, the network of a
fold, or several networks together come to.

    plain = in_float32(context, recipe)
    written(context, plain, target, begun, at_once=32)         # Written; the file is there
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from runners._training.context import TrainingContext
from runners._training.network import finite
from runners._training.portable import save_portable
from runners._workers.messages import Write, Written
from trials.records import Trial
from xrays.assignment import in_folds, in_hold_out

COMPARED = 64  # films that are predicted where the hold-out has none with the label


@dataclass(frozen=True)
class PlainNetwork:
    """predictor: in float32; trained: the part of it whose arrays a fold's network has, often all of it."""

    predictor: keras.Model
    trained: keras.Model

    def take(self, arrays: Sequence[NDArray[np.float32]]) -> None:
        """As `trials/networks.py` keeps them. Raises ValueError for those of another network."""
        self.trained.set_weights(list(arrays))
        if self.trained is not self.predictor:
            for layer in (layer for layer in self.trained.layers if layer.weights):
                self.predictor.get_layer(layer.name).set_weights(layer.get_weights())


def write(context: TrainingContext, job: Write) -> Written:
    """The network of a fold, from its arrays, or as it is made where there are none; compiled once for those of one
    trial that come one after the other. Raises NotPortable, and ValueError for arrays of another network."""
    begun, recipe = time.perf_counter(), context.space.recipe(job.trial.params)
    predictor = kept_predictor(context, job.trial, job.network)
    at_once = int(recipe.fit.batch_size) // job.trial.accumulation
    return written(context, predictor, job.target, begun, at_once)


def kept_predictor(context: TrainingContext, trial: Trial, arrays: Sequence[NDArray[np.float32]]) -> keras.Model:
    """The network of a fold in memory, as `write` writes it; without arrays as it is made. The next one of the trial
    has the same layers. Raises ValueError for arrays of another network."""
    if context.plain is None or context.plain[0] != trial.identity:
        context.plain = trial.identity, _plain_network(context, context.space.recipe(trial.params))
    network: PlainNetwork = context.plain[1]
    if arrays:
        network.take(arrays)
    return network.predictor


def _plain_network(context: TrainingContext, recipe: Any) -> PlainNetwork:
    predictor = in_float32(context, recipe)
    if context.space.build_head is None or context.space.stages(recipe)[-1].on != "features":
        return PlainNetwork(predictor, predictor)
    context.material.fill(predictor, recipe)
    return PlainNetwork(predictor, context.space.build_head(recipe, context.task))


def written(context: TrainingContext, plain: keras.Model, target: Path, begun: float, at_once: int) -> Written:
    """Writes the predictor, and predicts the hold-out as it does in memory; where that has no film with the label,
    some of those in folds: the file is still compared with the network. begun: of time.perf_counter(); at_once: films
    that fit into memory. Raises NotPortable, TrainingDiverged."""
    save_portable(plain, target)
    assignment = context.setup.assignment
    rows, unseen = context.rows(in_folds(assignment)), context.rows(in_hold_out(assignment))
    predictions = np.full(len(context.labels), np.nan, np.float32)
    predicted = unseen if len(unseen) else rows[:COMPARED]
    for start in range(0, len(predicted), at_once):
        some = predicted[start : start + at_once]
        films = context.taken(np.resize(some, at_once))  # of another number the network would be compiled anew
        predictions[some] = finite(np.asarray(plain.predict_on_batch(films))[: len(some), 0])
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
    """Of a call on as many films as before, for which it is compiled."""
    films = context.taken(np.resize(np.arange(len(context.labels)), at_once))
    plain.predict_on_batch(films)
    begun = time.perf_counter()
    plain.predict_on_batch(films)
    return round(1000 * (time.perf_counter() - begun) / at_once, 4)
