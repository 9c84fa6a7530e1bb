"""Whether a model keeps on the hold-out what it promises: that so many intervals hold, that a probability is one.

promised(way)                                              # for the card: what is promised, and from which films
scored(task, labels, predictions, groups)                  # every metric with its interval
kept(task, way.around, labels, predictions, groups)        # {"coverage": 0.91, "coverage_interval": [0.85, 0.96]}
kept_by_patient(task, way.around, way.around_patient, labels, predictions, groups)       # the same of one answer each
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.ways import Way
from trials.score_interval import score_intervals
from xrays.statistics.bootstrap import interval, means, resamples, share_interval
from xrays.statistics.by_patient import films_each, half_widths, labels_together, together
from xrays.statistics.calibration import Calibration
from xrays.statistics.classification import calibration_error
from xrays.statistics.conformal import Around
from xrays.statistics.metrics import score
from xrays.tasks import Task


def promised(task: Task, way: Way) -> dict[str, Any]:
    """For the card. Of a number `around` has the interval; of a class `calibration` says what was done to the
    probability, which the file's own answer already has."""
    if task.kind == "regression":
        pairs = {"around": way.around, "around_patient": way.around_patient}
        return {name: None if around is None else asdict(around) for name, around in pairs.items()}
    return {"calibration": calibration_record(way.blend.calibration)}


def calibration_record(calibration: Calibration | None) -> dict[str, Any]:
    """What is done to an answer inside of the file, as the card has it."""
    if calibration is None:
        return {"kind": "none"}
    return {"kind": type(calibration).__name__.lower(), **asdict(calibration)}


def scored(
    task: Task, labels: NDArray[np.floating], predictions: NDArray[np.floating], groups: NDArray[np.str_]
) -> dict[str, Any]:
    """labels, predictions, groups: (n,) of films that are new to the model. `metrics`, their 95 % `intervals`, None
    where there is none, and that of the objective by itself, `interval`."""
    ends = {name: of.to_json() for name, of in score_intervals(task, labels, predictions, groups).items()}
    return {"metrics": score(task, labels, predictions), "interval": ends[task.objective], "intervals": ends}


def kept(
    task: Task,
    around: Around | None,
    labels: NDArray[np.floating],
    predictions: NDArray[np.floating],
    groups: NDArray[np.str_],
) -> dict[str, Any]:
    """labels, predictions, groups: (n,) of films that are new to the model. Of a number `coverage`, the share of
    films whose interval holds, and `width`, the mean of their whole widths; of a class `calibration_error`. Each with
    its 95 % interval, None where there is none."""
    if task.kind == "binary":
        return _of_classes(labels, predictions, groups)
    return {} if around is None else _of_numbers(labels, predictions, around.half_width(predictions), groups)


def kept_by_patient(
    task: Task,
    around: Around | None,
    several: Around | None,
    labels: NDArray[np.floating],
    predictions: NDArray[np.floating],
    groups: NDArray[np.str_],
) -> dict[str, Any] | None:
    """The same of one answer for all films of each patient, and how many `patients` there are. several: the interval
    of such an answer. None where nobody has several films, or nothing is promised."""
    patients, films = np.unique(groups), films_each(groups)
    if len(patients) == len(groups) or (task.kind == "regression" and around is None):
        return None
    truth, said = labels_together(labels, groups, task.kind), together(predictions, groups, task.kind)
    if around is None:
        return {"patients": len(patients), **_of_classes(truth, said, patients)}
    half = half_widths(said, films, around, several)
    return {"patients": len(patients), **_of_numbers(truth, said, half, patients)}


def in_words(task: Task, level: float, found: Mapping[str, Any]) -> str:
    """What `kept` has found, for people; "" for nothing. level: that is promised."""
    name = next((name for name in ("coverage", "calibration_error") if name in found), "")
    if not name:
        return ""
    ends = found[f"{name}_interval"]
    between = f" (95 % interval {100 * ends[0]:.1f} to {100 * ends[1]:.1f})" if ends else ""
    share = f"{100 * found[name]:.1f}"
    if name == "coverage":
        wide = f"{found['width']:.{task.label.decimals}f} {task.unit}"
        return f"{share} %{between} within their {100 * level:.0f} % intervals, {wide} wide on average"
    return f"probabilities are off by {share}{between} percentage points"


def _of_classes(
    labels: NDArray[np.floating], predictions: NDArray[np.floating], groups: NDArray[np.str_]
) -> dict[str, Any]:
    alone = calibration_error(labels, predictions, np.ones((1, len(labels)), np.float32))
    ends = interval(calibration_error(labels, predictions, resamples(groups)))
    return {"calibration_error": float(alone[0]), "calibration_error_interval": ends.to_json()}


def _of_numbers(
    labels: NDArray[np.floating],
    predictions: NDArray[np.floating],
    half: NDArray[np.float64],
    groups: NDArray[np.str_],
) -> dict[str, Any]:
    """half: (n,) of the widths."""
    holds, weights = (np.abs(labels - predictions) <= half).astype(np.float32), resamples(groups)
    share = float(holds.mean())
    drawn = means(holds, np.ones((len(holds), 1), bool), weights)[:, 0]
    return {
        "coverage": share,
        "coverage_interval": share_interval(share, drawn, len(np.unique(groups))).to_json(),
        "width": float(2 * half.mean()),
    }
