"""What a check of a report is, and what it may say: a severity, sentences, and what to type next.

CHECK = Check(order=20, title="Beaten by a baseline", section="answer", why="…")

def look(group: Group) -> Finding:
    return Finding("passed", "The best trial is better than every baseline.")

A check judges what a section of the page shows, by the section's own table (`table_of(group, "folds")`), so that what
it says can be seen there and nothing is computed twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from reports._evidence.groups import Group
from reports._section import BOTH, Kind
from xrays.audit._finding import Severity


@dataclass(frozen=True)
class Check:
    """order: place among the findings of one severity, the weightiest first; title: what it is about; section: name
    of the section that shows it, or a place of reports/_place.py; why: from where on it speaks, and the reason for
    that; kinds: of tasks that it says something about. None of these names a label, a unit or a class."""

    order: int
    title: str
    section: str
    why: str
    kinds: tuple[Kind, ...] = BOTH


@dataclass(frozen=True)
class Finding:
    """severity: with a problem a number cannot be trusted or the model is bad, a hint is something to do next. found:
    what it is, in one sentence that stands by itself; more: what follows, in further sentences. command: to be typed
    next, "" where nothing is."""

    severity: Severity
    found: str
    more: str = ""
    command: str = ""


class CheckFile(Protocol):
    """A file in `reports/checks/` whose name has no underscore; the name is the check's code."""

    @property
    def CHECK(self) -> Check:
        """Its place, title and reason."""

    def look(self, group: Group) -> Finding:
        """What it says of the runs of a group; "not applicable" where they lack what is looked at."""
