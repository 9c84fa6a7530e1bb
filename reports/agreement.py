"""Where predictions agree with the truth and where they do not: three pictures of the same films."""

from __future__ import annotations

from functools import partial

import numpy as np
import pandas as pd

from reports._drawing.figures import COLOURS, GREY, Panel, fence, new_figure, side_by_side, with_opacity
from reports._drawing.html import Html, Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.numbers import count
from reports._drawing.quality import AS_ABOVE
from reports._drawing.words import sentence_case, words
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._evidence.winner import FEW, Predictions, estimates, groups_present, winner
from reports._section import Section
from xrays.labels import Label
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


def data(group: Group) -> pd.DataFrame:
    """Rows of four parts. film: x true, y predicted value, of at most DRAWN films; limit: y is a line of the
    Bland-Altman plot; band: x mean true value, y mean residual of a band of at least FEW patients; count: y films in
    all. low and high are ends of 95 % intervals; all in the label's unit."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    total, nan = len(predictions.truth), np.nan
    drawn = np.arange(total)
    if total > DRAWN:
        drawn = np.sort(np.random.default_rng(0).choice(total, DRAWN, replace=False))
    difference = predictions.predicted - predictions.truth
    limits = estimates(partial(agreement, difference), predictions.groups)
    rows = [("count", "films", nan, float(total), nan, nan)]
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
    task = task_of(table)
    known, decimals = words(task), metric_of(task, "bias").decimals
    label, unit = known["label"], known["unit"]
    short, long = (f".{max(0, decimals - fewer)}f" for fewer in (2, 1))
    dot = partial(_dots, decimals=decimals)
    films = table[table["part"] == "film"]
    limits, band = table[table["part"] == "limit"], table[table["part"] == "band"]
    x, y = films["x"].astype(float), films["y"].astype(float)
    error = (y - x).round(decimals)
    low, high = fence(error)
    wild = ~error.between(low, high)
    difference = error.clip(low, high).round(decimals)
    y = x + difference
    first = new_figure(f"true {label}, {unit}", f"predicted {label}, {unit}")
    ends = [min(x.min(), y.min()), max(x.max(), y.max())]
    places = x.round(decimals).tolist()
    first.add_scatter(
        x=places, y=y.round(decimals).tolist(), name="a film", **dot(f"%{{x:{short}}}", x + error, wild)
    )
    first.add_scatter(x=ends, y=ends, mode="lines", line={"color": GREY, "dash": "dash"}, name="equal")

    second = new_figure(f"mean of predicted and true {label}, {unit}", f"predicted − true, {unit}")
    middle = ((x + y) / 2).round(decimals)
    second.add_scatter(x=middle.tolist(), y=difference.tolist(), name="a film", **dot(f"%{{x:{long}}}", error, wild))
    span = [float(middle.min()), float(middle.max())]
    for index, line in enumerate(limits.to_dict("records")):
        colour = COLOURS[1] if line["name"] == LIMITS["bias"] else COLOURS[3]
        if np.isfinite(line["low"]):
            # The interval is a strip over the whole width; the legend has the line alone.
            second.add_hrect(y0=line["low"], y1=line["high"], fillcolor=with_opacity(colour, 0.2), line_width=0)
        second.add_scatter(
            x=span,
            y=[line["y"]] * 2,
            mode="lines",
            line={"color": colour, "dash": "solid" if colour == COLOURS[1] else "dash"},
            name="mean difference" if colour == COLOURS[1] else "limits of agreement",
            showlegend=index < 2,
        )

    third = new_figure(f"true {label}, {unit}", f"predicted − true, {unit}")
    third.add_scatter(x=places, y=difference.tolist(), name="a film", **dot(f"%{{x:{short}}}", error, wild))
    third.add_scatter(
        x=band["x"].astype(float).round(decimals).tolist(),
        y=band["y"].astype(float).round(decimals + 1).tolist(),
        error_y={
            "type": "data",
            "symmetric": False,
            "array": (band["high"] - band["y"]).astype(float).round(decimals + 1).tolist(),
            "arrayminus": (band["y"] - band["low"]).astype(float).round(decimals + 1).tolist(),
        },
        mode="lines+markers",
        line={"color": COLOURS[1], "width": 2},
        marker={"size": 8},
        name=f"mean of {known['a_label']} band",
        customdata=band["name"].tolist(),
        hovertemplate=f"%{{customdata}}: %{{y:{long}}}<extra></extra>",
    )
    third.add_hline(y=0, line={"color": GREY, "dash": "dash"})
    if wild.any():
        # What is computed of all films may lie outside, too.
        pad = 0.04 * float(np.ptp(difference))
        for figure in (second, third):
            figure.update_yaxes(range=[difference.min() - pad, difference.max() + pad])
    total = int(table.loc[table["part"] == "count", "y"].iloc[0])
    thinned = f"The pictures show {count(len(films))} of {count(total)} films, drawn at random; the lines are of all."
    notes = [Html(f"<p class='note'>{thinned}</p>")] if len(films) < total else []
    if wild.any():
        which = "An open dot" if wild.sum() == 1 else f"{count(wild.sum())} open dots"
        notes.append(Html(f"<p class='note'>{which} at the edge: far outside of the pictures.</p>"))
    return [*side_by_side([first, second, third]), *notes, _limits(task, limits)]


def _dots(x: str, values: pd.Series[float], wild: pd.Series[bool], decimals: int) -> dict[str, object]:
    """values: what a dot stands for, wherever it is drawn."""
    return {
        "mode": "markers",
        "marker": {
            "size": [7 if out else 4 for out in wild],
            "color": COLOURS[0],
            "opacity": 0.45,
            "symbol": ["circle-open" if out else "circle" for out in wild],
        },
        "customdata": values.round(decimals).tolist(),
        "hovertemplate": f"{x}: %{{customdata:.{max(0, decimals - 1)}f}}<extra></extra>",
    }


def _limits(task: Task, limits: pd.DataFrame) -> Html:
    metric = metric_of(task, "bias")
    rows = [
        [text(line["name"].capitalize()), Number(text(metric.within(line["y"], line["low"], line["high"])))]
        for line in limits.to_dict("records")
    ]
    return html_table(
        "Bland-Altman", ["Predicted minus true", f"{sentence_case(words(task)['unit'])} (95 % interval)"], rows
    )
