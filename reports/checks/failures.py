"""Failures of one kind, which no luck explains."""

from __future__ import annotations

from reports._drawing.numbers import count
from reports._evidence.groups import Group
from reports._section import table_of
from reports.checks._check import Check, Finding
from trials.commands import command_for

CHECK = Check(
    order=80,
    title="Failures of one kind",
    section="failures",
    why="From the third failure with the same message on, and where a message has cost more than a tenth of the "
    "trials a problem: the search has not seen a tenth of what it was to search over.",
)
SEVERAL, SHARE = 3, 0.1
LONGEST = 200  # characters of a message


def look(group: Group) -> Finding:
    """By the most frequent message."""
    trials = int((group.rows["kind"] == "trial").sum())
    table = table_of(group, "failures")
    failed = table[table["state"] == "failed"] if len(table) else table
    if not trials:
        return Finding("not applicable", "No trial has finished yet.")
    if failed.empty:
        return Finding("passed", "No trial has failed.")
    worst = failed.sort_values("count", ascending=False, kind="stable").iloc[0]
    line = str(worst["line"])[:LONGEST].rstrip(".")
    total = int(failed["count"].sum())
    if worst["count"] < SEVERAL:
        return Finding(
            "passed", f"{total} of {count(trials)} trials failed, none of them in one way {SEVERAL} times."
        )
    shared = ", ".join(f"{each.name} {each.value}" for each in worst["common"])
    more = f"All of them have {shared}. " if shared else ""
    rows = group.rows[group.rows["name"] == worst["trials"][0]]
    first = rows.iloc[0]
    again = command_for(group.run(first["run"]), "rerun", trial=int(first["number"])) if first["folds"] else ""
    return Finding(
        "problem" if worst["count"] > SHARE * trials else "hint",
        f"{count(worst['count'])} of {count(trials)} trials failed in one way ({worst['class']}): {line}.",
        f"{more}The log is in the section.",
        again,
    )
