"""Whether intervals around answers hold, and how wide they are: rows for films, or for patients.

rows = coverage_rows("film", 0.9, holds, half, groups)
"""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from reports._evidence.winner import estimates

COLUMNS = ["task", "of", "figure", "level", "value", "low", "high", "n"]


def coverage_rows(
    of: str,
    level: float,
    holds: NDArray[np.bool_],
    half: NDArray[np.float64],
    groups: NDArray[np.str_],
    number: int | None = None,
) -> list[tuple[object, ...]]:
    """One row a figure (coverage: share whose interval holds, width: mean of the whole one, in the label's unit), as
    COLUMNS without the task. of: a film, a patient; level: the share that is promised; holds, half (of the width),
    groups: (n,); number: of films, or patients, where an answer is no other film."""
    found = estimates(partial(_figures, holds, half), groups, {"coverage": np.ones(len(holds), np.bool_)})
    return [(of, name, level, *found[name], len(holds) if number is None else number) for name in found]


def _figures(
    holds: NDArray[np.bool_], half: NDArray[np.float64], weights: NDArray[np.floating]
) -> dict[str, NDArray[np.floating]]:
    sums = weights @ np.stack([holds, 2 * half], axis=1).astype(weights.dtype)
    covered, width = (sums / weights.sum(axis=1)[:, None]).T
    return {"coverage": covered, "width": width}
