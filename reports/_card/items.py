"""What a checklist for reports on such models is: items, each answered by a part of a card, or left to people.

CLAIM.items[6]          # Item("7", "Where the data come from", "data", ("data.source",), open="Hospitals, …")

Numbers are those of the checklist, words are not: what an item asks in full is to be read there. An item is answered
only if the card holds what `needs` names.
"""

from __future__ import annotations

from dataclasses import dataclass

AUTHORS = "Not known to the software: to be filled in by the authors."
LACKING = "It is not on record here."
NOT_OPENED = "The hold-out was not opened."
CARD = "card"  # of `page`: what the card alone says


@dataclass(frozen=True)
class Item:
    """number: as in the checklist; topic: what it asks, in our words; part: slug of the part of the card that answers
    it, "" for none; needs: places in the card, all of which must hold something for that; open: what is left to say
    all the same, "" for nothing; blank: why there is no answer where there is none. page: where the search report
    answers it, the first of these that has something: sections, places of reports/_place.py, words of
    reports/checklist.py, or CARD."""

    number: str
    topic: str
    part: str = ""
    needs: tuple[str, ...] = ()
    open: str = ""
    blank: str = AUTHORS
    page: tuple[str, ...] = ()


@dataclass(frozen=True)
class Checklist:
    """slug, title: of its part of the card; source: where it is published."""

    slug: str
    title: str
    source: str
    items: tuple[Item, ...]


def answered(
    number: str,
    topic: str,
    part: str,
    *needs: str,
    open: str = "",
    blank: str = LACKING,
    page: tuple[str, ...] = (),
) -> Item:
    """An item that a part answers."""
    return Item(number, topic, part, needs, open, blank, page)
