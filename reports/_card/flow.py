"""How many films a collection lists, which of them were left out and why, and into which part the others went."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from reports._card.blocks import Block, Flow, table
from reports._card.read import Card, at, number, rows_at
from reports._drawing.flow import LISTED, OUT, PREPARED, SPLIT
from reports._drawing.numbers import count
from reports._drawing.words import plain_name
from xrays.tasks import Task

# Of the films of each part, as `export` names it, what becomes in the picture; those that are not used come first.
PARTS = {
    "not used": (OUT, "not used, as the given split says"),
    "folds": (SPLIT, "development, in the folds"),
    "hold-out": (SPLIT, "hold-out, no part of the search"),
}


def flow(card: Card, task: Task) -> Iterator[Block]:
    """A table, and a picture where the card says all that it needs."""
    of = at(card, dict[str, Any], "data", "flow") or {}
    if number(of.get("came")) is None:
        return
    rows = [("all", "listed by the collection", count(number(of["came"])))]
    rows += [(reason, kind, count(many)) for kind, reason, many in _reasons(of)]
    rows.append(("all others", "prepared", count(number(of.get("used")))))
    for split in rows_at(card, "data", "splits"):
        rows.append((f"of these, {split.get('split')}", "divided", count(number(split.get("films")))))
    yield table("Flow of films", ("Reason", "What became of it", "Films"), rows, long=(0, 1))
    if (drawn := tuple(_drawn(card, task, of))) and all(row["films"] is not None for row in drawn):
        yield Flow("Flow of films", drawn)


def _reasons(of: Mapping[str, Any]) -> Iterator[tuple[str, str, float | None]]:
    """(kind, reason, films) of all that were not prepared."""
    reasons = of.get("reasons")
    for kind, listed in reasons.items() if isinstance(reasons, Mapping) else ():
        if isinstance(listed, Mapping):
            yield from ((str(kind), str(reason), number(many)) for reason, many in listed.items())


def _drawn(card: Card, task: Task, of: Mapping[str, Any]) -> Iterator[dict[Hashable, Any]]:
    """Rows of a picture, as the search report has them; none where the films were not divided. None for films where
    that is no number."""
    splits = {str(row.get("split")): row for row in rows_at(card, "data", "splits")}
    if "folds" not in splits:
        return
    yield _box(LISTED, "listed by the collection", number(of["came"]))
    for kind, reason, many in _reasons(of):
        yield _box(OUT, f"{kind}: {reason}", many)
    yield _box(PREPARED, "prepared", number(of.get("used")))
    label = plain_name(task.label.name)
    missing = {name: number(row.get(f"{task.label.name}_missing")) for name, row in splits.items()}
    without = None if None in missing.values() else sum(many or 0 for many in missing.values())
    if without != 0:
        yield _box(OUT, f"without {label}", without)
    for name, (step, what) in PARTS.items():
        if name in splits:
            films, lacking = number(splits[name].get("films")), missing[name]
            used = None if films is None or lacking is None else films - lacking
            known = not lacking and number(splits[name].get("unknown")) == 0
            yield _box(step, what, used, number(splits[name].get("patients")) if known else None)


def _box(step: str, what: str, films: float | None, patients: float | None = None) -> dict[Hashable, Any]:
    return {"step": step, "what": what, "films": films, "patients": math.nan if patients is None else patients}
