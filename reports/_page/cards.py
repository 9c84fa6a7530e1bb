"""The answer in numbers: three scores of one kind side by side, each with its name and its 95 % interval.

card(task, 8.5, Interval(7.9, 9.1), Html("in cross-validation, the best of 4 trials"))
no_card("hold-out: not opened for it")
"""

from __future__ import annotations

import math

from reports._drawing.html import Html, text
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import MISSING
from xrays.statistics.bootstrap import Interval
from xrays.tasks import Task

UNKNOWN = Interval(math.nan, math.nan)


def card(task: Task, score: float, ends: Interval, caption: Html) -> Html:
    """score, ends: of the objective, in its own unit; ends NaN where there is no interval."""
    metric = objective_of(task)
    between = MISSING if math.isnan(ends.low) else f"{metric.value(ends.low)} to {metric.value(ends.high)}"
    return Html(
        f'<div><p class="score"><span>{text(metric.label)}</span><strong>{text(metric.value(score))}</strong>'
        f'<span>{text(metric.unit)}</span></p><p class="ends">95 % interval {text(between)}</p>'
        f"<p>{caption}</p></div>"
    )


def no_card(caption: str) -> Html:
    """Where there is no such score, and why."""
    return Html(f'<div class="none"><p class="score"><strong>{MISSING}</strong></p><p>{text(caption)}</p></div>')
