"""Which parameters a search's success hung on, and their values: what importances, slices and contours share.

table = searched(group, count=6)      # one row a trial and parameter, the six that mattered most by space
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

from reports._evidence.groups import Group
from reports._evidence.rows import is_complete
from trials.records import FoldScore
from trials.study import importances
from xrays.tasks import TASKS, Task

# With fewer trials that got a score, what looks important is mostly luck.
LEAST = 20
# So many trials tell what many more would, in half a second.
MOST = 500
# Of so few the best are counted on the fingers, and one of them may decide.
FEW = 100
SMOOTHING = 3  # epochs
COLUMNS = ["task", "space", "parameter", "place", "importance", "low", "high", "trials", "complete", "name", "state",
           "value", "score", "constant"]  # fmt: skip


def searched(group: Group, count: int) -> pd.DataFrame:
    """One row a parameter and trial of its space, in the order of finishing, the most important parameter of a space
    first.

    place: 1 for the most important; importance: share of all; low, high: between which it lies when one of the best
    trials is left out, NaN with more than FEW trials; trials: that it was judged by, stopped ones included, an even
    choice of at most MOST; complete: how many of the space's trials are. state: complete, or pruned for one that was
    stopped, whose score then is that of as far as it came; value: as the searcher gave it; constant: score of the
    constant predictor, NaN if unknown. A space with fewer than LEAST trials is left out, and so is one whose best
    trials nothing sets apart.
    """
    rows = group.rows
    constants = rows.loc[(rows["kind"] == "baseline") & (rows["label"] == "constant"), "score"]
    scored = is_complete(rows) & np.isfinite(rows["loss"].astype(float))
    # A trial on a smaller budget was no candidate for the first place.
    stopped = (rows["kind"] == "trial") & (rows["state"] == "pruned") & (rows["planned"] == 0)
    parts = []
    for _, own in rows[scored | stopped].groupby("space", sort=True):
        ended = scored[own.index]
        if len(own) < LEAST or not ended.any():
            continue
        losses = own["loss"].astype(float)
        losses = losses.fillna(_behind(own[~ended], losses.max()))
        step = -(-len(own) // MOST)
        values = [json.loads(params) for params in own["params"]]
        shared = sorted(set(values[0]).intersection(*values))  # names that all trials have
        judged = tuple(json.dumps({name: given[name] for name in shared}) for given in values[::step])
        found = _importances(judged, tuple(losses[::step]))
        scores = [_so_far(group.task, folds) for folds in own["folds"]]
        for place, (parameter, (importance, low, high)) in enumerate(found[:count], 1):
            parts.append(
                own[["task", "space", "name", "state"]].assign(
                    parameter=parameter,
                    place=place,
                    importance=importance,
                    low=low,
                    high=high,
                    trials=len(own[::step]),
                    complete=int(ended.sum()),
                    value=pd.Series([each[parameter] for each in values], index=own.index, dtype=object),
                    score=scores,
                    constant=constants.iloc[0] if len(constants) else np.nan,
                )
            )
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _so_far(task: Task, folds: Sequence[FoldScore]) -> float:
    """Mean over the folds; of one that was stopped, the middle one of its last epochs."""
    scores = [
        fold.metrics[task.objective] if fold.complete else float(np.median(fold.curve[-SMOOTHING:]))
        for fold in folds
        if fold.complete or fold.curve
    ]
    return float(np.mean(scores)) if scores else float("nan")


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
def _importances(
    params: tuple[str, ...], losses: tuple[float, ...]
) -> tuple[tuple[str, tuple[float, float, float]], ...]:
    """Name -> importance, low, high. Several sections ask for the same."""
    values: list[dict[str, Any]] = [json.loads(one) for one in params]
    if not values[0]:
        return ()
    found = importances(values, losses)
    few = len(losses) <= FEW
    ends = _without_one(values, losses, found) if few else dict.fromkeys(found, (np.nan, np.nan))
    return tuple((name, (share, *ends[name])) for name, share in found.items())


def _without_one(
    values: Sequence[dict[str, Any]], losses: Sequence[float], found: dict[str, float]
) -> dict[str, tuple[float, float]]:
    """Least and largest importance of each parameter when one of the best trials is left out."""
    best = sorted(range(len(losses)), key=losses.__getitem__)[: max(5, len(losses) // 10)]
    known = [found]
    for left in best:
        kept = [place for place in range(len(losses)) if place != left]
        known.append(importances([values[place] for place in kept], [losses[place] for place in kept]))
    return {name: (min(o.get(name, 0.0) for o in known), max(o.get(name, 0.0) for o in known)) for name in found}
