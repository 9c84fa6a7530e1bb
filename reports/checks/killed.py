"""Searches that ended without having been told to."""

from __future__ import annotations

from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from trials.commands import more_of
from trials.files import in_use

CHECK = Check(
    order=70,
    title="Searches cut short",
    section="runs",
    why="A search writes down how it ended; one that has not, and that no process holds, was killed.",
)


def look(group: Group) -> Finding:
    """A hint for a search that was killed, or stopped by hand with trials begun."""
    ended = {run: run.budget().get("ended") for run in group.runs}
    cut = [run for run, how in ended.items() if run.budget() and how in (None, "stopped") and not in_use(run.path)]
    if not any(run.budget() for run in group.runs):
        return Finding("not applicable", "The runs do not tell how they ended.")
    if not cut:
        return Finding("passed", "Every search has ended by itself, or is running.")
    first = cut[0]
    names = ", ".join(run.path.name for run in cut)
    how = "was stopped" if ended[first] == "stopped" else "was killed"
    waiting = len(first.open_trials())
    begun = f" {waiting} of its trials {'is' if waiting == 1 else 'are'} begun and not finished." * bool(waiting)
    return Finding(
        "hint",
        f"{names}: the search {how} before its end.",
        f"Nothing that was finished is lost.{begun}",
        more_of(first),
    )
