"""Single films on the page, read from the prepared arrays as long as they are where the search had them.

films, why = pixels_of(store, rows)         # {row: (s, s) uint8}, None; or {} and why not
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.pictures import as_read

SIDE = 128  # px of a film at most


def pixels_of(
    store: RunStore, rows: Sequence[int], side: int = SIDE
) -> tuple[dict[int, NDArray[np.uint8]], str | None]:
    """Row of the arrays -> film, (s, s) uint8 with bones white, s at most `side`, and why there are none, or None."""
    try:
        arrays = XrayArrays.open(Path(store.provenance.arrays))
    except (UserError, OSError, ValueError, EOFError):  # the last: an empty file
        return {}, "The prepared films are not where the search had them, so they are not shown."
    if arrays.pixels != store.experiment.pixels:
        return {}, "Where the search had its films there are others now, so they are not shown."
    return {row: as_read(arrays.images[row], side) for row in rows}, None
