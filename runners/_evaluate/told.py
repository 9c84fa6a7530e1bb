"""What a model's card, which may be a stranger's, tells that an evaluation needs.

seen_by(card, model), pictures(card, arrays, rows), scores_before(card, task)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.cards import takes_vectors
from trials.lineage import SeenFilms
from trials.typed import typed
from xrays.arrays import XrayArrays
from xrays.pixels.facts import properties
from xrays.statistics.bootstrap import Interval
from xrays.tasks import Task

UNKNOWN = Interval(math.nan, math.nan)


def seen_by(card: Mapping[str, Any], model: Path) -> SeenFilms:
    """The films that the model has met."""
    try:
        return SeenFilms.from_json(card["films_seen"])
    except (ValueError, TypeError, KeyError, AttributeError):
        return SeenFilms(unknown=(model.name,))


def pictures(card: Mapping[str, Any], arrays: XrayArrays, rows: NDArray[np.intp]) -> dict[str, Any]:
    """Ranges of the training films, and what these films have of it: nothing for vectors."""
    ranges = {} if takes_vectors(card) else card["input"].get("pictures", {})
    of_all = properties(arrays.facts())
    usual = {name: (float(ends[0]), float(ends[1])) for name, ends in ranges.items() if name in of_all}
    return {"usual": usual, "properties": {name: of_all[name][rows] for name in usual}}


def scores_before(card: Mapping[str, Any], task: Task) -> dict[str, tuple[float, Interval]]:
    """What the card says of its own films, of a stranger's as far as it can be read."""
    before = ", before it was recalibrated" if card.get("recalibrated") else ""
    hold_out = card.get("hold_out")
    ends = hold_out.get("interval") if isinstance(hold_out, Mapping) else None
    found = {}
    for name, of in (
        ("cross-validation", ("cross_validation", task.objective, "mean")),
        ("its hold-out", ("hold_out", "metrics", task.objective)),
    ):
        part: Any = card
        for key in of:
            part = part.get(key) if isinstance(part, Mapping) else None
        if isinstance(part, float | int) and math.isfinite(part):
            found[name] = float(part), UNKNOWN
    with suppress(ValueError, TypeError):
        if ends and "its hold-out" in found:
            found["its hold-out"] = found["its hold-out"][0], Interval(*typed(list[float], ends))
    return {f"{name}{before}": value for name, value in found.items()}
