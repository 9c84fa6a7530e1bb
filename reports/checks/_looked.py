"""All checks on the runs of a group, sorted by how much is wrong.

entries = looked_at(group, checks(), load)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from reports._evidence.groups import Group
from reports.checks._check import Check, CheckFile, Finding
from xrays.audit._finding import SEVERITIES

LAST = 1000  # place of a check that could not be made


@dataclass(frozen=True)
class Entry:
    """code: of the check, which is its file's name."""

    code: str
    check: Check
    finding: Finding


def looked_at(group: Group, codes: Iterable[str], load: Callable[[str], CheckFile]) -> list[Entry]:
    """By severity, then by the checks' order; those of another kind of task are left out. One that fails says so in
    its place and costs neither the others nor the page."""
    entries = [_entry(code, load, group) for code in codes]
    fitting = [entry for entry in entries if group.task.kind in entry.check.kinds]
    return sorted(fitting, key=lambda one: (SEVERITIES.index(one.finding.severity), one.check.order, one.code))


def _entry(code: str, load: Callable[[str], CheckFile], group: Group) -> Entry:
    check = Check(LAST, code, "", "")
    try:
        file = load(code)
        check = file.CHECK
        if group.task.kind not in check.kinds:
            return Entry(code, check, Finding("not applicable", ""))
        return Entry(code, check, file.look(group))
    except Exception as error:  # whatever a plug-in raises
        said = f"This check could not be made: {type(error).__name__}: {error}"
        return Entry(code, check, Finding("not applicable", said))
