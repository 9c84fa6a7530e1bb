"""Single films with their maps: the worst, the best and the middling answers, and all that the user has given.

entries, drawings = single_films(explanation, maps, border, films)
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._explain.films import ExplainedFilms
from runners._explain.legends import enlarge, file_names, on_film
from runners._explain.messages import ExplainReply
from runners._explain.pictures import SIDE, Drawing, overlay_png
from xrays.pictures import as_read, png

EACH = 4  # films of each kind


def single_films(
    explanation: ExplainReply, maps: NDArray[np.float32], border: NDArray[np.float64], films: ExplainedFilms
) -> tuple[list[dict[str, Any]], dict[str, Drawing]]:
    """What there is to say of each film, and pictures by name. maps: (n, S, S) in -1…1; border: (n,) the share of
    attention there, NaN for blank maps."""
    error = np.abs(explanation.predictions - films.targets)
    known = np.flatnonzero(np.isfinite(error))
    order = known[np.argsort(error[known], kind="stable")]
    middle = max(0, (len(order) - EACH) // 2)
    kinds = {
        "worst": order[::-1][:EACH],
        "typical": order[middle : middle + EACH],
        "best": order[:EACH],
        "given": np.arange(len(films.names) if films.given else 0),
    }
    entries: list[dict[str, Any]] = []
    pictures: dict[str, Drawing] = {}
    taken: set[int] = set()
    stems = file_names(films.names) if films.given else []
    for kind, rows in kinds.items():
        for number, row in enumerate((row for row in rows.tolist() if row not in taken), 1):
            taken.add(row)
            name = stems[row] if kind == "given" else f"{kind}-{number}"
            plain, marked = f"{name}.png", f"{name}-map.png"
            if films.given and kind == "given":
                film = partial(films.given, row)
                pictures[plain] = partial(_given, film)
                pictures[marked] = partial(_given_map, film, maps[row], films.ends)
            else:
                small = as_read(films.images[row], SIDE)
                pictures[plain], pictures[marked] = partial(png, small), partial(overlay_png, small, maps[row])
            label, share = float(films.targets[row]), float(border[row])
            entries.append(
                {
                    "kind": kind,
                    "film": films.names[row],
                    "label": label if np.isfinite(label) else None,
                    "prediction": float(explanation.predictions[row]),
                    "border": share if np.isfinite(share) else None,
                    "picture": plain,
                    "overlay": marked,
                }
            )
    return entries, pictures


def _given(film: Callable[[], NDArray[np.uint8]]) -> bytes:
    return png(enlarge(film()))


def _given_map(film: Callable[[], NDArray[np.uint8]], map_: NDArray[np.float32], ends: tuple[str, str]) -> bytes:
    return png(on_film(film(), map_, ends))
