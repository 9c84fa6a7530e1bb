"""What the best trial cannot be told from, and the smallest of it.

found = ties(group)             # None where nobody knows
found.tied, found.smallest      # rows; the smallest, where it is smaller than the best, else None
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports._evidence.groups import Group
from trials.best import best_trials, over_seeds


@dataclass(frozen=True)
class Ties:
    """best: the best trial; tied: the others that may be as good, as they are ranked; smallest: of these the one with
    the fewest parameters, None where none has fewer than the best, or the sizes are not known."""

    best: pd.Series[Any]
    tied: pd.DataFrame
    smallest: pd.Series[Any] | None


def ties(group: Group) -> Ties | None:
    """None without a best trial whose distance to another one is known."""
    choice, first = group.choice, best_trials(group.rows, 1)
    if choice is None or first.empty or len(choice.behind) < 2:
        return None
    rows, best = over_seeds(group.rows), first.iloc[0]
    keys = pd.Series(list(zip(rows["run"], rows["number"], strict=True)), index=rows.index, dtype=object)
    tied = rows[keys.isin(choice.tied) & (rows["kind"] == "trial")]
    sizes = tied["parameters"].astype(float)
    smallest = tied[sizes == sizes.min()].iloc[0] if sizes.notna().any() else None
    if smallest is not None and not pd.isna(best["parameters"]) and best["parameters"] <= smallest["parameters"]:
        smallest = None
    return Ties(best, tied, smallest)
