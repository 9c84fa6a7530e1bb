"""Which parameters a search's success hung on, and their values: what importances, slices and contours share.

table = parameter_rows(group, count=6)      # one row a trial and parameter, those that stand out first, six a space
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from statistics import median

import numpy as np
import pandas as pd

from reports._evidence.groups import Group
from trials.best import is_complete
from trials.domains import Domain, joined
from trials.importance import ENOUGH, Importances, importances
from trials.records import FoldScore, Scalar
from xrays.tasks import Task

# With fewer trials that got a score there is no picture to look at.
LEAST = 20
SMOOTHING = 3  # epochs
COLUMNS = ["task", "space", "parameter", "place", "stands", "importance", "low", "high", "chance",
           "complete", "name", "state", "value", "score", "constant"]  # fmt: skip


def parameter_rows(group: Group, count: int) -> pd.DataFrame:
    """One row a parameter and trial of its space, in the order of finishing. Of the parameters that varied come first
    those that stand out from chance, the most important first, then the others in the order of the space.

    place: 1 for the first; stands: whether its importance is larger than chance; importance: share of the differences
    between the complete trials that it explains by itself, low, high: between which it lies when a fifth of them is
    left out; chance: what only one search in twenty passes whose scores hang on nothing; all of these NaN where the
    complete trials are fewer than ENOUGH. complete: how many there are. state: complete, or pruned for one that was
    stopped, whose score then is that of as far as it came; value: as the searcher gave it; constant: score of the
    constant predictor, NaN if unknown. A space with fewer than LEAST trials is left out.
    """
    rows = group.rows
    constants = rows.loc[(rows["kind"] == "baseline") & (rows["label"] == "constant"), "score"]
    scored = is_complete(rows) & np.isfinite(rows["loss"].astype(float))
    # A trial on a smaller budget was no candidate for the first place.
    stopped = (rows["kind"] == "trial") & (rows["state"] == "pruned") & (rows["reduced"] == 0)
    parts = []
    for _, of_space in rows[scored | stopped].groupby("space", sort=True):
        ended = scored[of_space.index]
        if len(of_space) < LEAST or not ended.any():
            continue
        values = pd.Series([json.loads(params) for params in of_space["params"]], index=of_space.index)
        varied = _varied(
            [group.run(run).provenance.domains for run in dict.fromkeys(of_space["run"])], values.tolist()
        )
        weighed = Importances({}, {}, np.nan)
        if ended.sum() >= ENOUGH:
            given = tuple(json.dumps({name: params[name] for name in varied}) for params in values[ended])
            weighed = _importances(tuple(varied.items()), given, tuple(of_space.loc[ended, "loss"].astype(float)))
        scores = [_so_far(group.task, folds) for folds in of_space["folds"]]
        for place, parameter in enumerate(dict.fromkeys([*weighed.standing, *varied]), 1):
            if place > count:
                break
            low, high = weighed.spans.get(parameter, (np.nan, np.nan))
            parts.append(
                of_space[["task", "space", "name", "state"]].assign(
                    parameter=parameter,
                    place=place,
                    stands=parameter in weighed.standing,
                    importance=weighed.shares.get(parameter, np.nan),
                    low=low,
                    high=high,
                    chance=weighed.chance,
                    complete=int(ended.sum()),
                    value=pd.Series([each[parameter] for each in values], index=of_space.index, dtype=object),
                    score=scores,
                    constant=constants.iloc[0] if len(constants) else np.nan,
                )
            )
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _varied(domains: Sequence[Mapping[str, Domain]], params: Sequence[Mapping[str, Scalar]]) -> dict[str, Domain]:
    """The parameters of which several values were tried, in the order of the space, over all of its runs. One that a
    trial lacks is left out: a run may come from an older version of the space."""
    shared = [name for name in domains[0] if all(name in given for given in (*domains, *params))]
    whole = {name: joined([given[name] for given in domains]) for name in shared}
    return {
        name: domain for name, domain in whole.items() if domain and len({str(given[name]) for given in params}) > 1
    }


def _so_far(task: Task, folds: Sequence[FoldScore]) -> float:
    """Mean over the folds; of one that was stopped, the middle one of its last epochs."""
    scores = [
        fold.metrics[task.objective] if fold.complete else median(fold.curve[-SMOOTHING:])
        for fold in folds
        if fold.complete or fold.curve
    ]
    return float(np.mean(scores)) if scores else float("nan")


@lru_cache(maxsize=16)
def _importances(
    domains: tuple[tuple[str, Domain], ...], params: tuple[str, ...], losses: tuple[float, ...]
) -> Importances:
    """Several sections ask for the same."""
    return importances(dict(domains), [json.loads(one) for one in params], losses)
