"""Films on fewer pixels, for the first part of a training, as a Keras layer. It stands before the predictor, never in
an export. Why to half the pixels, and not to half the side, is said in search_spaces/cnn.py.

    x = Shrink(45)(films)           # (None, 64, 64, 1) to (None, 45, 45, 1)
"""

from __future__ import annotations

import keras
import numpy as np
from keras import KerasTensor, ops
from numpy.typing import NDArray


class Shrink(keras.layers.Layer):
    """Each new pixel is the mean of the area that it covers, which no sharp edge falsifies; two products of matrices,
    which every backend has, and no resampling, which XLA lacks in some. Computes in float32 under any policy."""

    def __init__(self, side: int) -> None:
        """side: of the films that come out."""
        super().__init__(name="shrink", dtype="float32")
        self.side = side

    def call(self, films: KerasTensor) -> KerasTensor:
        """(films, S, S, 1) to (films, side, side, 1)."""
        means = means_of(films.shape[1], self.side)
        rows = ops.einsum("oi,fijc->fojc", means, films)
        return ops.einsum("pj,fojc->fopc", means, rows)


def means_of(before: int, after: int) -> NDArray[np.float32]:
    """(after, before): what each of the pixels before has in each of those after, which cover as much together."""
    edges, pixels = np.linspace(0, before, after + 1), np.arange(before)
    ends = np.minimum(pixels + 1, edges[1:, None]), np.maximum(pixels, edges[:-1, None])
    means: NDArray[np.float32] = (np.maximum(ends[0] - ends[1], 0) * after / before).astype(np.float32)
    return means
