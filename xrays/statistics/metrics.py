"""Scores of predictions against labels, the same for folds, baselines, hold-out and report.

score(TASKS["age"], truth, predicted)     # {"mae": 9.8, "rmse": 12.4, "r2": 0.55}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrays.statistics.classification import auc
from xrays.tasks import Task


def score(task: Task, truth: NDArray[np.floating], predicted: NDArray[np.floating]) -> dict[str, float]:
    """Every metric of the task.

    truth: (n,) in the task's unit, or class 0 / 1; no missing values. predicted: (n,) in that unit, or the
    probability of class 1.
    Raises ValueError on different lengths, no films, or a prediction that is no finite number.
    """
    truth, predicted = np.asarray(truth, np.float64), np.asarray(predicted, np.float64)
    if truth.shape != predicted.shape or truth.ndim != 1 or not truth.size:
        raise ValueError(f"labels {truth.shape} and predictions {predicted.shape} do not match")
    if not np.isfinite(predicted).all():
        raise ValueError("a prediction is NaN or infinite")
    return {name: float(METRICS[name](truth, predicted)) for name in task.metrics}


def constant(task: Task, labels: NDArray[np.floating]) -> float:
    """What whoever knows these labels (n,) alone would say of every film: the median, which is the constant of least
    absolute error, or the share of the second class, which decides for the majority."""
    return float(np.median(labels) if task.kind == "regression" else np.mean(labels))


def _r2(truth: NDArray[np.float64], predicted: NDArray[np.float64]) -> float:
    # 1 - residual / total sum of squares; a fold in which all values are equal has no variance to explain.
    if np.ptp(truth) == 0:  # not `total == 0`: the mean of equal values need not be that value to the last bit
        return float("nan")
    total = float(np.sum((truth - truth.mean()) ** 2))
    return 1.0 - float(np.sum((truth - predicted) ** 2)) / total


METRICS: Mapping[str, Callable[[NDArray[Any], NDArray[Any]], Any]] = {
    "mae": lambda truth, predicted: np.mean(np.abs(truth - predicted)),
    "rmse": lambda truth, predicted: np.sqrt(np.mean((truth - predicted) ** 2)),
    "r2": _r2,
    "accuracy": lambda truth, predicted: np.mean((predicted >= 0.5) == (truth == 1)),
    "auc": lambda truth, predicted: auc(truth, predicted, np.ones((1, len(truth))))[0],  # NaN with one class alone
}
