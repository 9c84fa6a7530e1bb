"""What a model's answers are worth: scores with intervals, beside other ways to a model, and for whom."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from reports._card import recalibrated
from reports._card.blocks import Block, Figure, Figures, Items, Paragraph, Part, Rows, table
from reports._card.read import Card, at, known, number, rows_at, word
from reports._drawing.metrics import Metric, metric_of, objective_of
from reports._drawing.numbers import MISSING, count, milliseconds
from xrays.labels import LABELS
from xrays.patients import FEW
from xrays.tasks import Task

WAYS = {"out of fold": "Cross-validation", "hold-out": "Hold-out"}


def headline(card: Card, task: Task) -> Figures:
    """The scores that are read first: of a model that was recalibrated its own; on films that chose nothing, and in
    cross-validation."""
    metric = objective_of(task)
    of_before = (_hold_out_figure(card, metric, task), _cross_validated(card, metric, task))
    said = recalibrated.before_scores(card)
    return Figures(
        (*recalibrated.figure(card, task), *(replace(one, caption=f"{one.caption}{said}") for one in of_before))
    )


def _hold_out_figure(card: Card, metric: Metric, task: Task) -> Figure:
    score = at(card, float, "hold_out", "metrics", task.objective)
    if score is None:
        why = word(card, "hold_out", "reason") or "it was not opened"
        return Figure("Hold-out", MISSING, "", "", f"no score on films that chose nothing: {why}")
    opened = at(card, int, "hold_out", "openings") or 0
    times = "once" if opened == 1 else f"{opened} times"
    verdict = {True: "", False: "; NOT INDEPENDENT", None: "; not known to be independent"}
    caption = (
        f"on {count(at(card, int, 'hold_out', 'films'))} films of the hold-out, which has been opened {times} for "
        f"this task{verdict[at(card, bool, 'hold_out', 'independent')]}"
    )
    return Figure(
        metric.label, metric.value(score), metric.unit, _ends(card, metric, "hold_out", "interval"), caption
    )


def _cross_validated(card: Card, metric: Metric, task: Task) -> Figure:
    """Of several trials together what they have come to on patients that did not choose them, of one what is left of
    its score without the luck of being picked, where that is known."""
    among = count(at(card, int, "cross_validation", "picked_from"))
    own = metric.value(at(card, float, "cross_validation", task.objective, "mean"))
    if len(rows_at(card, "way", "members")) > 1:
        value, ends = metric.value(at(card, float, "way", "score")), _ends(card, metric, "way", "interval")
        caption = f"in cross-validation, of the {word(card, 'way', 'name')}, on patients that did not choose it"
    elif (score := at(card, float, "cross_validation", "corrected", "score")) is not None:
        value, ends = metric.value(score), _ends(card, metric, "cross_validation", "corrected", "interval")
        caption = (
            f"in cross-validation, of the best of {among} trials, corrected for the luck of being picked; as it was "
            f"picked {metric.with_unit(own)}"
        )
    else:
        value, ends = own, ""
        caption = f"in cross-validation, of one among {among} trials: not corrected for the luck of being picked"
    return Figure(metric.label, value, metric.unit, ends, caption)


def _ends(card: Card, metric: Metric, *path: str) -> str:
    ends = at(card, list[float], *path) or []
    return f"{metric.value(ends[0])} to {metric.value(ends[1])}" if len(ends) == 2 else ""


def scores(card: Card, task: Task) -> Part:
    """By metric, and by way to a model."""
    note = Paragraph(
        "In brackets the 95 % interval: how far the score would move with other patients, who are drawn again a "
        "thousand times with all their films. By patient: one answer for all films of each. Over folds: mean ± "
        "standard deviation of the folds.",
        note=True,
    )
    said = word(card, "cross_validation", "note")
    blocks: list[Block] = [note, *recalibrated.scores(card, task), _by_metric(card, task), *_ways(card, task)]
    if said:
        blocks.append(Paragraph(f"Of the cross-validation: {said}"))
    if word(card, "hold_out", "note"):
        blocks.append(Paragraph(f"Of the hold-out: {word(card, 'hold_out', 'note')}."))
    meanings = [f"{metric.label}: {metric.meaning}." for metric in (metric_of(task, name) for name in task.metrics)]
    return Part("scores", "Scores", (*blocks, Items(tuple(meanings))))


def _by_metric(card: Card, task: Task) -> Rows:
    columns = {"Hold-out": ("hold_out",), "Hold-out, by patient": ("hold_out", "by_patient")}
    shown = {name: path for name, path in columns.items() if known(card, ".".join((*path, "metrics")))}
    baselines = list(at(card, dict[str, Any], "baselines") or {})
    rows = []
    for name in task.metrics:
        metric = metric_of(task, name)
        cells = [metric.heading]
        for path in shown.values():
            value = at(card, float, *path, "metrics", name)
            cells.append(_within(metric, value, at(card, list[float], *path, "intervals", name)))
        of_folds = ("cross_validation", name)
        cells.append(metric.spread(at(card, float, *of_folds, "mean"), at(card, float, *of_folds, "sd")))
        cells += [metric.value(at(card, float, "baselines", baseline, name)) for baseline in baselines]
        rows.append(cells)
    name = f"Trial {card['trial']}, over folds"
    head = ["Metric", *shown, name, *(f"{baseline} over folds" for baseline in baselines)]
    return table("Scores of the model, and of what it has to beat", head, rows)


def _ways(card: Card, task: Task) -> Iterator[Block]:
    if len(ways := rows_at(card, "hold_out", "ways")) > 1:
        said = "The same hold-out, other ways to a model of the search."
        yield Paragraph(f"{said} Whoever chooses by it has no unbiased score left.", note=True)
        yield _compared(ways, task)
    if without := rows_at(card, "hold_out", "left_out"):
        named = "; ".join(f"{word(row, 'way')}, since {word(row, 'why')}" for row in without)
        yield Paragraph(f"Not compared: {named}.")


def _compared(ways: Sequence[dict[str, Any]], task: Task) -> Rows:
    metric = objective_of(task)
    rows = [
        (
            str(way.get("way")),
            _within(metric, at(way, float, "cross_validation"), at(way, list[float], "cross_validation_interval")),
            _within(metric, at(way, float, "metrics", task.objective), at(way, list[float], "interval")),
            "exported" if place == 0 else _signed(metric, way),
            count(number(way.get("networks"))),
            f"{(number(way.get('bytes')) or 0) / 1e6:.1f}",
            milliseconds(number(way.get("ms_per_film"))),
        )
        for place, way in enumerate(ways)
    ]
    head = ("Way", "Cross-validation", "Hold-out", "Difference", "Networks", "MB", "ms a film")
    return table("Ways to a model", head, rows)


def _within(metric: Metric, value: float | None, ends: Sequence[float] | None) -> str:
    low, high = ends if ends is not None and len(ends) == 2 else (math.nan, math.nan)
    return metric.within(math.nan if value is None else value, low, high)


def _signed(metric: Metric, way: dict[str, Any]) -> str:
    value, ends = number(way.get("difference")), at(way, list[float], "difference_interval")
    low, high = ends if ends is not None and len(ends) == 2 else (math.nan, math.nan)
    return MISSING if value is None else metric.signed_within(value, low, high)


def subgroups(card: Card, task: Task) -> Part:
    """The objective by bands of numbers and by classes."""
    metric = objective_of(task)
    note = Paragraph(
        f"{metric.heading}, with 95 % intervals over patients. Where two intervals overlap much, the data do not "
        "tell the groups apart; many groups make one that looks worse by chance likely. Groups with fewer than "
        f"{FEW} patients have no number. Of other groups, such as those of ethnicity, machine or hospital, nothing "
        "is known.",
        note=True,
    )
    blocks = [
        table(title, ("Group", "Films", "Patients", metric.heading), [_subgroup(metric, row) for row in rows])
        for of, title in WAYS.items()
        if (rows := rows_at(card, "subgroups", of))
    ]
    return Part("subgroups", "Subgroups", (note, *blocks) if blocks else (Paragraph("None are known."),))


def _subgroup(metric: Metric, row: dict[str, Any]) -> tuple[str, ...]:
    name = str(row.get("label"))
    unit = f" {LABELS[name].unit}" if name in LABELS and LABELS[name].unit else ""
    value, ends = number(row.get("value")), [number(row.get("low")), number(row.get("high"))]
    known_ends = [end for end in ends if end is not None]
    group = f"{name.replace('_', ' ')} {row.get('group')}{unit}" if unit else str(row.get("group"))
    return (
        group,
        count(number(row.get("films"))),
        count(number(row.get("patients"))),
        _within(metric, value, known_ends),
    )
