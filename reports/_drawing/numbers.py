"""How numbers are written on the page that are no metric's.

count(1234)                    # "1,234"
"""

from __future__ import annotations

import json
import math

from xrays.tasks import Task

MISSING = "–"
HOUR, MINUTE = 3600.0, 60.0  # seconds


def count(number: float | None) -> str:
    """A whole number with thousands apart."""
    return MISSING if is_missing(number) else f"{round(float(number or 0)):,}"


def milliseconds(number: float | None) -> str:
    """Two decimals where they are most of the number."""
    if is_missing(number):
        return MISSING
    known = float(number or 0)
    return f"{known:.2f}" if known < 10 else f"{known:,.0f}"


def clock_time(seconds: float) -> str:
    """`7.5 min`, `2.5 h`."""
    return f"{seconds / HOUR:,.1f} h" if seconds >= 2 * HOUR else f"{seconds / MINUTE:,.1f} min"


def scalar(given: object) -> str:
    """A parameter: floats with six digits, everything else as JSON writes it."""
    if isinstance(given, float):
        return f"{given:.6g}"
    return given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)


def gain(task: Task, score: float, other: float) -> str:
    """How much better than `other`, in words: a share of the error, or percentage points."""
    better = task.loss(other) - task.loss(score)
    if not better or is_missing(better):
        return "no difference"
    if task.direction == "min":
        return (
            f"{abs(better) / other * 100:.0f} % {'less' if better > 0 else 'more'} error"
            if other
            else "no comparison"
        )
    return f"{abs(better) * 100:.1f} percentage points {'more' if better > 0 else 'less'}"


def is_missing(number: float | None) -> bool:
    """Whether there is no such number, or no finite one."""
    return number is None or not math.isfinite(number)


def with_minus(shown: str) -> str:
    """With a minus sign, which has the width of a digit, in the place of a hyphen."""
    return shown.replace("-", "−")
