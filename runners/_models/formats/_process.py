"""What runs in the two processes that a format takes: one has Keras and writes, one has its runtime and asks.

write("onnx", "model.h5", "model.onnx")
ask("onnx", "model.onnx", "films.npy", "answers.npz")
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from runners._loading import quick_start, without_scikit_learn
from runners._models.formats import load_format, other_names

ALONE = 8  # films that are asked one by one, besides all at once


def write(name: str, model: str, target: str) -> None:
    """From a portable .h5."""
    load_format(name).write(called_once(model), Path(target))


def called_once(model: str | Path) -> Any:
    """The keras.Model of a portable .h5, which Keras exports once it has been called; of one input, where Keras makes
    a list of one of what it reads."""
    with quick_start(), without_scikit_learn():
        import keras

    read = keras.models.load_model(model, compile=False)
    network = keras.Model(read.inputs[0], read.outputs[0], name=read.name)
    network(np.zeros((1, *network.input_shape[1:]), np.float32))
    return network


def ask(name: str, target: str, films: str, answers: str) -> None:
    """films: (n, …) uint8, or float32 vectors; answers: for `together`, (n,) of all at once, and `alone`, of the
    first ones. Whatever other formats are opened or written with, counts as not installed."""
    own = load_format(name)
    for other in map(load_format, other_names()):
        for module in (*other.FORMAT.opens, *other.FORMAT.writes):
            if module not in own.FORMAT.opens:
                sys.modules[module] = None  # type: ignore[assignment]
    given = np.load(films)
    given = given.astype(np.float32) / 255 if given.dtype == np.uint8 else given
    answer = own.opened(Path(target))
    alone = [answer(given[n : n + 1]) for n in range(min(ALONE, len(given)))]
    together = answer(given)
    np.savez(answers, together=np.asarray(together)[:, 0], alone=np.concatenate(alone)[:, 0])
