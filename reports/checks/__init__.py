"""What the runs of a page say about themselves when somebody looks who has seen many of them: what is wrong, and what
to do next.

    table = load("checks").data(group)
    table[table["severity"] == "problem"]

A file here without underscore is a check and is made by existing: it has `CHECK` and `look(group)` (see `_check.py`),
and its name is its code. Listing the checks imports none of them.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import cast

import pandas as pd

from reports._drawing.figures import Panel
from reports._evidence.groups import Group
from reports._place import place_of
from reports._section import Section
from reports.checks._check import CheckFile
from reports.checks._looked import looked_at
from reports.checks._shown import listed

SECTION = Section(
    order=11,
    title="Checks",
    note="With a problem a number cannot be trusted, or the model is bad; a hint is something to do next. Each tells "
    "from where on it speaks, and where on this page it can be seen. That nothing is found is no proof.",
)
COLUMNS = ["task", "code", "severity", "title", "found", "more", "why", "command", "section", "place", "href", "id"]


def checks() -> list[str]:
    """Codes of the checks, in alphabetical order."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load(code: str) -> CheckFile:
    """The check of that code. Raises ModuleNotFoundError when there is none."""
    return cast("CheckFile", import_module(f"{__name__}.{code}"))


def data(group: Group) -> pd.DataFrame:
    """One row a check, by severity. found: a sentence, more: further ones; section: its name, "" where it is not
    shown; place: what it is called, href: a link to it; id: of the check on the page."""
    rows = []
    for one in looked_at(group, checks(), load):
        check, finding = one.check, one.finding
        section, place, href = place_of(group, check.section)
        said = (finding.severity, check.title, finding.found, finding.more, check.why, finding.command)
        rows.append((group.task.name, one.code, *said, section, place, href, f"{group.slug}-check-{one.code}"))
    return pd.DataFrame(rows, columns=COLUMNS)


def show(table: pd.DataFrame) -> list[Panel]:
    """What was found by severity; what was not, folded."""
    return listed(table)
