"""Trials that are as good as the best for all that is known, and much smaller."""

from __future__ import annotations

from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count
from reports._evidence.groups import Group
from reports._evidence.ties import ties
from reports.checks._check import Check, Finding
from trials.commands import command_for

CHECK = Check(
    order=110,
    title="Smaller and as good",
    section="leaderboard",
    why="Tied is what the best cannot be told from when patients are drawn again, with all comparisons allowed for "
    "(Hsu 1981). A network is called smaller from half of the best one's parameters on: below that nobody notices.",
)
SHARE = 0.5


def look(group: Group) -> Finding:
    """A hint where a tied trial has at most half of the parameters."""
    found = ties(group)
    if found is None:
        return Finding("not applicable", "There are no two trials to compare.")
    if found.tied.empty:
        return Finding("passed", "No other trial is tied with the best one.")
    many = "1 other trial is" if len(found.tied) == 1 else f"{count(len(found.tied))} other trials are"
    tied = f"{many} tied with the best one"
    small, metric = found.smallest, objective_of(group.task)
    if small is None or not small["parameters"] <= SHARE * found.best["parameters"]:
        return Finding("passed", f"{tied}, and none is much smaller.")
    return Finding(
        "hint",
        f"{tied}; the smallest, {small['name']}, has {count(small['parameters'])} parameters, the best one "
        f"{count(found.best['parameters'])}.",
        f"Its {metric.label} is {metric.with_unit(metric.value(small['score']))}: as good for all that is known, and "
        "faster.",
        command_for(group.run(small["run"]), "export", task=group.task.name, trial=int(small["number"])),
    )
