"""Where a model's limits are, as far as software can see them: in sentences, those that weigh most first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports._card import recalibrated
from reports._card.blocks import Items, Part
from reports._card.read import Card, at, known, number, on_vectors, rows_at, word
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count
from reports._drawing.words import sentence_case
from trials.explained import ON_BORDER
from trials.lineage import SeenFilms
from xrays.labels import LABELS
from xrays.tasks import Task


def limits(card: Card, task: Task) -> Part:
    """Sentences, those that weigh most first."""
    return Part("limits", "Limits", (Items(tuple(_limits(card, task))),))


def _limits(card: Card, task: Task) -> Iterator[str]:
    if card["synthetic"]:
        yield "The films were drawn by a computer: nothing here says anything about patients."
    if said := recalibrated.sentence(card):
        yield f"{said}."
    yield (
        f"It was trained on one collection, and scored on it{recalibrated.besides(card)}. Whether it is any good on "
        "films from anywhere else, nobody has looked: hospitals, machines, projections and patients may be others."
    )
    yield from _hold_out(card)
    yield from _beaten(card, task)
    if stress := word(card, "data", "stress"):
        yield f"Its cross-validation is a stress test ({stress}), whose folds are not alike: none of new patients."
    yield from _films(card)
    yield from _audit(card)
    yield from _seen(card)
    yield from _border(card)
    yield (
        f"Its {task.label.name.replace('_', ' ')} is learnt from what the collection states; where that is wrong, it "
        "was taught and scored wrongly."
    )
    if (size := at(card, int, "data", "size")) and not on_vectors(card):
        yield f"Films were made {size} × {size} pixels: what is finer is gone."


def _hold_out(card: Card) -> Iterator[str]:
    opened = at(card, int, "hold_out", "openings") or 0
    if not known(card, "hold_out.metrics"):
        yield (
            f"There is no score on films that chose nothing: {word(card, 'hold_out', 'reason') or 'none was made'}. "
            f"That in cross-validation is of the best of {count(at(card, int, 'cross_validation', 'picked_from'))} "
            "trials on the films that chose it, and too good."
        )
        return
    if opened > 1:
        yield f"The hold-out has been opened {opened} times for this task: a score picked among those is optimistic."
    if many := at(card, int, "hold_out", "looked_at"):
        yield f"{count(many)} of the hold-out's films were in another hold-out that has been opened for this task."
    if note := word(card, "hold_out", "note"):
        verdict = "is not" if at(card, bool, "hold_out", "independent") is False else "is not known to be"
        yield f"The hold-out's score {verdict} independent: {note}."


def _beaten(card: Card, task: Task) -> Iterator[str]:
    own = at(card, float, "way", "score")
    for baseline in at(card, dict[str, Any], "baselines") or {}:
        other = at(card, float, "baselines", baseline, task.objective)
        if own is not None and other is not None and not task.better(own, other):
            metric = objective_of(task)
            yield (
                f"In cross-validation it is not better than the baseline {baseline}: {metric.label} "
                f"{metric.with_unit(metric.value(own))} against {metric.value(other)}."
            )


def _films(card: Card) -> Iterator[str]:
    """Who is not, or hardly, among the films."""
    splits = rows_at(card, "data", "splits")
    if unknown := sum(number(split.get("unknown")) or 0 for split in splits):
        yield (
            f"Of {count(unknown)} films the patient is unknown: films of one patient may be on both sides of a "
            "split, which makes scores too good, and intervals are too short."
        )
    for label in LABELS.values():
        ends = [number(split.get(f"{label.name}_{end}")) for split in splits[:1] for end in ("least", "most")]
        low, high = ends if ends else (None, None)
        if low is not None and high is not None:
            span = f"{label.name.replace('_', ' ')} from {low:.0f} to {high:.0f} {label.unit}".rstrip()
            yield f"It was trained on films with {span}: of others it knows nothing."


def _audit(card: Card) -> Iterator[str]:
    if not known(card, "data.audit"):
        yield "The films were not audited: copies, leaks and wrong labels among them are not known."
    elif alarms := rows_at(card, "data", "audit", "alarms"):
        titles = ", ".join(str(one.get("title")) for one in alarms)
        yield f"The audit of the films raised alarms that may bear on scores: {titles} (see Data)."


def _seen(card: Card) -> Iterator[str]:
    """What its pretrained weights, or the model that made its vectors, have met."""
    try:
        seen = SeenFilms.from_json(card.get("films_seen") or {})
    except (KeyError, TypeError, ValueError):
        yield "Which films it has seen is not in its card."
        return
    if seen.unknown:
        yield f"Cross-validation may be too good: which films {', '.join(seen.unknown)} has seen is unknown."
    yield (
        f"It knows {count(len(seen.trained))} films from training and {count(len(seen.chosen))} others that chose "
        "its configuration, by their fingerprints in the card: a score on any of these is none on new films."
    )


def _border(card: Card) -> Iterator[str]:
    verdict, said = word(card, "explained", "border", "verdict"), at(card, dict[str, str], "border", "said") or {}
    if verdict in ON_BORDER:
        yield f"Attention on the outer tenth, against its area and shuffled weights: {ON_BORDER[verdict]}."
    yield from (f"{sentence_case(sentence)}." for sentence in said.values())
    if on_vectors(card):
        yield "It takes vectors: what in the films its answers rest on, letters at the border or lungs, is not known."
    elif verdict not in ON_BORDER and not said:
        yield "Whether it reads letters, markers or collimator edges at the border of films was not looked at."
