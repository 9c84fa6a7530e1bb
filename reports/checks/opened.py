"""A hold-out that was looked at more than once."""

from __future__ import annotations

from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports.checks._check import Check, Finding

CHECK = Check(
    order=60,
    title="Looks at the hold-out",
    section="answer",
    why="The first look at films that chose nothing is unbiased; of several the best one is not. All openings on "
    "record count, for whatever run they were.",
)


def look(group: Group) -> Finding:
    """A hint from the second opening on, and where nobody has looked."""
    if not group.films.hold_out().any():
        return Finding("not applicable", "Nothing is held out.")
    if group.opened == 0:
        if group.choice is None:
            return Finding("not applicable", "The hold-out has not been opened, and there is no best trial yet.")
        return Finding("passed", "The hold-out has not been opened: its score is still to be had, once.")
    if group.opened == 1:
        return Finding("passed", "The hold-out has been opened once.")
    return Finding(
        "hint",
        f"The hold-out has been opened {group.opened} times: only the first look was at films that had chosen "
        "nothing.",
        f"Report the score of the first opening{_first(group)}, or say how often it was opened; films from elsewhere "
        "are new ones.",
    )


def _first(group: Group) -> str:
    """What it was, where it was for one of these runs."""
    metric = objective_of(group.task)
    for opening in (opening for run in group.runs for opening in run.openings() if opening["openings"] == 1):
        return f" ({metric.label} {metric.with_unit(metric.value(opening['metrics'].get(group.task.objective)))})"
    return ""
