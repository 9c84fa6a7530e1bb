"""Whether what a model promises holds: intervals around numbers, probabilities of classes."""

from __future__ import annotations

from collections.abc import Sequence

from reports._card.blocks import Paragraph, Part, facts
from reports._card.read import Card, at, word
from reports._drawing.metrics import objective_of
from xrays.tasks import Task


def calibration(card: Card, task: Task) -> Part:
    """Whether intervals hold, or probabilities are ones."""
    pairs = _intervals(card, task) if task.kind == "regression" else _probabilities(card)
    note = Paragraph(
        "Fitted on predictions of films that the networks were not trained on; that they hold is on average over "
        "patients like these, not in every subgroup, and not elsewhere.",
        note=True,
    )
    return Part("calibration", "Calibration and coverage", (facts(pairs), note))


def _intervals(card: Card, task: Task) -> dict[str, str]:
    level = at(card, float, "around", "level")
    if level is None:
        return {"Intervals": "none: too few patients to promise one"}
    metric, same = objective_of(task), len(at(card, list[float], "around", "at") or [0.0]) == 1
    coverage, width = at(card, float, "hold_out", "coverage"), at(card, float, "hold_out", "width")
    ends = at(card, list[float], "hold_out", "coverage_interval") or []
    return {
        "Promised": f"{100 * level:.0f} % of new films lie within their interval (conformal prediction)",
        "Half the width": f"{metric.with_unit(metric.value(at(card, float, 'around', 'quantile')))} everywhere"
        if same
        else "hangs on the prediction, since errors do",
        "Kept on the hold-out": "" if coverage is None else f"{_percent([coverage])} of its films{_percents(ends)}",
        "Mean width there": "" if width is None else metric.with_unit(metric.value(width)),
    }


def _probabilities(card: Card) -> dict[str, str]:
    kind, error = word(card, "calibration", "kind"), at(card, float, "hold_out", "calibration_error")
    ends = at(card, list[float], "hold_out", "calibration_error_interval") or []
    said = {
        "": "",
        "none": "left as they are, since neither temperature nor isotonic regression was better on other patients",
    }
    return {
        "Probabilities": said.get(kind, f"{kind}, which is inside the file"),
        "Off by, on the hold-out": "" if error is None else f"{_percent([error], 1)} on average{_percents(ends, 1)}",
    }


def _percent(shares: Sequence[float], decimals: int = 0) -> str:
    return " to ".join(f"{100 * share:.{decimals}f}" for share in shares) + " %"


def _percents(ends: Sequence[float], decimals: int = 0) -> str:
    return f" (95 % interval {_percent(ends, decimals)})" if len(ends) == 2 else ""
