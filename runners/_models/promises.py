"""Whether a model keeps on the hold-out what it promises: that so many intervals hold, that a probability is one.

promised(way)                                              # for the card: what is promised, and from which films
kept(task, way.around, labels, predictions, groups)        # {"coverage": 0.91, "coverage_interval": [0.85, 0.96]}
"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.ways import Way
from xrays.statistics.bootstrap import interval, means, resamples, share_interval
from xrays.statistics.calibration import Calibration
from xrays.statistics.classification import calibration_error
from xrays.statistics.conformal import Around
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
    weights = resamples(groups)
    if task.kind == "binary":
        alone = calibration_error(labels, predictions, np.ones((1, len(labels)), np.float32))
        ends = interval(calibration_error(labels, predictions, weights))
        return {"calibration_error": float(alone[0]), "calibration_error_interval": ends.to_json()}
    if around is None:
        return {}
    holds = around.covers(labels, predictions).astype(np.float32)
    share = float(holds.mean())
    drawn = means(holds, np.ones((len(holds), 1), bool), weights)[:, 0]
    return {
        "coverage": share,
        "coverage_interval": share_interval(share, drawn, len(np.unique(groups))).to_json(),
        "width": float(2 * around.half_width(predictions).mean()),
    }
