"""What films of the place would be good for, and what came of some of them.

step_rows(evaluated), show_steps(table)              # a figure against the number of local films
mended_rows(evaluated), show_mended(table)           # before and after, on the films that were not fitted on
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pandas as pd

from reports import calibration
from reports._drawing.figures import COLOURS, Panel, add_band, new_figure, side_by_side
from reports._drawing.html import Html, Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.numbers import MISSING, count
from reports._evaluation.intervals import promise_rows
from reports._evaluation.judged import by_film, by_patient
from reports._evidence.rows import task_of
from trials.evaluated import Evaluated
from trials.score_interval import score_interval
from xrays.statistics.metrics import score
from xrays.statistics.recalibration import Step

if TYPE_CHECKING:
    import plotly.graph_objects as go

MENDED = ["task", "file", "what", "fitted", "films", "when", "of", "figure", "value", "low", "high"]


FILM = "film"


def step_rows(evaluated: Evaluated) -> pd.DataFrame:
    """The fields of Step; none where it was not asked."""
    return pd.DataFrame([(evaluated.task.name, *step) for step in evaluated.steps], columns=["task", *Step._fields])


def show_steps(table: pd.DataFrame) -> list[Panel]:
    """A picture a figure, and the numbers."""
    task = task_of(table)
    parts = {str(name): part for name, part in table.groupby("figure", sort=False)}
    rows = []
    for films, of in table.groupby("films", sort=True):
        cells = {row["figure"]: row for row in of.to_dict("records")}
        shown = [
            metric_of(task, name).within(cells[name]["value"], cells[name]["low"], cells[name]["high"])
            if name in cells
            else MISSING
            for name in parts
        ]
        patients = of["patients"].iloc[0]
        rows.append(
            [Number(count(float(str(films)))), Number(count(patients)), *(Number(text(each)) for each in shown)]
        )
    head = ["Films", "Patients", *(metric_of(task, name).heading for name in parts)]
    figures = [_figure(name, part) for name, part in parts.items()]
    return [*side_by_side(figures), html_table("Local films (nine of ten divisions)", head, rows)]


def _figure(name: str, part: pd.DataFrame) -> go.Figure:
    metric = metric_of(task_of(part), name)
    figure = new_figure("local films", metric.heading)
    x, shown = part["films"].round(1).tolist(), (part[["value", "low", "high"]] * metric.factor).round(4)
    add_band(figure, x, shown["low"].tolist(), shown["high"].tolist())
    figure.add_scatter(
        x=x,
        y=shown["value"].tolist(),
        mode="lines+markers",
        line={"color": COLOURS[0]},
        showlegend=False,
        hovertemplate=f"%{{x:.0f}} films: %{{y:.{metric.decimals}f}}<extra></extra>",
    )
    return figure


def mended_rows(evaluated: Evaluated) -> pd.DataFrame:
    """A row a figure before and after, on the films that were not fitted on. of: a film, or a patient."""
    done, rows = evaluated.recalibrated, list[tuple[object, ...]]()
    if done is None:
        return pd.DataFrame(columns=MENDED)
    before, after = evaluated.rest(done)
    about = (evaluated.task.name, done.file, done.what, int(done.local.sum()), len(after.ids))
    for when, rest in (("before", before), ("after", after)):
        rows += [(*about, when, *figure) for figure in _figures(rest)]
    return pd.DataFrame(rows, columns=MENDED)


def _figures(rest: Evaluated) -> Iterator[tuple[str, str, float, float, float]]:
    task, film = rest.task, by_film(rest)
    value = score(task, rest.truth, rest.answers)[task.objective]
    yield FILM, task.objective, value, *score_interval(task, rest.truth, rest.answers, rest.groups)
    found = calibration.data(film)
    figures = found[found["part"] == "figure"].rename(columns={"name": "figure"})
    promises = promise_rows(rest, film, by_patient(rest))
    for row in pd.concat([figures.assign(of=FILM), promises]).to_dict("records"):
        yield str(row["of"]), str(row["figure"]), float(row["value"]), float(row["low"]), float(row["high"])


def show_mended(table: pd.DataFrame) -> list[Panel]:
    """Before and after, side by side."""
    task, first = task_of(table), table.iloc[0]
    rows = []
    for (of, name), both in table.groupby(["of", "figure"], sort=False):
        metric = metric_of(task, str(name))
        cells = {row["when"]: row for row in both.to_dict("records")}
        shown = [
            metric.within(*(cells[when][end] for end in ("value", "low", "high"))) if when in cells else MISSING
            for when in ("before", "after")
        ]
        heading = metric.heading if of == FILM else f"{metric.heading}, by {of}"
        rows.append([text(heading), *(Number(text(each)) for each in shown)])
    said = (
        f"<p>{text(first['file'])}: {text(first['what'])}, fitted on {count(first['fitted'])} films, scored on the "
        f"{count(first['films'])} others.</p>"
    )
    return [Html(said), html_table("Recalibrated", ["Figure (95 % interval)", "As it was", "Recalibrated"], rows)]
