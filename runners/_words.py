"""Times and scores as people say them, for whatever the terminal shows.

duration(4000.0)                                # "67 min"
score_words(task, 9.81)                               # "MAE 9.81 years"
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from xrays.tasks import Task


def stopping_words(seconds: float) -> str:
    """What is said then. seconds: until the running folds end, 0 where that is not known."""
    about = f", in about {duration(seconds)}" if seconds else ""
    return f"stopping after the running folds{about}; Ctrl-C again stops at once and loses them"


def score_words(task: Task, value: float) -> str:
    """A score as people say it: `MAE 9.81 years`, `accuracy 91.2 %`; `MAE –` where it is no number."""
    if not math.isfinite(value):
        return f"{task.objective if task.kind == 'binary' else task.objective.upper()} –"
    if task.kind == "binary":
        return f"{task.objective} {100 * value:.1f} %"
    return f"{task.objective.upper()} {value:.{task.label.decimals + 1}f} {task.unit}"


def score_with_interval(task: Task, value: float, ends: Sequence[float] | None) -> str:
    """`MAE 9.81 years (95 % interval 9.10 to 10.52)`; without ends the score alone."""
    if not ends:
        return score_words(task, value)
    low, high = (
        f"{100 * end:.1f}" if task.kind == "binary" else f"{end:.{task.label.decimals + 1}f}" for end in ends
    )
    return f"{score_words(task, value)} (95 % interval {low} to {high})"


def duration(seconds: float) -> str:
    """`40 s`, `12 min`, `3 h 05 min`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"
