"""The best rows of the trials table: those that may be ranked, in the order of `trials/final.py`.

best_trials(trials_frame(runs), 10)
"""

from __future__ import annotations

import pandas as pd


def is_complete(rows: pd.DataFrame) -> pd.Series[bool]:
    """Trials that may be ranked."""
    return (rows["kind"] == "trial") & (rows["state"] == "complete") & rows["loss"].notna()


def over_seeds(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with finalists' scores and folds as means over their seeds, by which they are ranked; `place` is 0 for
    these and 1 for all others, which come after them whatever they have scored with one seed (trials/final.py)."""
    ranked = rows.assign(place=[0 if means else 1 for means in rows["over_seeds"]], loss=rows["loss"].astype(float))
    for name in next((means for means in rows["over_seeds"] if means), {}):
        own = zip(rows[name], rows["over_seeds"], strict=True)
        ranked[name] = pd.Series([means.get(name, value) for value, means in own], index=rows.index)
    return ranked


def best_trials(rows: pd.DataFrame, count: int) -> pd.DataFrame:
    """The best complete trials, best first, as `over_seeds` has them; of equal ones the earlier."""
    ranked = over_seeds(rows[is_complete(rows)])
    return ranked.sort_values(["place", "loss", "run", "number"], kind="stable").head(count)
