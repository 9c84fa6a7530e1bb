"""What a graphics card keeps of the films of a worker: once, for all networks of all its trials.

    on_card = OnCard(limit=2**31)                       # a worker's, as its setup says
    on_card.of(images, 2 * images.nbytes, put)          # put(images), the first time; None where there is no room

Several workers may share a card: what each of them keeps is counted when their number is chosen
(`runners/_search/place.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._workers.messages import HELD


class OnCard:
    """A class because it owns memory of the card."""

    def __init__(self, limit: int = HELD) -> None:
        """limit: bytes of all that is kept at a time."""
        self._limit = limit
        # With the arrays themselves, since another one might come to lie where one that is gone has been.
        self._kept: dict[object, tuple[int, NDArray[Any], Any]] = {}

    def of(self, source: NDArray[Any], size: int, put: Callable[[NDArray[Any]], Any]) -> Any:
        """What `put` has made of the source, `size` bytes, now or before: two arrays are one source where they are
        views of the same values. What was put first makes room. None for a source that is too large."""
        if size > self._limit:
            return None
        key = source.__array_interface__["data"][0], source.shape, source.dtype
        if key not in self._kept:
            while self._kept and size + sum(taken for taken, _, _ in self._kept.values()) > self._limit:
                del self._kept[next(iter(self._kept))]
            self._kept[key] = size, source, put(np.asarray(source))
        return self._kept[key][2]
