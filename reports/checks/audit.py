"""What the audit of the films has found."""

from __future__ import annotations

from pathlib import Path

from reports._evidence.audited import audited
from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from xrays.next_command import command

CHECK = Check(
    order=25,
    title="Faults of the films",
    section="head",
    why="The audit has its own pages and reasons; here is which of its checks found something.",
)


def look(group: Group) -> Finding:
    """A problem where the audit has one, a hint where it has hints or was never made."""
    folders = {
        run.provenance.arrays: run.experiment.pixels for run in group.runs if Path(run.provenance.arrays).is_dir()
    }
    if not folders:
        return Finding("not applicable", "The prepared films are not where they were.")
    known = {folder: audited(Path(folder), pixels) for folder, pixels in folders.items()}
    for folder, found in known.items():
        if found is None:
            return Finding(
                "hint", f"The films of {Path(folder).name} were not audited.", "", command("audit", folder)
            )
    titles = {
        severity: [title for found in known.values() if found for title in getattr(found, severity)]
        for severity in ("problems", "hints")
    }
    if titles["problems"]:
        return Finding(
            "problem",
            f"The audit has found problems: {', '.join(dict.fromkeys(titles['problems']))}.",
            "Its page has the details; scores on these films stand on them.",
        )
    if titles["hints"]:
        return Finding(
            "hint",
            f"The audit has hints: {', '.join(dict.fromkeys(titles['hints']))}.",
            "Its page says what they are.",
        )
    return Finding("passed", "The audit of the films has found nothing.")
