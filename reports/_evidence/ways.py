"""Ways to a model that were scored on one hold-out, at as many openings as there were.

    for one in latest_of_each(run.openings(), task.objective): one.name, one.way["metrics"], one.difference

Every opening compares its ways with the one that was exported at it. All of them are of the same films, so that
openings go together in one table, in which no way stands twice.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Row = Mapping[str, Any]
Key = tuple[str, int | None]  # way, and its trial where it is of one

OF_ONE_TRIAL = ("refit", "folds")  # each trial has its own
ALIKE = 1e-4  # scores of one model, asked again


@dataclass(frozen=True)
class Scored:
    """way: its row at the opening that its numbers are from; exported: at that opening; difference: of its score to
    that of what was exported last, NaN for this one; difference_interval: None where the two were never scored at
    one opening."""

    name: str
    way: Row
    opening: Row
    exported: bool
    difference: float
    difference_interval: Sequence[float] | None


def latest_of_each(openings: Sequence[Row], objective: str) -> list[Scored]:
    """What was exported last first, then what else was exported, then what was only compared. openings: of a run, the
    latest last; objective: the metric that is compared."""
    opened = [opening for opening in openings if opening.get("ways")]
    if not opened:
        return []
    latest = opened[::-1]
    found = {_key(opening, opening["ways"][0]): (opening, opening["ways"][0]) for opening in opened}
    keys = [_key(opening, opening["ways"][0]) for opening in latest]
    for opening in latest:
        for way in opening["ways"][1:]:
            keys.append(key := _key(opening, way))
            found.setdefault(key, (opening, way))
    several = {trial for _, trial in keys} - {None}
    first = found[keys[0]][1]
    scored = []
    for key in dict.fromkeys(keys):
        opening, way = found[key]
        name = f"{key[0]} of trial {key[1]}" if key[1] is not None and len(several) > 1 else key[0]
        difference = way["metrics"][objective] - first["metrics"][objective] if key != keys[0] else math.nan
        ends = _paired(latest, (key, way), (keys[0], first))
        scored.append(Scored(name, way, opening, way is opening["ways"][0], difference, ends))
    return scored


def _key(opening: Row, way: Row) -> Key:
    return way["way"], opening["trial"] if way["way"] in OF_ONE_TRIAL else None


def _paired(latest: Sequence[Row], one: tuple[Key, Row], other: tuple[Key, Row]) -> Sequence[float] | None:
    """The interval of one's score less the other's, where these two were compared."""
    for opening in latest:
        exported, *compared = ((_key(opening, way), way) for way in opening["ways"])
        for given in compared:
            if (ends := given[1]["difference_interval"]) is None:
                continue
            if _same(given, one) and _same(exported, other):
                return list(ends)
            if _same(given, other) and _same(exported, one):
                return [-ends[1], -ends[0]]
    return None


def _same(one: tuple[Key, Row], other: tuple[Key, Row]) -> bool:
    """Whether it is one way that has answered alike: what was trained anew may not have."""
    of, at = one[1]["metrics"], other[1]["metrics"]
    return one[0] == other[0] and all(math.isclose(of[name], at[name], rel_tol=ALIKE) for name in of)
