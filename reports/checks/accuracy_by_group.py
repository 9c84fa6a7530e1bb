"""Groups of films that are answered wrongly far more often."""

from __future__ import annotations

from reports._evidence.groups import Group
from reports.checks._check import Check, Finding
from reports.checks._subgroups import WHY, look_at

CHECK = Check(
    order=36, title="Groups with many wrong answers", section="accuracy_by_label", why=WHY, kinds=("binary",)
)


def look(group: Group) -> Finding:
    """See `_subgroups.py`."""
    return look_at(group, CHECK.section, "accuracy")
