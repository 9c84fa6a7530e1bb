"""The checklist of CLAIM 2024 against the page: of each item the place that answers it, or that it is the authors'.

The items are those of the model's card (`_card/claim.py`), with the places on this page that they name.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any

import pandas as pd

from reports._card.claim import CLAIM
from reports._card.items import AUTHORS, CARD, Item
from reports._drawing.figures import Panel
from reports._drawing.html import Html, Long, attribute, text
from reports._drawing.html import table as html_table
from reports._drawing.numbers import MISSING
from reports._evidence.groups import Group
from reports._place import ELSEWHERE, place_of
from reports._section import Section, table_of
from trials.best import best_trials

SECTION = Section(
    order=86,
    title="Checklist: CLAIM 2024",
    note=f"{CLAIM.source}. Numbers are those of the checklist, topics are in our words; what an item asks in full is "
    "to be read there. An item is answered here only if the runs have it on record. The card that the "
    "command export writes beside a model has the same checklist of that model, and one for TRIPOD+AI.",
)
COLUMNS = ["number", "topic", "place", "href", "left"]
BY_CARD = "the card of an exported model"


def _chosen(group: Group) -> bool:
    return len(best_trials(group.frame, 1)) > 0


def _opened(group: Group) -> bool:
    return any(group.task.objective in opening["metrics"] for run in group.runs for opening in run.openings())


def _listed(group: Group) -> bool:
    return "listed" in set(table_of(group, "flow")["step"])


# Words of items that are no section or ask for more than that it is shown: what has to be so, and where it is seen.
ASKED: Mapping[str, tuple[str, Callable[[Group], bool]]] = {
    "answer": ("answer", _chosen),
    "best": ("methods", _chosen),
    "hold-out": ("answer", _opened),
    "flow": ("flow", _listed),
}


def data(group: Group) -> pd.DataFrame:
    """A row an item: place, href: where it is answered, "" for nowhere; left: what is left to say, or why there is no
    answer."""
    return pd.DataFrame([(item.number, item.topic, *_answer(group, item)) for item in CLAIM.items], columns=COLUMNS)


def _answer(group: Group, item: Item) -> tuple[str, str, str]:
    for word in item.page:
        if word == CARD:
            return BY_CARD, "", item.open
        section, holds = ASKED.get(word, (word, _shows(word)))
        if holds(group):
            _, place, href = place_of(group, section)
            return place, href, item.open
    return "", "", item.blank


def _shows(section: str) -> Callable[[Group], bool]:
    """Whether the section has rows for the group; it may be on the page to say that it has none."""
    return lambda group: (
        section in ELSEWHERE or (bool(place_of(group, section)[0]) and not table_of(group, section).empty)
    )


def show(table: pd.DataFrame) -> list[Panel]:
    """How much is answered, and the items, folded."""
    answered = table["place"] != ""
    whole = int((answered & (table["left"] == "")).sum())
    partly = int(answered.sum()) - whole
    left = f"{int((~answered).sum())} are left to people"
    said = f"Of {len(table)} items {whole} are answered and {partly} in part; {left}."
    rows = [
        [
            text(row["number"]),
            Long(text(row["topic"])),
            Long(_where(row)),
            Long(text(row["left"])),
        ]
        for row in table.to_dict("records")
    ]
    items = html_table(f"Items of {CLAIM.title}", ["Item", "Topic", "Where", "Left open"], rows)
    return [Html(f"<p>{said}</p><details><summary>All {len(table)} items</summary>{items}</details>")]


def _where(row: Mapping[Hashable, Any]) -> Html:
    if row["href"]:
        return Html(f'<a href="{attribute(row["href"])}">{text(row["place"])}</a>')
    return text(row["place"] or ("yours to answer" if row["left"] == AUTHORS else MISSING))
