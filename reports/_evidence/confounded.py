"""What trials with an augmentation scored beside those without it. The search chose who got which, so this is no
measurement: trials with it differ in everything else, too.

rows = observed(group)          # one dict a space and operation
"""

from __future__ import annotations

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


class Effect(NamedTuple):
    difference: float
    low: float
    high: float


def observed(group: Group) -> list[dict[str, Any]]:
    """on, off: complete trials with and without the operation, any: with and without any augmentation. raw: mean
    score of the first less that of the second; difference, low, high: the same after what the other parameters
    explain is taken away. Spaces with fewer than LEAST complete trials, and operations with fewer than LEAST_EACH on
    a side, are left out."""
    found: dict[str, list[tuple[TrialResult, float]]] = {}
    for store in group.runs:
        scored = [(result, result.score(group.task)) for result in store.trials()]
        own = [(result, score) for result, score in scored if score is not None and np.isfinite(score)]
        found.setdefault(store.experiment.space, []).extend(own)
    return [row for space, pairs in found.items() if len(pairs) >= LEAST for row in _of_space(group, space, pairs)]


def _of_space(group: Group, space: str, pairs: Sequence[tuple[TrialResult, float]]) -> list[dict[str, Any]]:
    trials = [trial for trial, _ in pairs]
    scores = _in_sight(group, space, np.array([score for _, score in pairs]))
    acting = pd.DataFrame([_acting(trial) for trial in trials]).fillna(False).astype(bool)
    others = _columns(trials)
    rows = []
    for name in acting:
        on = acting[name].to_numpy()
        if min(on.sum(), (~on).sum()) < LEAST_EACH:
            continue
        rest = acting.drop(columns=["any", name], errors="ignore") if name != "any" else acting[[]]
        adjusted = partial_effect(scores, on.astype(float), np.hstack([others, rest.to_numpy(float)]))
        rows.append({
            "space": space,
            "operation": str(name),
            "on": int(on.sum()),
            "off": int((~on).sum()),
            "raw": float(scores[on].mean() - scores[~on].mean()),
            **adjusted._asdict(),
        })  # fmt: skip
    return rows


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
    own = {name: acting.get(name) is True for name in names}
    return {"any": any(own.values()), **own}


def _columns(trials: Sequence[TrialResult]) -> Matrix:
    """(n, p) the parameters that are no augmentation, as numbers: rates by their logarithm, options as 0 and 1."""
    table = pd.DataFrame([{k: v for k, v in trial.params.items() if not k.startswith(AUGMENT)} for trial in trials])
    columns = []
    for name in table:
        own = table[name]
        numbers = own.map(lambda value: isinstance(value, int | float) and not isinstance(value, bool)).all()
        if not numbers:
            columns.append(pd.get_dummies(own.astype(str)).to_numpy(float))
            continue
        values = own.to_numpy(float)
        wide = values.min() > 0 and values.max() / values.min() > 10
        columns.append((np.log(values) if wide else values)[:, None])
    return np.hstack(columns) if columns else np.empty((len(trials), 0))


def partial_effect(outcome: Matrix, treatment: Matrix, others: Matrix) -> Effect:
    """What the outcome changes by with the treatment, from what `others` leave unexplained of both (n,): ridge
    regressions whose penalty and residuals are those of left-out trials, then one slope (Robinson 1988; Chernozhukov
    et al. 2018, with leaving out one trial in the place of folds). Interval: ± 1.96 errors that allow for unequal
    spread. NaN where the others explain the treatment in full."""
    y, x = left_out(outcome, others), left_out(treatment, others)
    power = float(x @ x)
    if power < 1e-9:
        return Effect(np.nan, np.nan, np.nan)
    slope = float(x @ y) / power
    rest = y - slope * x
    error = float(np.sqrt(np.sum((x * rest) ** 2))) / power
    return Effect(slope, slope - 1.96 * error, slope + 1.96 * error)


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
