"""What was found by the checks, under the answer: how many of each severity, problems and hints in a line each.

markup = strip(group)
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

from reports._drawing.html import Html, attribute, join, text
from reports._drawing.severities import HEADINGS
from reports._evidence.groups import Group
from reports._page.head import group_title
from reports._section import table_of
from xrays.audit._finding import SEVERITIES, Severity

SPELT_OUT = ("problem", "hint")
LONGEST = 900  # characters of a text


def strip(group: Group) -> Html:
    """A list that can be jumped to, each line with a link to all that its check has to say."""
    table = table_of(group, "checks")
    counts = table["severity"].value_counts()
    tally = ", ".join(_counted(counts.get(severity, 0), severity) for severity in SEVERITIES)
    found = table[table["severity"].isin(SPELT_OUT)]
    lines = join(_line(row) for row in found.to_dict("records"))
    name = f"{group_title(group, attribute)}: checks, in short"
    return Html(
        f'<section class="strip" aria-label="{name}"><h3><a href="#{group.slug}-checks">Checks</a>: '
        f"{tally}</h3>{f'<ul>{lines}</ul>' if lines else ''}</section>"
    )


def _counted(number: int, severity: Severity) -> str:
    one = number == 1 and severity in SPELT_OUT
    return f"{number} {severity if one else HEADINGS[severity].lower()}"


def _line(row: Mapping[Hashable, Any]) -> Html:
    return Html(
        f'<li class="{attribute(row["severity"])}"><b>{text(row["severity"].capitalize())}</b> '
        f'<a href="#{attribute(row["id"])}">{text(row["title"])}</a>: {text(row["found"], LONGEST)}</li>'
    )
