"""Several predictors as one, in plain layers: one input, the networks side by side, what puts them together, and the
calibration of a probability.

    join(context, Join(trial, Blend(members=(1, 1), shares=(0.5, 0.5)), (Path("a.h5"), Path("b.h5")), target))

What is a function in `xrays/statistics/blend.py` is layers here that every Keras knows: a median is a sorting network
of minima and maxima (Batcher 1968), an isotonic line a layer of hinges.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from runners._training.context import TrainingContext
from runners._training.written import written
from runners._workers.messages import Join, Written
from xrays.statistics.blend import Blend
from xrays.statistics.calibration import SUREST, Isotonic, Line, Logistic, Temperature
from xrays.tasks import Task

INSIDE = "net"  # what names of layers of the networks begin with, before their number


def join(context: TrainingContext, job: Join) -> Written:
    """Writes and predicts. Raises NotPortable."""
    begun = time.perf_counter()
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("float32")
    try:
        model = joined(job.blend, job.files, context.task)
    finally:
        keras.config.set_dtype_policy(policy)
    recipe = context.space.recipe(job.trial.params)
    return written(context, model, job.target, begun, int(recipe.fit.batch_size) // job.trial.accumulation)


def joined(blend: Blend, files: Sequence[Path], task: Task) -> keras.Model:
    """files: of as many predictors as the blend has networks, in its order. Layers of the network with number n have
    names that begin with `net<n>_`, the last one is named like the task."""
    binary = task.kind == "binary"
    loaded = [keras.models.load_model(file, compile=False) for file in files]
    film = keras.Input(loaded[0].inputs[0].shape[1:], dtype="float32", name="film")
    ends = [inside(model, film, f"{INSIDE}{number}_", binary) for number, model in enumerate(loaded)]
    own = iter(ends)
    members = [_mean([next(own) for _ in range(count)], f"member{n}") for n, count in enumerate(blend.members)]
    answer = _median(members) if blend.middle == "median" else _mean(members, "members", blend.shares)
    return keras.Model(film, _finished(answer, blend, task))


def inside(model: keras.Model, film: keras.KerasTensor, prefix: str, binary: bool) -> keras.KerasTensor:
    """Its answer to the film, in a copy of it: in the label's unit, or the logit of class 1."""
    last = model.layers[-1].name

    def renamed(layer: keras.Layer) -> keras.Layer:
        config = {**layer.get_config(), "name": prefix + layer.name}
        if binary and layer.name == last:
            config["activation"] = "linear"
        return type(layer).from_config(config)

    given = keras.tree.map_structure(lambda _: film, model.input)  # a list of one, where it was read from a file
    copy = keras.models.clone_model(model, input_tensors=given, clone_function=renamed)
    copy.set_weights(model.get_weights())
    for layer in copy.layers:
        if isinstance(layer, layers.Normalization):  # computes with what its arrays were when it was made
            layer.finalize_state()
    return _cut(copy.outputs[0], prefix) if binary else copy.outputs[0]


def _cut(logit: keras.KerasTensor, prefix: str) -> keras.KerasTensor:
    """To what `xrays/statistics/calibration.py` cuts logits to."""
    raised = layers.Rescaling(1.0, offset=SUREST, name=f"{prefix}raised")(logit)
    cut = layers.ReLU(max_value=2 * SUREST, name=f"{prefix}cut")(raised)
    return layers.Rescaling(1.0, offset=-SUREST, name=f"{prefix}lowered")(cut)


def _mean(ends: Sequence[keras.KerasTensor], name: str, shares: Sequence[float] = ()) -> keras.KerasTensor:
    """Of (None, 1) each. shares: equal ones where none are given."""
    if len(ends) == 1:
        return ends[0]
    kernel = np.array(shares or [1 / len(ends)] * len(ends), np.float32)[:, None]
    side_by_side = layers.Concatenate(name=f"{name}_beside")(list(ends))
    return _fixed(layers.Dense(1, use_bias=False, name=f"{name}_mean"), side_by_side, kernel)


def _median(ends: Sequence[keras.KerasTensor]) -> keras.KerasTensor:
    wires = list(ends)
    for number, (low, high) in enumerate(comparators(len(wires))):
        pair = [wires[low], wires[high]]
        wires[low] = layers.Minimum(name=f"sort{number}_low")(pair)
        wires[high] = layers.Maximum(name=f"sort{number}_high")(pair)
    middle = len(wires) // 2
    return wires[middle] if len(wires) % 2 else _mean(wires[middle - 1 : middle + 1], "middle")


def comparators(wires: int) -> Iterator[tuple[int, int]]:
    """Pairs of wires, the smaller value to the first, after which all are in order: odd-even transposition sort."""
    for turn in range(wires):
        yield from ((low, low + 1) for low in range(turn % 2, wires - 1, 2))


def _finished(answer: keras.KerasTensor, blend: Blend, task: Task) -> keras.KerasTensor:
    """The last layer has the task's name."""
    match blend.calibration:
        case Line(factor, start):
            return layers.Rescaling(factor, offset=start, name=task.name)(answer)
        case None if task.kind == "regression":
            return layers.Rescaling(1.0, name=task.name)(answer)
        case None:
            return layers.Activation("sigmoid", name=task.name)(answer)
        case Logistic(factor, intercept):
            logit = layers.Rescaling(factor, offset=intercept, name="recalibrated")(answer)
            return layers.Activation("sigmoid", name=task.name)(logit)
        case Temperature(factor):
            return layers.Activation("sigmoid", name=task.name)(layers.Rescaling(factor, name="temperature")(answer))
        case Isotonic() as line:
            return hinges(layers.Activation("sigmoid", name="uncalibrated")(answer), line, task.name)


def hinges(p: keras.KerasTensor, line: Isotonic, name: str) -> keras.KerasTensor:
    """A sum of hinges, one where the line bends."""
    at, to = np.array(line.at), np.array(line.to)
    slopes = np.concatenate([[0.0], np.diff(to) / np.diff(at), [0.0]])
    hinges = layers.Dense(len(at), activation="relu", name="hinges")
    x = _fixed(hinges, p, np.ones((1, len(at)), np.float32), (-at).astype(np.float32))
    bends = np.diff(slopes).astype(np.float32)[:, None]
    return _fixed(layers.Dense(1, name=name), x, bends, to[:1].astype(np.float32))


def _fixed(layer: Any, x: keras.KerasTensor, *arrays: Any) -> keras.KerasTensor:
    end = layer(x)
    layer.set_weights(list(arrays))
    return end
