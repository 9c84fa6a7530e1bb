"""A model that was put right on films of the place where it is used: what was done, and which scores are its own.

steps(card)                     # rows, the latest last; none of a model as it was exported
before(card)                    # ", of the model before it was recalibrated", "" of one that was not
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports._card.blocks import Block, Figure, Paragraph, Rows, Warned, table
from reports._card.read import Card, at, number, rows_at, word
from reports._drawing.metrics import Metric, metric_of, objective_of
from reports._drawing.numbers import count
from xrays.tasks import Task

BEFORE = ", of the model before it was recalibrated"
PROMISES = ("coverage", "width", "calibration_error")


def steps(card: Card) -> list[dict[str, Any]]:
    """What was done one after the other."""
    return rows_at(card, "recalibrated")


def before(card: Card) -> str:
    """To be said of every promise that is not its own."""
    return BEFORE if steps(card) else ""


def before_scores(card: Card) -> str:
    """To be said of every score that is not its own: they are where intervals alone are other ones."""
    return BEFORE if _answers_otherwise(card) else ""


def _answers_otherwise(card: Card) -> bool:
    return any(word(step, "calibration", "kind") != "none" for step in steps(card))


def sentence(card: Card) -> str:
    """What was done last, "" for nothing."""
    if not (done := steps(card)):
        return ""
    last = done[-1]
    said = (
        "its answers are no longer those of the model that this card has scores of"
        if _answers_otherwise(card)
        else "its intervals are no longer those that were looked at on the hold-out"
    )
    return f"It was recalibrated on {_fitted_on(last)} ({last.get('what')}): {said}, and may fit other films worse"


def besides(card: Card) -> str:
    """Where it was scored besides the collection that it was trained on."""
    places = dict.fromkeys(str(step.get("data")) for step in steps(card))
    return f", and on films of {' and '.join(places)}" if places else ""


def figure(card: Card, task: Task) -> Iterator[Figure]:
    """Its score on the films that did not recalibrate it; none of a model as it was exported."""
    metric = objective_of(task)
    for last in steps(card)[-1:]:
        after, was = (at(last, float, "rest", when, "metrics", task.objective) for when in ("after", "before"))
        ends = at(last, list[float], "rest", "after", "interval") or []
        caption = (
            f"recalibrated, on {count(at(last, int, 'rest', 'films'))} films of {last.get('data')} that it was not "
            f"recalibrated on; before {metric.with_unit(metric.value(was))}"
        )
        shown = f"{metric.value(ends[0])} to {metric.value(ends[1])}" if len(ends) == 2 else ""
        yield Figure(metric.label, metric.value(after), metric.unit, shown, caption)


def scores(card: Card, task: Task) -> Iterator[Block]:
    """Its own figures, and a word about all others; nothing of a model as it was exported."""
    if not (done := steps(card)):
        return
    last = done[-1]
    rows = [
        [heading, *(_cell(last, when, metric, path, ends) for when in ("before", "after"))]
        for heading, metric, path, ends in _figures(last, task)
    ]
    others = f"{count(at(last, int, 'rest', 'films'))} films of {count(at(last, int, 'rest', 'patients'))} patients"
    title = f"On {others} of {last.get('data')} that it was not recalibrated on"
    yield table(title, ("Figure", "Before", "Recalibrated"), rows)
    if _answers_otherwise(card):
        yield Warned(
            "Not its own.",
            "All scores below, subgroups included, are of the model before it was recalibrated, on films of the "
            "collection that it was trained on.",
        )
    else:
        yield Paragraph("Its answers are as they were: scores below are its own, too. Its intervals are other ones.")


def history(card: Card) -> Iterator[Rows]:
    """What was done, in its order."""
    rows = [
        (
            str(place),
            str(step.get("data")),
            count(number(step.get("films"))),
            count(number(step.get("patients"))),
            str(step.get("what")),
            f"{step.get('model')} ({str(step.get('from'))[:12]})",
        )
        for place, step in enumerate(steps(card), 1)
    ]
    if rows:
        head = ("Step", "Films of", "Films", "Patients", "What is done to an answer", "Model before, SHA-256")
        yield table("Recalibrated after its export, the first one first", head, rows, long=(1, 4, 5))


def note(card: Card) -> Iterator[Paragraph]:
    """Where its intervals are from now."""
    if steps(card):
        said = "Intervals and what is done to an answer last are fitted on the films of the last step."
        yield Paragraph(said, note=True)


def _fitted_on(step: dict[str, Any]) -> str:
    films, patients = (count(number(step.get(name))) for name in ("films", "patients"))
    return f"{films} films of {patients} patients of {step.get('data')}"


def _figures(step: dict[str, Any], task: Task) -> Iterator[tuple[str, Metric, tuple[str, ...], tuple[str, ...]]]:
    """Heading, metric, and places of the value and of its interval, of what there is."""
    for name in task.metrics:
        metric = metric_of(task, name)
        yield metric.heading, metric, ("metrics", name), ("intervals", name)
    for path, by in (((), ""), (("kept_by_patient",), ", by patient")):
        for name in PROMISES:
            if any(at(step, float, "rest", when, *path, name) is not None for when in ("before", "after")):
                metric = metric_of(task, name)
                yield f"{metric.heading}{by}", metric, (*path, name), (*path, f"{name}_interval")


def _cell(step: dict[str, Any], when: str, metric: Metric, path: tuple[str, ...], ends: tuple[str, ...]) -> str:
    value = metric.value(at(step, float, "rest", when, *path))
    found = at(step, list[float], "rest", when, *ends) or [] if ends else []
    return f"{value} ({metric.value(found[0])} to {metric.value(found[1])})" if len(found) == 2 else value
