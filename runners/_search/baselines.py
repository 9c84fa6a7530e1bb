"""What a model has to beat, on the same folds, trained before the first trial.

    baselines, predictions = train_baselines(arrays, task, assignment, vectors)

`constant` answers with the training folds' median, or share of the second class; `linear probe` is ridge or logistic
regression on the film at 32×32, or on the vector that another model has made of it. Its penalty is chosen inside the
training folds, in folds made as those of the plan; where these would hold one class or one patient alone, it is a
fixed one.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trials.records import Baseline, FoldScore
from xrays.arrays import XrayArrays
from xrays.assignment import beside_fold, every_fold, of_fold, repeat_of
from xrays.dealing import dealt_evenly
from xrays.folds import unscorable
from xrays.label_values import at_rows
from xrays.statistics.metrics import constant, score
from xrays.tasks import Task

PROBE_SIZE = 32
Inner = list[
    tuple[NDArray[np.intp], NDArray[np.intp]]
]  # films to train on and to score, by fold; empty for no choice
Fit = Callable[[Any, Any, Inner, Any], Any]  # (features, labels, inner folds, features to predict) -> predictions


def train_baselines(
    arrays: XrayArrays, task: Task, assignment: NDArray[np.int8], vectors: NDArray[np.float32] | None = None
) -> tuple[list[Baseline], dict[str, NDArray[np.float32]]]:
    """Scores by fold, and out-of-fold predictions (R, N) by name. assignment: (R, N), see xrays/assignment.py;
    vectors: (N, D) for a search on these, None for one on films."""
    labels = arrays.targets(task)
    usable = np.isfinite(labels)
    given = _features(arrays.images) if vectors is None else vectors
    fits: dict[str, Fit] = {
        "constant": _constant(task),
        "linear probe": _ridge if task.kind == "regression" else _logistic,
    }
    baselines, predictions = [], {}
    for name, fit in fits.items():
        out = np.full(assignment.shape, np.nan, np.float32)
        scores = []
        for fold in every_fold(assignment):
            begun = time.perf_counter()
            train, scored = usable & beside_fold(assignment, fold), usable & of_fold(assignment, fold)
            made = fit(given[train], labels[train], _inner(arrays, task, train), given[scored]).astype(np.float32)
            out[usable & (assignment == fold)] = made
            metrics = score(task, labels[scored], made)
            seconds = round(time.perf_counter() - begun, 3)
            films, repeat = int(scored.sum()), repeat_of(assignment, fold)
            scores.append(FoldScore(fold, metrics, 0, seconds, (), (), films=films, repeat=repeat))
        baselines.append(Baseline(name, tuple(scores)))
        predictions[name] = out
    return baselines, predictions


def _features(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(N, S, S, 1) uint8 to (N, 1024) float32 in [0, 1]."""
    import cv2

    size = (PROBE_SIZE, PROBE_SIZE)
    small = [cv2.resize(film[..., 0], size, interpolation=cv2.INTER_AREA).ravel() for film in images]
    return np.asarray(small, np.float32) / np.float32(255)


def _constant(task: Task) -> Fit:
    return lambda features, labels, inner, wanted: np.full(len(wanted), constant(task, labels))


def _inner(arrays: XrayArrays, task: Task, train: NDArray[np.bool_]) -> Inner:
    """Three or two folds of the films to train on, each with two patients at least and both classes."""
    labels, groups = arrays.targets(task)[train], arrays.groups[train]
    own, every = at_rows(arrays.labels, train), np.zeros(len(labels), np.int8)
    for folds in (3, 2):
        dealt = dealt_evenly(groups, own, every, folds=folds, seed=0)
        parts = [dealt == fold for fold in range(folds)]
        if not unscorable(task, labels, dealt[None]) and all(len(np.unique(groups[part])) > 1 for part in parts):
            return [(np.flatnonzero(~part), np.flatnonzero(part)) for part in parts]
    return []


def _ridge(features: Any, labels: Any, inner: Inner, wanted: Any) -> Any:
    from sklearn.linear_model import Ridge

    grid = {"model__alpha": np.logspace(1, 5, 9)}
    return _fitted(Ridge(alpha=1e3), grid, "neg_mean_absolute_error", features, labels, inner).predict(wanted)


def _logistic(features: Any, labels: Any, inner: Inner, wanted: Any) -> Any:
    from sklearn.linear_model import LogisticRegression

    model, grid = LogisticRegression(C=1, max_iter=200, tol=1e-3), {"model__C": np.logspace(-5, 0, 6)}
    return _fitted(model, grid, "neg_log_loss", features, labels, inner).predict_proba(wanted)[:, 1]


def _fitted(model: Any, grid: dict[str, Any], scoring: str, features: Any, labels: Any, inner: Inner) -> Any:
    """The model with its own penalty, or, where there are inner folds, with the one that they score best."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.model_selection import GridSearchCV
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    steps = Pipeline([("scale", StandardScaler()), ("model", model)])
    with warnings.catch_warnings():
        # A penalty too weak to converge on is one that the inner folds do not choose.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return (GridSearchCV(steps, grid, cv=inner, scoring=scoring) if inner else steps).fit(features, labels)
