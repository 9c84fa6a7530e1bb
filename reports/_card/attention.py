"""What a network looks at, and what it loses without the border of films, as `explain` has found it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports._card.blocks import Block, Items, Paragraph, Part, table
from reports._card.read import Card, at, number, on_vectors
from reports._drawing.metrics import metric_of
from reports._drawing.words import sentence_case
from reports.explained.facts import sentences
from trials.altered import VERSIONS, about, lost_in_words
from xrays.tasks import Task

NONE = "Not looked at: what the command explain finds of the run stands here; card MODEL brings it in later."
ON_VECTORS = "It takes vectors, of which no map can be made."
ODD = (KeyError, TypeError, ValueError, IndexError, AttributeError)  # at what is none of explain's


def attention(card: Card, task: Task) -> Part:
    """Maps, then films without border and marks."""
    blocks = (*_maps(card), *_altered(card, task))
    return Part("attention", "What it looks at", blocks or (Paragraph(ON_VECTORS if on_vectors(card) else NONE),))


def _maps(card: Card) -> Iterator[Block]:
    numbers = at(card, dict[str, Any], "explained")
    try:
        said = sentences(-1, "", numbers) if numbers else []
    except ODD:
        return
    if said:
        yield Items(tuple(said))


def _altered(card: Card, task: Task) -> Iterator[Block]:
    altered = at(card, dict[str, Any], "border")
    try:
        blocks = _lost(task, altered) if altered else []
    except ODD:
        return
    said = (at(card, dict[str, str], "border", "said") or {}) if blocks else {}
    yield from blocks
    if said:
        yield Items(tuple(sentence_case(f"{one}.") for one in said.values()))


def _lost(task: Task, altered: dict[str, Any]) -> list[Block]:
    rows = altered["rows"]
    metrics = {name: metric_of(task, name) for name in rows[0]["scores"]}
    cells = [
        (
            VERSIONS[row["version"]],
            *(metric.value(number(row["scores"][name])) for name, metric in metrics.items()),
            lost_in_words(task, row["lost"]),
        )
        for row in rows
    ]
    head = ("Films", *(metric.heading for metric in metrics.values()), "Against films as they are")
    return [
        Paragraph(f"Asked: {about(altered)}.", note=True),
        table("Films without their border, and without the marks near it", head, cells, long=(0, len(head) - 1)),
    ]
