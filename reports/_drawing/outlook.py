"""What is said of how a search would go on: the section and the check say it in the same words.

judged(row), forecast(row)              # sentences on a row of the section's table
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from reports._drawing.metrics import objective_of
from reports._drawing.numbers import HOUR, clock_time, count, is_missing
from xrays.tasks import TASKS

NEAR = 0.02  # of an hour


def judged(row: Mapping[Any, Any]) -> str:
    """What its last quarter has brought, "" where that is not known."""
    metric = objective_of(TASKS[row["task"]])
    match row["verdict"]:
        case "gaining":
            early, best = metric.with_unit(metric.value(row["early"])), metric.with_unit(metric.value(row["best"]))
            return f"The search still gained in its last quarter: from {early} to {best}, which is more than luck."
        case "long stopped":
            return (
                f"The search has long stopped gaining: after {count(row['finished'] // 2)} of "
                f"{count(row['finished'])} trials it had one that is as good as its last best, for all that is known."
            )
        case "luck":
            return "Its last quarter has brought nothing that is more than luck."
    return ""


def forecast(row: Mapping[Any, Any]) -> str:
    """What as much again, or another hour, would bring; "" where that cannot be told."""
    if is_missing(row["gain"]):
        return ""
    learning = ", and more if trials go on getting better as they did" if row["verdict"] == "gaining" else ""
    trials = "about one trial" if row["more"] == 1 else f"about {count(row['more'])} trials"
    return f"{ahead(row)}, {trials}, would be expected to bring {_brought(row)}{learning}."


def ahead(row: Mapping[Any, Any]) -> str:
    """`Another hour`, or less where that is as long as the search has taken, or more for one long trial."""
    if abs(row["seconds"] - HOUR) <= NEAR * HOUR:
        return "Another hour"
    whole = ", as long as it has taken so far" if row["more"] == row["trials"] else ""
    return f"Another {clock_time(row['seconds'])}{whole}"


def _brought(row: Mapping[Any, Any]) -> str:
    task = TASKS[row["task"]]
    metric = objective_of(task)
    shown, unit = metric.value(row["gain"]), metric.difference_unit
    within = f"95 %: {metric.value(row['low'])} to {metric.value(row['high'])}"
    # Not even a digit of what is shown.
    if row["gain"] <= 0 or not shown.strip("0."):
        return f"no gain on other patients ({within} {unit})".replace(" )", ")")
    better = "less" if task.direction == "min" else "more"
    return f"{shown} {unit} {better} {metric.within_a_sentence} on other patients ({within})".replace("  ", " ")
