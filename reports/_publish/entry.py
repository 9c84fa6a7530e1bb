"""What a tracking server calls a run, before any is asked: a search, a trial or a fold, with what is said of it.

entry = Entry(key="trial 7", parent="", name="trial 7", …)
entry.digest          # equal as long as the same is to be said
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from xrays.strict_json import as_json

Status = Literal["RUNNING", "FINISHED", "FAILED", "KILLED"]

OWN = "cxr."  # what the names of our tags begin with
SEARCH, KEY, DIGEST = f"{OWN}search", f"{OWN}key", f"{OWN}digest"
TOP = "search"  # the key of the search itself


@dataclass(frozen=True)
class Point:
    """A value of a metric. step: its place in the curve of that name; at: milliseconds since 1970, or None for a
    figure that is made when it is published, and may be another one the next time."""

    name: str
    value: float
    step: int = 0
    at: int | None = None


@dataclass(frozen=True)
class Entry:
    """key: its name within the search, for good: "search" for itself, "trial 7", "trial 7 fold 3"; parent: the
    key of the entry that it lies under, None for the search. began, ended: milliseconds since 1970, ended is None
    while it goes on. Points are finite."""

    key: str
    parent: str | None
    name: str
    status: Status
    began: int
    ended: int | None
    params: Mapping[str, str]
    tags: Mapping[str, str]
    points: tuple[Point, ...]

    @property
    def digest(self) -> str:
        """Of all that is said."""
        points = [(point.name, point.value, point.step, point.at) for point in self.points]
        said = [self.name, self.status, self.began, self.ended, dict(self.params), dict(self.tags), points]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()[:16]


def milliseconds(moment: str) -> int:
    """Since 1970, of a moment in ISO 8601."""
    return round(1000 * datetime.fromisoformat(moment).timestamp())


def finite(*points: Point) -> tuple[Point, ...]:
    """Those that are numbers: a server draws no NaN."""
    return tuple(point for point in points if math.isfinite(point.value))


def tags(said: Mapping[str, object]) -> dict[str, str]:
    """Under our own names, of what is not empty; text as it is, all else as JSON."""
    return {
        f"{OWN}{name}": value if isinstance(value, str) else as_json(value)
        for name, value in said.items()
        if value not in ("", None)
    }
