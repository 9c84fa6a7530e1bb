"""Steps one by one, on any backend: for those that have no loop of their own.

SteppedLoop(model).train(films, rows, truth)         # (steps,) losses
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import keras


class SteppedLoop:
    """A class like those of the other backends."""

    def __init__(self, model: keras.Model) -> None:
        """model: compiled."""
        self._model = model

    def held(self, source: NDArray[Any]) -> NDArray[Any]:
        return source

    def train(self, films: Any, rows: NDArray[np.int32], truth: NDArray[np.float32]) -> NDArray[np.float32]:
        losses = [
            self._model.train_on_batch(films[chosen], known, return_dict=True)["loss"]
            for chosen, known in zip(rows, truth, strict=True)
        ]
        return np.array(losses, np.float32)

    def predict(self, films: Any, rows: NDArray[np.int32]) -> NDArray[np.float32]:
        return np.stack([np.asarray(self._model.predict_on_batch(films[chosen]), np.float32) for chosen in rows])
