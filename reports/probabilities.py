"""How well probabilities rank films, and whether they can be taken at their word."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import COLOURS, DASHES, GREY, Panel, add_band, error_bars, new_figure, side_by_side
from reports._drawing.html import plain
from reports._drawing.quality import AS_ABOVE
from reports._evidence.alike import answered_alike
from reports._evidence.groups import Group
from reports._evidence.quality import says_the_same
from reports._evidence.rows import task_of
from reports._evidence.winner import Judged, Predictions, curve, winner
from reports._section import Section
from xrays.statistics.classification import cumulative, precision, roc

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=26,
    title="Curves of the best trial",
    kinds=("binary",),
    note="Bands are 95 % intervals over patients, at each place by itself. ROC: the further to the upper left, the "
    "better; the dashed diagonal is guessing. Precision and recall: of the films called {positive}, how many are; of "
    "the {positive} films, how many are called so; the dashed line is calling all films {positive}. Reliability: "
    "films in groups of like probability, and the share of them that is {positive}; on the diagonal a probability "
    "can be taken at its word. " + AS_ABOVE,
)
COLUMNS = ["task", "part", "series", "x", "y", "low", "high", "films"]
GRID = np.linspace(0, 1, 101)


def data(group: Group | Judged) -> pd.DataFrame:
    """Parts roc, precision (x: GRID) and reliability (x: mean probability of a bin, y: share of positives), and
    prevalence (y: share of positives in all films). series: the trial, in roc also a linear probe, without a band.
    Parts that need both classes are left out where there is one."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    nan, total = np.nan, predictions.whose.films
    rows = [("prevalence", "", nan, float(predictions.truth.mean()), nan, nan, total)]
    if 0 < predictions.truth.mean() < 1:
        every = np.ones((1, len(predictions.truth)))
        lines = curve(partial(_curves, predictions), predictions.groups)
        for part, band in zip(("roc", "precision"), np.split(lines, 2, axis=1), strict=True):
            rows += [(part, predictions.name, x, *line, total) for x, line in zip(GRID, band.T, strict=True)]
        for name, predicted in predictions.baselines.items():
            if not says_the_same(predicted, predictions.folds):
                line = roc(cumulative(predictions.truth, predicted, every), GRID)[0]
                rows += [("roc", name, x, y, nan, nan, total) for x, y in zip(GRID, line, strict=True)]
    alike = answered_alike(predictions, shares=True)
    rows += [("reliability", predictions.name, *one) for one in alike]
    return pd.DataFrame([(group.task.name, *row) for row in rows], columns=COLUMNS)


def _curves(predictions: Predictions, weights: NDArray[np.floating]) -> NDArray[np.floating]:
    """(draws, 2 * g) the ROC curve, then the one of precision."""
    counts = cumulative(predictions.truth, predictions.predicted, weights)
    return np.hstack([roc(counts, GRID), precision(counts, GRID)])


def show(table: pd.DataFrame) -> list[Panel]:
    """Up to three figures side by side: ROC, precision and recall, reliability."""
    negative, positive = task_of(table).class_names
    figures = []
    prevalence = float(table.loc[table["part"] == "prevalence", "y"].iloc[0])
    titles = {
        "roc": (
            f"1 − specificity: {negative} films called {positive}",
            f"sensitivity: {positive} films called {positive}",
            [0, 1],
        ),
        "precision": (
            f"recall: {positive} films called {positive}",
            f"precision: films called {positive} that are",
            [prevalence] * 2,
        ),
        "reliability": (f"predicted probability of {positive}", f"share of films that are {positive}", [0, 1]),
    }
    for part, (x_title, y_title, reference) in titles.items():
        of_part = table[table["part"] == part]
        if of_part.empty:
            continue
        figure = new_figure(x_title, y_title)
        figure.add_scatter(
            x=[0, 1], y=reference, mode="lines", line={"color": GREY, "dash": "dash", "width": 1},
            showlegend=False, hoverinfo="skip",
        )  # fmt: skip
        for name, line in of_part.groupby("series", sort=False):
            _add(figure, part, str(name), line.round(4))
        figure.update_xaxes(range=[-0.02, 1.02])
        figure.update_yaxes(range=[-0.02, 1.04])
        figures.append(figure)
    return side_by_side(figures)


def _add(figure: go.Figure, part: str, name: str, line: pd.DataFrame) -> None:
    x, y = line["x"].tolist(), line["y"].tolist()
    if part == "reliability":
        figure.add_scatter(
            x=x,
            y=y,
            mode="lines+markers",
            line={"color": COLOURS[0]},
            marker={"size": 7},
            error_y=error_bars(line["y"], line["low"], line["high"]),
            name=plain(name),
            customdata=line["films"].tolist(),
            hovertemplate="said %{x:.2f}, found %{y:.2f}<br>%{customdata} films<extra></extra>",
        )
        return
    banded = bool(line["low"].notna().all())
    if banded:
        add_band(figure, x, line["low"].tolist(), line["high"].tolist())
    figure.add_scatter(
        x=x,
        y=y,
        mode="lines",
        line={"color": COLOURS[0] if banded else COLOURS[1], "width": 2, "dash": DASHES.get(name, "solid")},
        name=plain(name),
        hovertemplate="%{x:.2f}: %{y:.2f}<extra></extra>",
    )
