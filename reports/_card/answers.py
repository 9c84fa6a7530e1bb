"""A checklist held against a card: which items it answers, where, and what is left to people.

part = answers(card, CLAIM, {"data": "Data", …})
"""

from __future__ import annotations

from collections.abc import Mapping

from reports._card.blocks import Cell, Link, Paragraph, Part, table
from reports._card.items import Checklist, Item
from reports._card.read import Card, known


def answers(card: Card, checklist: Checklist, titles: Mapping[str, str]) -> Part:
    """A row an item. titles: of the parts of the card, by slug."""
    rows, answered, partly = [], 0, 0
    for item in checklist.items:
        where, left = _of(card, item, titles)
        answered += bool(where) and not left
        partly += bool(where) and bool(left)
        rows.append((item.number, item.topic, where or "–", left))
    said = (
        f"{checklist.source}. Numbers are those of the checklist, topics are in our words. Of {len(rows)} rows the "
        f"card answers {answered} and {partly} in part; {len(rows) - answered - partly} are left to people."
    )
    items = table(f"Items of {checklist.title}", ("Item", "Topic", "Where", "Left open"), rows, long=(1, 2, 3))
    return Part(checklist.slug, checklist.title, (Paragraph(said, note=True), items))


def _of(card: Card, item: Item, titles: Mapping[str, str]) -> tuple[Cell, str]:
    """Where it is answered, "" for nowhere, and what is left open."""
    if item.part and all(known(card, path) for path in item.needs):
        return Link(titles[item.part], item.part), item.open
    return "", item.blank
