"""How much worse a network answers without the border of the films, or without the marks near it: whether more than
on films that have lost as much elsewhere.

    found = reliance(task, labels, groups, answers)
    found["rows"][1]["lost"]["accuracy"]          # {"value": 0.05, "interval": [0.02, 0.08]}, of the border
    found["verdicts"]["border"]["verdict"]        # a key of ON_ALTERED (trials/altered.py)

The same networks answer about the same films, so that a film's luck is in both scores; patients are drawn again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._explain.altered import VERSIONS
from trials.altered import CONTROLS
from xrays.statistics.bootstrap import middle, resamples
from xrays.statistics.classification import auc, threshold_figures
from xrays.statistics.regression import regression_figures
from xrays.tasks import Task

Floats = NDArray[np.floating]
Losses = Mapping[str, Floats]


def reliance(task: Task, labels: Floats, groups: NDArray[np.str_], answers: Floats) -> dict[str, Any]:
    """labels, groups: (n,) films; answers: (n, v) on what altered.py has in VERSIONS, of networks that have not seen
    them. Returns JSON scalars, lists and dicts: a row a version with its `scores`, and what is `lost` in them against
    the films as they are, above 0 where answers are worse; for each of CONTROLS by how much that is `beyond` the
    control. Intervals are of 95 %, None of one patient."""
    weights = np.vstack([np.ones((1, len(labels)), np.float32), resamples(groups)])  # the figure itself comes first
    sure = len(np.unique(groups)) > 1
    losses = {name: _losses(task, labels, answers[:, _columns(name)], weights) for name in dict.fromkeys(VERSIONS)}
    rows = []
    for name, own in losses.items():
        scores = {figure: _score(task, figure, float(loss[0])) for figure, loss in own.items()}
        lost = {} if name == "plain" else _lost(own, losses["plain"], sure)
        rows.append({"version": name, "scores": scores, "lost": lost})
    return {"rows": rows, "verdicts": {name: _verdict(task, losses, name, sure) for name in CONTROLS}}


def _columns(version: str) -> list[int]:
    return [place for place, name in enumerate(VERSIONS) if name == version]


def _losses(task: Task, labels: Floats, answers: Floats, weights: NDArray[np.float32]) -> Losses:
    """Figure -> (draws,), less is better: the mean over the columns of the answers (n, c)."""
    each = [_of_one(task, labels, column, weights) for column in np.asarray(answers, np.float32).T]
    return {figure: np.mean([own[figure] for own in each], axis=0) for figure in each[0]}


def _of_one(task: Task, labels: Floats, given: Floats, weights: NDArray[np.float32]) -> Losses:
    """The objective, and of two classes the AUC, which moves before an answer changes sides."""
    if task.kind == "regression":
        figures = regression_figures(labels, given, weights)
    else:
        figures = {**threshold_figures(labels, given, weights)[0], "auc": auc(labels, given, weights)}
    names = [name for name in (task.objective, "auc") if name in figures]
    return {name: _turned(task, name, figures[name]) for name in names}


def _turned(task: Task, figure: str, value: Any) -> Any:
    """From a score to what is better when less, and back."""
    return value if figure == task.objective and task.direction == "min" else 1 - value


def _score(task: Task, figure: str, loss: float) -> float | None:
    return _turned(task, figure, loss) if np.isfinite(loss) else None


def _lost(own: Losses, other: Losses, sure: bool) -> dict[str, Any]:
    lost = {}
    for figure, loss in own.items():
        more = loss - other[figure]
        # Alike in all resamples is as sure as can be: the same films are asked about twice.
        ends = middle(more[1:]).to_json() if sure else None
        lost[figure] = {"value": float(more[0]) if np.isfinite(more[0]) else None, "interval": ends}
    return lost


def _verdict(task: Task, losses: Mapping[str, Losses], name: str, sure: bool) -> dict[str, Any]:
    """By the objective alone, which is known before any film is looked at."""
    beyond = _lost(losses[name], losses[CONTROLS[name]], sure)
    pair = [_lost(losses[name], losses["plain"], sure), beyond]
    lost, more = (one[task.objective]["interval"] if task.objective in one else None for one in pair)
    if lost is None or more is None:
        return {"verdict": None, "beyond": beyond}
    suspect = "suspect" if more[0] > 0 else "as elsewhere"
    return {"verdict": suspect if lost[0] > 0 else "kept", "beyond": beyond}
