"""Answers of a model about many films, as they come, in memory that does not grow with them.

    with closing(answers(films, looker, 128, lambda: opened(model).predict_on_batch, task)) as coming:
        for answer in coming: …

Threads read films ahead while the network computes. It is always given the same number of films, so that its graph
is compiled once: the last batch is filled up. `predict_on_batch` is one compiled call of whatever backend Keras has
here; `model.predict` builds an input pipeline first.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._models.asked import Predict, batch_of
from runners._predict.answer import Answer, answered
from runners._predict.looks import Look
from xrays.ahead import in_order
from xrays.tasks import Task


def answers(
    films: Sequence[Path], look: Callable[[Path], Look], size: int, network: Callable[[], Predict], task: Task
) -> Generator[Answer]:
    """One a film, in their order. look: what is made of a file, its pixels (size, size). network: opens what
    (batch, size, size, 1) float32 in [0, 1] are given to and (batch, 1) come from; called once, when the first film
    is to be asked about. task: what they answer."""
    batch = batch_of(size, len(films))
    predict: Predict | None = None
    waiting: list[tuple[Path, Look]] = []
    pixels: list[NDArray[np.uint8]] = []
    with closing(in_order(look, films, least=batch)) as looks:
        for number, (film, seen) in enumerate(zip(films, looks, strict=True), 1):
            waiting.append((film, seen))
            pixels += [] if seen.pixels is None else [seen.pixels]
            if pixels and len(pixels) < batch and number < len(films):
                continue
            if pixels and predict is None:
                predict = network()
            said = iter(_values(predict, pixels, batch) if predict and pixels else [])
            for path, each in waiting:
                value = None if each.pixels is None else next(said)
                yield answered(str(path), value, each.doubts, task)
            waiting, pixels = [], []


def _values(predict: Predict, pixels: Sequence[NDArray[np.uint8]], batch: int) -> list[float]:
    """Of each of (S, S), at most `batch` of them."""
    side = len(pixels[0])
    films = np.zeros((batch, side, side, 1), np.float32)
    films[: len(pixels), ..., 0] = np.stack(pixels)
    films /= np.float32(255)
    return [float(value) for value in np.asarray(predict(films))[: len(pixels), 0]]
