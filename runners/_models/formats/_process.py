"""What runs in the two processes that a format takes: one has Keras and writes, one has its runtime and asks.

write("onnx", "model.h5", "model.onnx")
ask("onnx", "model.onnx", "films.npy", "answers.npz")
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._loading import quick_start, without_scikit_learn
from runners._models.formats import Answering, load_format, other_names
from runners._workers.memory import free_memory
from xrays.cores import text_of

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
    """films: (n, …) uint8, or float32 vectors; answers: for `together`, of all at once, or of `at_once` of them where
    there is no memory for more, and `alone`, of the first ones. Whatever other formats are opened or written with,
    counts as not installed."""
    own = load_format(name)
    for other in map(load_format, other_names()):
        for module in (*other.FORMAT.opens, *other.FORMAT.writes):
            if module not in own.FORMAT.opens:
                sys.modules[module] = None  # type: ignore[assignment]
    given = np.load(films)
    given = given.astype(np.float32) / 255 if given.dtype == np.uint8 else given
    answer = own.opened(Path(target))
    alone = [answer(given[n : n + 1]) for n in range(min(ALONE, len(given)))]
    given = given[: room_for(answer, given, free_memory())]
    together = answer(given)
    np.savez(answers, together=np.asarray(together)[:, 0], alone=np.concatenate(alone)[:, 0], at_once=len(given))


def room_for(answer: Answering, films: NDArray[np.float32], room: int | None) -> int:
    """How many of the films can be asked at once, by what the first ones take of this process's memory: ALONE at
    least. room: bytes, None for no limit."""
    before = _resident()
    answer(films[:ALONE])
    each = max(1, _peak() - before) / min(ALONE, len(films))
    return len(films) if room is None else min(len(films), max(ALONE, int(room / each)))


def _resident() -> int:
    """Bytes that this process takes now; where that is not told, at its peak."""
    told = text_of(Path("/proc/self/statm")).split()
    return int(told[1]) * resource.getpagesize() if told else _peak()


def _peak() -> int:
    """Bytes that this process has taken at most. Linux hands on to a new program, in `ru_maxrss`, what its parent had
    taken, so that this would be the memory of whoever has started it; `VmHWM` is of the program alone."""
    for line in text_of(Path("/proc/self/status")).splitlines():
        if line.startswith("VmHWM:"):
            return 1024 * int(line.split()[1])
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
