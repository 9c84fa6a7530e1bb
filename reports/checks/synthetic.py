"""Films that were drawn by a computer."""

from __future__ import annotations

from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from xrays.next_command import command

CHECK = Check(
    order=10,
    title="Films drawn by a computer",
    section="runs",
    why="Whether films were drawn is known from where they came from.",
)


def look(group: Group) -> Finding:
    """A problem where any run has drawn films."""
    drawn = [run.path.name for run in group.runs if run.provenance.synthetic]
    if not drawn:
        return Finding("passed", "No film was drawn by a computer.")
    which = "" if len(drawn) == len(group.runs) else f" of {', '.join(drawn)}"
    return Finding(
        "problem",
        f"The films{which} were drawn by a computer: nothing here says anything about patients.",
        "They are there to try the commands. How films of patients are prepared:",
        command("prepare", help=True),
    )
