"""Checks as the page shows them: those that found something, then the others, folded.

listed(table)       # of `data`
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.html import Html, attribute, join, text
from reports._drawing.severities import HEADINGS
from xrays.audit._finding import SEVERITIES

LONGEST = 900  # characters of a text: names in it may be of any length
FOLDED = ("passed", "not applicable")
Row = Mapping[Hashable, Any]


def listed(table: pd.DataFrame) -> list[Panel]:
    """A heading for each severity that there is."""
    panels: list[Panel] = []
    for severity in SEVERITIES:
        rows = table[table["severity"] == severity].to_dict("records")
        if not rows:
            continue
        heading = f"{HEADINGS[severity]}: {len(rows)}"
        if severity in FOLDED:
            terms = join(f"<div><dt>{text(row['title'])}</dt><dd>{_said(row)}</dd></div>" for row in rows)
            panels.append(Html(f'<details><summary>{heading}</summary><dl class="checked">{terms}</dl></details>'))
        else:
            panels.append(Html(f"<h4>{heading}</h4>{join(_entry(row) for row in rows)}"))
    return panels


def _entry(row: Row) -> Html:
    command = f'<code class="command">{text(row["command"], 4000)}</code>' if row["command"] else ""
    title = text(row["title"])
    return Html(
        f'<div class="check" id="{attribute(row["id"])}"><h5>{title}</h5><p>{_said(row)}</p>{command}'
        f'<details><summary class="note">From where on this is said<span class="unseen">: {title}</span></summary>'
        f'<p class="note">{text(row["why"], 2000)}</p></details></div>'
    )


def _said(row: Row) -> Html:
    """What was found, where it can be seen, and what follows, which may lead to a command."""
    place = f'See <a href="{attribute(row["href"])}">{text(row["place"])}</a>.' if row["href"] else ""
    return join(filter(None, (text(row["found"], LONGEST), place, text(row["more"], LONGEST))), " ")
