"""In which order an epoch trains on films, and how many steps it has.

order = EpochOrder(rows, films=1024, seed=7)
order.epoch(0)                         # (1024,) rows
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


def steps_per_epoch(films: float, batch_size: int) -> int:
    """The same in all folds, since a schedule's length is a constant of the graph. films: of an average fold."""
    return max(1, round(films / batch_size))


@dataclass(frozen=True)
class EpochOrder:
    """A window of shuffled passes over the rows (n,), laid end to end, so that every epoch has the same number of
    full batches and no film is left out for good. films: in an epoch."""

    rows: NDArray[np.int64]
    films: int
    seed: int

    def epoch(self, number: int) -> NDArray[np.int64]:
        """(films,) rows of the epoch of that number (0-based)."""
        count, start = len(self.rows), number * self.films
        passes = range(start // count, (start + self.films - 1) // count + 1)
        laid = np.concatenate([np.random.default_rng((self.seed, n)).permutation(self.rows) for n in passes])
        offset = start - passes[0] * count
        return laid[offset : offset + self.films]
