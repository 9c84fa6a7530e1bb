"""Groups of films whose errors are far larger."""

from __future__ import annotations

from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from reports.checks._subgroups import WHY, look_at

CHECK = Check(order=35, title="Groups with large errors", section="errors_by_label", why=WHY, kinds=("regression",))


def look(group: Group) -> Finding:
    """See `_subgroups.py`."""
    return look_at(group, CHECK.section, "mae")
