"""What a model has cost: hours, machine and energy."""

from __future__ import annotations

from collections.abc import Sequence

from reports._card.blocks import Block, Paragraph, Part, facts, table
from reports._card.read import Card, at, word
from xrays.tasks import Task


def compute(card: Card, task: Task) -> Part:
    """Hours, machine and energy."""
    known_hours = at(card, dict[str, float], "compute", "worker_hours") or {}
    rows = [(name, hours(value)) for name, value in known_hours.items() if value]
    energy = at(card, list[float], "compute", "kwh") or []
    note = word(card, "compute", "kwh_note")
    pairs = {
        "Machine": word(card, "compute", "device"),
        "From": word(card, "compute", "begun"),
        "To": word(card, "compute", "ended"),
        "By the clock": hours(at(card, float, "compute", "hours")),
        "Core-hours": hours(at(card, float, "compute", "core_hours")),
        "Energy": f"about {_energy(energy)}, {note}" if len(energy) == 2 else note,
    }
    about = Paragraph(
        "By the clock: time in which some trial was in training, pauses of interrupted ones included. Core-hours are "
        "hours of training times the threads that a worker may use, not all of which are busy; what was done before "
        "the search, between trials and in trials that never ended is not counted.",
        note=True,
    )
    blocks: list[Block] = [facts(pairs), about]
    if rows:
        blocks.insert(1, table("Hours of training, over all workers", ("For", "Hours"), rows))
    return Part("compute", "Compute", tuple(blocks))


def _energy(ends: Sequence[float]) -> str:
    """`0.02 to 0.07 kWh`, in Wh where it is less than a hundredth of one."""
    factor, unit = (1, "kWh") if ends[1] >= 0.01 else (1000, "Wh")
    return " to ".join(f"{factor * end:.2g}" for end in ends) + f" {unit}"


def hours(given: float | None) -> str:
    """`4.2 h`, or minutes and seconds where it is less."""
    if given is None:
        return ""
    seconds = 3600 * given
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{given:,.1f} h"
