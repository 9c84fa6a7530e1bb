"""Which parameters a search's success hung on, and their values: what importances, slices and contours share.

table = searched(group, count=6)      # one row a complete trial and parameter, the six that mattered most by space
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from reports._evidence.groups import Group
from reports._evidence.rows import is_complete
from trials.study import importances
from xrays.tasks import TASKS

# With fewer scored trials, what looks important is mostly luck.
LEAST = 20
# So many trials tell what many more would, in half a second.
MOST = 500
SMOOTHING = 3  # epochs
COLUMNS = ["task", "space", "parameter", "place", "importance", "trials", "name", "value", "score", "constant"]


def searched(group: Group, count: int) -> pd.DataFrame:
    """One row a parameter and complete trial of its space, in the order of finishing, the most important parameter
    of a space first.

    place: 1 for the most important; importance: share of all; trials: that it was judged by, pruned ones
    included, an even choice of at most MOST;
    value: as the searcher gave it; constant: score of the constant predictor, NaN if unknown. A space with fewer
    than LEAST trials is left out, and so is one whose best trials nothing sets apart.
    """
    rows = group.rows
    constants = rows.loc[(rows["kind"] == "baseline") & (rows["label"] == "constant"), "score"]
    scored = is_complete(rows) & np.isfinite(rows["loss"].astype(float))
    # A trial on a smaller budget was no candidate for the first place.
    stopped = (rows["kind"] == "trial") & (rows["state"] == "pruned") & (rows["planned"] == 0)
    parts = []
    for _, own in rows[scored | stopped].groupby("space", sort=True):
        complete = own[scored[own.index]]
        if len(own) < LEAST or complete.empty:
            continue
        losses = (
            own["loss"].astype(float).fillna(_behind(own[~scored[own.index]], complete["loss"].astype(float).max()))
        )
        step = -(-len(own) // MOST)
        found = _importances(tuple(own["params"][::step]), tuple(losses[::step]))
        values = [json.loads(params) for params in complete["params"]]
        for place, (parameter, importance) in enumerate(found[:count], 1):
            parts.append(
                complete[["task", "space", "name", "score"]].assign(
                    parameter=parameter,
                    place=place,
                    importance=importance,
                    trials=len(own[::step]),
                    value=pd.Series([own[parameter] for own in values], index=complete.index, dtype=object),
                    constant=constants.iloc[0] if len(constants) else np.nan,
                )
            )
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _behind(stopped: pd.DataFrame, worst: float) -> pd.Series[float]:
    """Losses of pruned trials, all behind the complete ones: those that were stopped later first, of these the ones
    with the better last epochs. Only the order is used."""
    ends = [
        float(np.median([TASKS[task].loss(value) for value in folds[-1].curve[-SMOOTHING:]])) if folds else np.inf
        for task, folds in zip(stopped["task"], stopped["folds"], strict=True)
    ]
    order = pd.DataFrame({"epochs": -stopped["epochs"], "end": ends}, index=stopped.index)
    ranks = order.sort_values(["epochs", "end"], kind="stable").index
    return pd.Series(worst + np.arange(1.0, len(ranks) + 1), index=ranks)


@lru_cache(maxsize=16)
def _importances(params: tuple[str, ...], losses: tuple[float, ...]) -> tuple[tuple[str, float], ...]:
    """Several sections ask for the same."""
    values: list[dict[str, Any]] = [json.loads(one) for one in params]
    shared = set(values[0]).intersection(*values)
    if not shared:
        return ()
    return tuple(importances([{name: own[name] for name in sorted(shared)} for own in values], losses).items())
