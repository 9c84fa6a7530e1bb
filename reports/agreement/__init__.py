"""Where predictions agree with the truth and where they do not: three pictures of the same films."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from reports._drawing.figures import Panel, side_by_side
from reports._drawing.html import Html, Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.numbers import count
from reports._drawing.quality import AS_ABOVE
from reports._drawing.words import sentence_case, words
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._evidence.winner import Judged, Predictions, estimates, groups_present, winner
from reports._section import Section
from reports.agreement.pictures import Dots
from xrays.labels import Label
from xrays.patients import FEW
from xrays.statistics.bootstrap import interval, means, resamples
from xrays.statistics.regression import agreement
from xrays.tasks import Task

SECTION = Section(
    order=21,
    title="Predicted against true {label}",
    kinds=("regression",),
    note="On the diagonal of the first picture predicted and true {label} are equal. The second (Bland and Altman) "
    "shows predicted minus true {label} over the mean of the two; 95 % of films are expected between the outer "
    "lines. The third shows predicted minus true {label} over the true {label}, with the mean of each {label} band: "
    "where it falls from left to right, the {low} are predicted too {high} and the {high} too {low}. " + AS_ABOVE,
)
COLUMNS = ["task", "part", "name", "x", "y", "low", "high"]
DRAWN = 2000  # films in a picture: a browser draws each of them three times
LIMITS = {"upper": "upper limit of agreement", "bias": "mean difference", "lower": "lower limit of agreement"}


def data(group: Group | Judged) -> pd.DataFrame:
    """Rows of five parts. film: x true, y predicted value in the first repeat, of at most DRAWN films; limit: y is a
    line of the Bland-Altman plot; band: x mean true value, y mean residual of a band of at least FEW patients; count:
    y films in all; repeats: y how often each is predicted. low and high are ends of 95 % intervals; all in the
    label's unit."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    drawn, nan = np.flatnonzero(predictions.repeat == 0), np.nan
    total = len(drawn)
    if total > DRAWN:
        drawn = np.sort(np.random.default_rng(0).choice(drawn, DRAWN, replace=False))
    difference = predictions.predicted - predictions.truth
    limits = estimates(partial(agreement, difference), predictions.groups)
    rows = [("count", "films", nan, float(total), nan, nan)]
    rows += [("repeats", "", nan, float(predictions.repeat.max() + 1), nan, nan)]
    rows += [("limit", LIMITS[name], nan, *limits[name]) for name in LIMITS]
    rows += [("band", *row) for row in _bands(group.task.label, predictions)]
    rows += [
        ("film", "", float(predictions.truth[film]), float(predictions.predicted[film]), nan, nan) for film in drawn
    ]
    return pd.DataFrame([(group.task.name, *row) for row in rows], columns=COLUMNS)


def _bands(label: Label, predictions: Predictions) -> list[tuple[str, float, float, float, float]]:
    names, members = groups_present(label, predictions.truth.astype(np.float32))
    difference = predictions.predicted - predictions.truth
    every = np.ones((1, len(difference)))
    centres, residuals = (means(values, members, every)[0] for values in (predictions.truth, difference))
    drawn = means(difference, members, resamples(predictions.groups))
    return [
        (name, float(centres[place]), float(residuals[place]), *interval(drawn[:, place]))
        for place, name in enumerate(names)
        if len(np.unique(predictions.groups[members[:, place]])) >= FEW
    ]


def show(table: pd.DataFrame) -> list[Panel]:
    """Three figures side by side, notes on what is left out of them, and the limits of agreement as a table."""
    task, parts = task_of(table), {str(name): rows for name, rows in table.groupby("part")}
    none = table.head(0)
    dots, limits, bands = Dots.of(task, parts["film"]), parts["limit"], parts.get("band", none)
    drawn, total = len(dots.truth), int(parts["count"]["y"].iloc[0])
    sample = f"The pictures show {count(drawn)} of {count(total)} films, drawn at random; the lines are of all."
    notes = [Html(f"<p class='note'>{sample}</p>")] if drawn < total else []
    if (repeats := int(parts["repeats"]["y"].iloc[0])) > 1:
        notes.append(
            Html(
                f"<p class='note'>Dots are of the first of {repeats} predictions of each film; lines are of all.</p>"
            )
        )
    if wild := int(dots.wild.sum()):
        which = "An open dot" if wild == 1 else f"{count(wild)} open dots"
        notes.append(Html(f"<p class='note'>{which} at the edge: far outside of the pictures.</p>"))
    figures = [dots.against_truth(), dots.bland_altman(limits), dots.residuals(bands)]
    return [*side_by_side(figures), *notes, _limits(task, limits)]


def _limits(task: Task, limits: pd.DataFrame) -> Html:
    metric = metric_of(task, "bias")
    rows = [
        [text(line["name"].capitalize()), Number(text(metric.within(line["y"], line["low"], line["high"])))]
        for line in limits.to_dict("records")
    ]
    return html_table(
        "Bland-Altman", ["Predicted minus true", f"{sentence_case(words(task)['unit'])} (95 % interval)"], rows
    )
