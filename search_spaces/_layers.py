"""What every space's predictor ends in. Plain layers only: they survive `.h5`."""

from __future__ import annotations

from keras import KerasTensor, layers

from xrays.tasks import Task


def output(x: KerasTensor, task: Task) -> KerasTensor:
    """(None, features) to (None, 1) float32: years, or the probability of male."""
    if task.kind == "binary":
        return layers.Dense(1, activation="sigmoid", dtype="float32", name=task.name)(x)
    # The network predicts the standardised label; a Rescaling turns it into the label's unit, so that weights and
    # gradients are of the usual size and the exported model still answers in years.
    x = layers.Dense(1, dtype="float32", name=f"{task.name}_standardised")(x)
    return layers.Rescaling(task.scale, offset=task.center, dtype="float32", name=task.name)(x)
