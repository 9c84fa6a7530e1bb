"""The scale that all score intervals of a leaderboard share.

scale = scale_of(task, table)
scale.place(9.5)            # 0 to 100, in percent of the width
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from reports._drawing.metrics import Metric
from xrays.tasks import Task


@dataclass(frozen=True)
class Scale:
    """From the lowest to the highest score in sight."""

    low: float
    high: float

    def place(self, score: float) -> int:
        """In percent of the width; what is out of sight stands at the edge."""
        return round(100 * min(1.0, max(0.0, (score - self.low) / (self.high - self.low))))

    def label(self, metric: Metric) -> str:
        """`8.1 to 11.4`, in the unit that is shown."""
        return f"{metric.value(self.low)} to {metric.value(self.high)}"


def scale_of(task: Task, table: pd.DataFrame) -> Scale | None:
    """Wide enough for the better three quarters of the ranked trials and their folds: a wider one would show the best
    as one point. None where there are no two different scores."""
    ranked = table[table["rank"].notna()]
    mean = ranked[task.objective].astype(float)
    error = ranked[f"{task.objective}_se"].astype(float).fillna(0.0)
    seen = mean.map(task.loss) <= mean.map(task.loss).quantile(0.75)
    folds = [score for scores in ranked["by_fold"][seen] for score in scores.values() if math.isfinite(score)]
    low, high = min([(mean - error)[seen].min(), *folds]), max([(mean + error)[seen].max(), *folds])
    return Scale(float(low), float(high)) if low < high else None
