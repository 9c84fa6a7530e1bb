"""Many steps of a compiled network in one call: nothing crosses to Python between them.

    loop = TensorFlowLoop(model, OnCard())
    for films, rows, part in calls(loop, images, order):        # order: (steps, n) rows of the images
        losses[part] = loop.train(films, rows, truth[part])

One file a backend; whatever has no loop of its own is stepped, as JAX is on a CPU (`loop_jax.py`). A step is the same
everywhere, Keras's `train_step`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

STEPS = 256  # in a call, at most: a shape, where shapes are compiled
SENT = 2**27  # bytes of films that are sent for a call, at most, but for a call of one step


class Loop(Protocol):
    """The compiled steps of one network, its optimizer's state included."""

    def held(self, source: NDArray[Any]) -> Any:
        """The films (N, …), where the steps take them from; None where what a call takes is to be sent for it."""

    def train(self, films: Any, rows: NDArray[np.int32], truth: NDArray[np.float32]) -> NDArray[np.float32]:
        """Trains on batches of rows (steps, n) of what `held` has given, or of what is sent; truth: (steps, n, 1).
        Returns (steps,), the loss of each. One that is no finite number ends nothing."""

    def predict(self, films: Any, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        """(batches, n, 1) of batches of rows (batches, n)."""


def calls(
    loop: Loop, source: NDArray[Any], rows: NDArray[np.int64]
) -> Iterator[tuple[Any, NDArray[np.int32], slice]]:
    """Batches of rows (steps, n) of the films (N, …), cut into calls: films, rows of these, and which steps."""
    films = loop.held(source)
    batch = rows.shape[1] * source[:1].nbytes
    most = STEPS if films is not None else max(1, min(STEPS, SENT // batch))
    for start in range(0, len(rows), most):
        part = slice(start, min(start + most, len(rows)))
        some = rows[part].astype(np.int32)
        if films is None:
            # Of several calls each is sent as many: their number is a shape.
            sent = np.resize(some, (most, some.shape[1])) if len(rows) > most else some
            yield source[sent.ravel()], np.arange(some.size, dtype=np.int32).reshape(some.shape), part
        else:
            yield films, some, part
