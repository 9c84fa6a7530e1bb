"""Whether what a model promises holds: intervals around numbers, probabilities of classes."""

from __future__ import annotations

from collections.abc import Sequence

from reports._card import recalibrated
from reports._card.blocks import Block, Paragraph, Part, facts
from reports._card.read import Card, at, word
from reports._drawing.metrics import objective_of
from xrays.tasks import Task


def calibration(card: Card, task: Task) -> Part:
    """Whether intervals hold, or probabilities are ones."""
    pairs = _intervals(card, task) if task.kind == "regression" else _probabilities(card)
    note = Paragraph(
        "By the export they are fitted on predictions of films that the networks were not trained on; that they hold "
        "is on average over patients like these, not in every subgroup, and not elsewhere.",
        note=True,
    )
    steps: tuple[Block, ...] = (*recalibrated.history(card), *recalibrated.note(card))
    return Part("calibration", "Calibration and coverage", (facts(pairs), note, *steps))


def _intervals(card: Card, task: Task) -> dict[str, str]:
    level = at(card, float, "around", "level")
    if level is None:
        return {"Intervals": "none: too few patients to promise one"}
    own, before = at(card, float, "around_patient", "level") is not None, recalibrated.before(card)
    pairs = {
        "Promised": f"{100 * level:.0f} % of new films lie within their interval (conformal prediction)",
        "Half the width": _half(card, task, "around"),
        "Of a mean of a patient's films": _half(card, task, "around_patient")
        if own
        else "as of one film: too few patients had several",
    }
    for path, of in ((("hold_out",), "films"), (("hold_out", "kept_by_patient"), "patients, one answer each")):
        if (coverage := at(card, float, *path, "coverage")) is not None:
            ends, width = at(card, list[float], *path, "coverage_interval") or [], at(card, float, *path, "width")
            wide = objective_of(task).with_unit(objective_of(task).value(width))
            pairs[f"Kept on the hold-out{before}, {of}"] = f"{_percent([coverage])}{_percents(ends)}, {wide} wide"
    return pairs


def _half(card: Card, task: Task, around: str) -> str:
    """Of the interval's width, which may be the same everywhere."""
    if len(at(card, list[float], around, "at") or [0.0]) > 1:
        return "hangs on the prediction, since errors do"
    metric = objective_of(task)
    quantile, scale = at(card, float, around, "quantile"), at(card, list[float], around, "scale") or [1.0]
    return f"{metric.with_unit(metric.value(None if quantile is None else quantile * scale[0]))} everywhere"


def _probabilities(card: Card) -> dict[str, str]:
    kind, before = word(card, "calibration", "kind"), recalibrated.before(card)
    said = {
        "": "",
        "none": "left as they are, since neither temperature nor isotonic regression was better on other patients",
    }
    pairs = {"Probabilities": said.get(kind, f"{kind}, which is inside the file")}
    for path, of in ((("hold_out",), "films"), (("hold_out", "kept_by_patient"), "patients, one answer each")):
        if (error := at(card, float, *path, "calibration_error")) is not None:
            ends = at(card, list[float], *path, "calibration_error_interval") or []
            pairs[f"Off by, on the hold-out{before}, {of}"] = f"{_percent([error], 1)} on average{_percents(ends, 1)}"
    return pairs


def _percent(shares: Sequence[float], decimals: int = 0) -> str:
    return " to ".join(f"{100 * share:.{decimals}f}" for share in shares) + " %"


def _percents(ends: Sequence[float], decimals: int = 0) -> str:
    return f" (95 % interval {_percent(ends, decimals)})" if len(ends) == 2 else ""
