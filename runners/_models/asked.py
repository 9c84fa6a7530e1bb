"""A model of a file, asked about many films that are in memory or mapped into it.

predict = network_of(Path("best_age.h5"), (128, 128, 1))
said = in_batches(predict, arrays.images, rows)             # (n,) float64

It is always given the same number of films, so that its graph is compiled once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.cards import task_beside
from runners._models.opened import opened
from xrays.errors import UserError
from xrays.next_command import command

PIXELS = 2**20  # of a batch's films: of a layer with 32 maps of their size, 128 MB
MOST = 64  # films, after which more at once are no faster
VECTORS = 512  # of a batch
Predict = Callable[[NDArray[np.float32]], Any]


def network_of(model: Path, shape: tuple[int, ...]) -> Predict:
    """What the model answers to films, or vectors. Raises UserError for one that takes others than its card says, of
    this shape, or gives more than one number a film."""
    network: Any = opened(model)
    if (network.input_shape, network.output_shape) != ((None, *shape), (None, 1)):
        raise UserError(
            f"{model} takes {network.input_shape} and gives {network.output_shape}",
            f"{(None, *shape)} and (None, 1), as its card says",
            command("export", task=task_beside(model), out="OTHER.h5"),
        )
    predict: Predict = network.predict_on_batch
    return predict


def batch_of(size: int, films: int) -> int:
    """How many of so many films, of size×size, a model is given at once."""
    return max(1, min(MOST, PIXELS // size**2, films))


def in_batches(predict: Predict, taken: NDArray[Any], rows: NDArray[np.intp]) -> NDArray[np.float64]:
    """(n,) its answers to these rows (n,) of what it takes: films (N, S, S, 1) uint8, or vectors (N, D) float32. NaN
    for a vector that has NaN or infinity."""
    films = taken.dtype == np.uint8
    batch = batch_of(taken.shape[1], len(rows)) if films else VECTORS
    said = np.full(len(rows), np.nan)
    for start in range(0, len(rows), batch):
        some = np.asarray(taken[rows[start : start + batch]], np.float32)
        whole = np.isfinite(some).all(axis=tuple(range(1, some.ndim)))
        full = np.zeros((batch, *some.shape[1:]), np.float32)
        full[: len(some)][whole] = some[whole] / np.float32(255 if films else 1)
        answers = np.asarray(predict(full))[: len(some), 0]
        said[start : start + len(some)] = np.where(whole, answers, np.nan)
    return said
