"""What trials with an augmentation scored beside those without it. The search chose who got which, so this is no
measurement: trials with it differ in everything else, too.

rows = operation_rows(group)          # one dict a space and operation
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._evidence.groups import Group
from trials.records import TrialResult

LEAST = 10  # complete trials of a space
LEAST_EACH = 3  # of them with the operation, and as many without
PENALTIES = np.logspace(-1, 4, 26)
AUGMENT = "augment_"

Matrix = NDArray[np.float64]


class ScoredTrial(NamedTuple):
    """A complete trial, the run that it is of, and its score."""

    run: str
    trial: TrialResult
    score: float


def operation_rows(group: Group) -> list[dict[str, Any]]:
    """on, off: complete trials with and without the operation, any: with and without any augmentation. difference:
    mean score of the first less that of the second, low and high its 95 % interval, as if the trials were a random
    sample (Welch); adjusted: the same after what the run and the other parameters explain is taken away. Spaces with
    fewer than LEAST complete trials, and operations with fewer than LEAST_EACH on a side, are left out."""
    by_space: dict[str, list[ScoredTrial]] = {}
    for store in group.runs:
        scored = [ScoredTrial(store.path.name, trial, trial.score(group.task) or np.nan) for trial in store.trials()]
        by_space.setdefault(store.experiment.space, []).extend(seen for seen in scored if np.isfinite(seen.score))
    return [row for space, seen in by_space.items() if len(seen) >= LEAST for row in _of_space(group, space, seen)]


def _of_space(group: Group, space: str, seen: Sequence[ScoredTrial]) -> list[dict[str, Any]]:
    scores = _in_sight(group, space, np.array([each.score for each in seen]))
    acting = pd.DataFrame([_acting(each.trial) for each in seen]).fillna(False).astype(bool)
    runs = pd.get_dummies(pd.Series([each.run for each in seen])).to_numpy(float)
    others: Matrix = np.hstack([_columns([each.trial for each in seen]), runs])
    rows = []
    for name in acting:
        on = acting[name].to_numpy()
        if min(on.sum(), (~on).sum()) < LEAST_EACH:
            continue
        rest = acting.drop(columns=["any", name], errors="ignore") if name != "any" else acting[[]]
        low, high = _welch(scores[on], scores[~on])
        rows.append({
            "space": space,
            "operation": str(name),
            "on": int(on.sum()),
            "off": int((~on).sum()),
            "difference": float(scores[on].mean() - scores[~on].mean()),
            "low": low,
            "high": high,
            "adjusted": partial_effect(scores, on.astype(float), np.hstack([others, rest.to_numpy(float)])),
        })  # fmt: skip
    return rows


def _welch(one: Matrix, other: Matrix) -> tuple[float, float]:
    from scipy.stats import ttest_ind

    if not (np.ptp(one) or np.ptp(other)):
        return float("nan"), float("nan")
    with warnings.catch_warnings():
        # The trials of one group may be all as bad as the constant: SciPy warns where values are alike.
        warnings.simplefilter("ignore", RuntimeWarning)
        ends = ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    return float(ends.low), float(ends.high)


def _in_sight(group: Group, space: str, scores: Matrix) -> Matrix:
    """A trial that is worse than the constant predictor counts as that: one that diverged would decide every mean."""
    rows = group.frame
    constant = rows[(rows["kind"] == "baseline") & (rows["label"] == "constant") & (rows["space"] == space)]["score"]
    known = constant.astype(float).dropna()
    if known.empty:
        return scores
    limit = float(known.iloc[0])
    return np.minimum(scores, limit) if group.task.direction == "min" else np.maximum(scores, limit)


def _acting(trial: TrialResult) -> dict[str, bool]:
    """Every operation that the space has: whether it had an effect in this trial. The recipe names those alone."""
    acting = trial.recipe.get("augment", {})
    names = [
        name.removeprefix(AUGMENT)
        for name, value in trial.params.items()
        if name.startswith(AUGMENT) and isinstance(value, bool)
    ]
    effects = {name: acting.get(name) is True for name in names}
    return {"any": any(effects.values()), **effects}


def _columns(trials: Sequence[TrialResult]) -> Matrix:
    """(n, p) the parameters that are no augmentation, as numbers: rates by their logarithm, options as 0 and 1."""
    table = pd.DataFrame([{k: v for k, v in trial.params.items() if not k.startswith(AUGMENT)} for trial in trials])
    columns = []
    for name in table:
        column = table[name]
        numbers = column.map(lambda value: isinstance(value, int | float) and not isinstance(value, bool)).all()
        if not numbers:
            columns.append(pd.get_dummies(column.astype(str)).to_numpy(float))
            continue
        values = column.to_numpy(float)
        wide = values.min() > 0 and values.max() / values.min() > 10
        columns.append((np.log(values) if wide else values)[:, None])
    return np.hstack(columns) if columns else np.empty((len(trials), 0))


def partial_effect(outcome: Matrix, treatment: Matrix, others: Matrix) -> float:
    """What the outcome changes by with the treatment, from what `others` leave unexplained of both (n,): ridge
    regressions whose penalty and residuals are those of left-out trials, then one slope (Robinson 1988; Chernozhukov
    et al. 2018, with leaving out one trial in the place of folds). NaN where the others explain the treatment in
    full. No interval: a ridge leaves some of what it should take away, and one that treats that as chance holds the
    truth in no more than half of all cases with 20 trials and 45 columns."""
    y, x = left_out(outcome, others), left_out(treatment, others)
    power = float(x @ x)
    return float(x @ y) / power if power > 1e-9 else float("nan")


def left_out(values: Matrix, others: Matrix) -> Matrix:
    """(n,) values less what a ridge regression of all the other trials predicts for each."""
    n = len(values)
    spread = others.std(axis=0)
    columns = (others - others.mean(axis=0))[:, spread > 0] / spread[spread > 0]
    u, sizes, _ = np.linalg.svd(columns, full_matrices=False)
    centred = values - values.mean()
    best: Matrix = centred * n / (n - 1)  # the mean of all others alone
    for penalty in PENALTIES:
        shrunk = sizes**2 / (sizes**2 + penalty)
        leverage = (u**2 * shrunk).sum(axis=1) + 1 / n
        residuals = (centred - u @ (shrunk * (u.T @ centred))) / np.maximum(1 - leverage, 1e-6)
        if residuals @ residuals < best @ best:
            best = residuals
    return best
