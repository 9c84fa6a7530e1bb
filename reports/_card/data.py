"""Where the films of a model come from, which of them were used, and how they were divided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from reports._card.blocks import Block, Items, Paragraph, Part, Rows, facts, table
from reports._card.flow import flow
from reports._card.read import Card, at, known, on_vectors, rows_at, word
from reports._card.recalibrated import steps
from xrays.split_table import split_cells
from xrays.tasks import Task

NOT_AUDITED = "The films were not audited, or not since they were prepared anew."


def data(card: Card, task: Task) -> Part:
    """Its source, flow, splits, and what the audit says."""
    blocks: list[Block] = [facts(_facts(card)), *flow(card, task), *_splits(card), *_audit(card)]
    labels = (
        f"What is called true here is the {task.label.name.replace('_', ' ')} that the collection states; nobody has "
        "looked at a film anew. Films without it are neither trained on for this task nor scored."
    )
    return Part("data", "Data", (Paragraph(labels), *blocks))


def _facts(card: Card) -> Mapping[str, str]:
    size = at(card, int, "data", "size")
    return {
        "Collection": word(card, "data", "name"),
        "Source": word(card, "data", "source"),
        "Films": f"drawn by a computer{', or those that it was recalibrated on' * bool(steps(card))}"
        if card["synthetic"]
        else "",
        "Prepared": f"{size} × {size} pixels, grey, inverted" if size and not on_vectors(card) else "",
        "Preprocessing": _pairs(at(card, dict[str, Any], "input", "preprocessing")),
        "Vectors": _vectors(card),
        "Division": "; ".join(
            [word(card, "data", "division"), *(at(card, list[str], "data", "division_notes") or [])]
        ),
        "Seed of the division": word(card, "data", "split_seed"),
        "Films, fingerprint": word(card, "data", "fingerprint"),
        "Pixels, fingerprint": word(card, "data", "pixels"),
    }


def _vectors(card: Card) -> str:
    """Of a model on vectors, where these come from."""
    if not known(card, "input.vectors"):
        return ""
    origin = word(card, "input", "vectors", "origin") or "an origin that nobody has stated"
    return f"{word(card, 'input', 'vectors', 'width')} numbers a film from {origin}"


def _pairs(given: Mapping[str, Any] | None) -> str:
    return ", ".join(f"{name} {_said(value)}" for name, value in (given or {}).items())


def _said(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _splits(card: Card) -> Iterator[Rows]:
    """Patients and labels of the parts."""
    frame = pd.DataFrame(rows_at(card, "data", "splits"))
    try:
        numbers = frame.drop(columns="split").apply(pd.to_numeric, errors="coerce")
        head, rows = split_cells(numbers.assign(split=frame["split"]))
    except (KeyError, TypeError, ValueError):  # none, or not as export writes it
        return
    yield table("Patients and labels of each part", head, rows)


def _audit(card: Card) -> Iterator[Block]:
    if not known(card, "data.audit"):
        yield Paragraph(NOT_AUDITED)
        return
    alarms = rows_at(card, "data", "audit", "alarms")
    said = f"The audit of the films passed {word(card, 'data', 'audit', 'passed')} checks"
    yield Paragraph(f"{said} and raised {len(alarms) or 'no'} alarm{'s' * (len(alarms) != 1)}{':' * bool(alarms)}")
    if alarms:
        yield Items(tuple(f"{one.get('severity')}: {one.get('title')}. {one.get('found')}" for one in alarms))
