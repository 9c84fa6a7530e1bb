"""What trials that were lost in the same way have in common: a region of the space that cannot be trained shows so.

in_common(lost, trained)        # [Common("residual", True, 0.42), …], rows of a trials table
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import pandas as pd

LUCK = 0.05  # a value that so many trials share by luck no more often than that says something
MOST = 6


@dataclass(frozen=True)
class Common:
    """others: the share of the other trials that have the value, too."""

    name: str
    value: object
    others: float


def in_common(lost: pd.DataFrame, trained: pd.DataFrame) -> list[Common]:
    """Parameters with one value in all lost trials that is rare among the trained ones of these spaces, the rarest
    first, at most MOST. Nothing of a single trial, of which everything is shared."""
    trained = trained[trained["space"].isin(set(lost["space"]))]
    if len(lost) < 2 or trained.empty:
        return []
    first, *rest = (json.loads(params) for params in lost["params"])
    others = [json.loads(params) for params in trained["params"]]
    shared = []
    for name, value in first.items():
        if all(name in one and one[name] == value for one in rest):
            having = sum(one.get(name) == value for one in others)
            if ((having + 1) / (len(others) + 2)) ** len(lost) <= LUCK:
                shared.append(Common(name, value, having / len(others)))
    return sorted(shared, key=lambda common: (common.others, common.name))[:MOST]
