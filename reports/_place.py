"""Where on the page something can be seen: a section that shows something, or a place outside of all sections.

place_of(group, "splits")       # ("splits", "Age and gender of the splits", "#age-1-splits")
"""

from __future__ import annotations

from reports import load
from reports._evidence.groups import Group
from reports._section import is_shown, titled

# Where else than in a section something can be seen: what it is called there.
ELSEWHERE = {"head": "the top of the page", "answer": "the answer above", "runs": "Runs and provenance"}


def place_of(group: Group, section: str) -> tuple[str, str, str]:
    """Its name, what it is called, and a link to it; "" for a section that is not on the page of the group."""
    if section in ELSEWHERE:
        return section, ELSEWHERE[section], f"#{group.slug}-answer" if section == "answer" else f"#{section}"
    if not section or not is_shown(group, section):
        return "", "", ""
    return section, titled(load(section).SECTION, group), f"#{group.slug}-{section}"
