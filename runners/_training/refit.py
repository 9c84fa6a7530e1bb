"""The best configuration on all development films together, written as a file that a stranger can load.

refit(context, Refit(trial, Path("best_age.h5")))        # Refitted
"""

from __future__ import annotations

import time
from importlib.metadata import version

import keras
import numpy as np

from runners._training.context import TrainingContext
from runners._training.network import finite
from runners._training.portable import save_portable
from runners._training.trainer import Trainer
from runners._workers.messages import Epoch, Refit, Refitted
from xrays.assignment import in_folds, in_hold_out

COMPARED = 64  # films that are predicted where the hold-out has none with the label


def refit(context: TrainingContext, job: Refit) -> Refitted:
    """Trains, writes the predictor to `job.target`, and predicts the hold-out as it does in memory; where that has no
    film with the label, some of those that it was trained on: the file is still compared with the network. Raises
    TrainingDiverged, NotPortable."""
    begun = time.perf_counter()
    assignment = context.setup.assignment
    rows, unseen = context.rows(in_folds(assignment)), context.rows(in_hold_out(assignment))
    trainer = context.refit_trainer(job)
    plain = _in_float32(context, trainer)
    save_portable(plain, job.target)  # what cannot be written is known before hours of training
    trainer.fit(
        context.labels,
        rows,
        fold=-1,
        watch=lambda epoch, loss: context.report(Epoch(epoch, float("nan"), loss)),
    )
    plain.set_weights(trainer.predictor().get_weights())
    save_portable(plain, job.target)
    predictions = np.full(len(context.labels), np.nan, np.float32)
    predicted = unseen if len(unseen) else rows[:COMPARED]
    for some in np.array_split(predicted, len(predicted) // trainer.films_at_once + 1):
        predictions[some] = finite(np.asarray(plain.predict_on_batch(context.taken(some)))[:, 0])
    versions = {name: version(name) for name in ("keras", "numpy", keras.backend.backend())}
    return Refitted(predictions, plain.count_params(), time.perf_counter() - begun, versions)


def _in_float32(context: TrainingContext, trainer: Trainer) -> keras.Model:
    """An untrained predictor for the trainer's recipe, in float32 whatever is trained in: a stranger's Keras has no
    dtype policy set."""
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        plain = context.space.build(trainer.recipe, context.task, context.shape)
    finally:
        keras.config.set_dtype_policy(policy)
    # What was frozen in training is of no concern to whoever loads the file.
    plain.trainable = True
    return plain
