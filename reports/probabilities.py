"""How well probabilities rank films, and whether they can be taken at their word."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import (
    COLOURS,
    DASHES,
    GREY,
    Panel,
    add_band,
    error_bars,
    new_figure,
    side_by_side,
    with_opacity,
)
from reports._drawing.html import plain
from reports._drawing.quality import AS_ABOVE
from reports._evidence.alike import answered_alike
from reports._evidence.groups import Group
from reports._evidence.quality import says_the_same
from reports._evidence.rows import task_of
from reports._evidence.winner import Judged, Predictions, curve, winner
from reports._section import Section
from xrays.statistics.classification import cumulative, precision, roc
from xrays.tasks import Task

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
    "can be taken at its word. Histogram: how the probabilities of each class are spread; where the two lie over "
    "each other, films are hard to tell apart. " + AS_ABOVE,
)
COLUMNS = ["task", "part", "series", "x", "y", "low", "high", "films"]
GRID = np.linspace(0, 1, 101)
BARS = np.linspace(0, 1, 21)


def data(group: Group | Judged) -> pd.DataFrame:
    """Parts roc, precision (x: GRID) and reliability (x: mean probability of a bin, y: share of positives), histogram
    (series: a class; x: the middle of a bar, y: share of the class's films in it) and prevalence (y: share of
    positives in all films). series: the trial, in roc also a linear probe, without a band. Parts that need both
    classes are left out where there is one."""
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
    rows += _histograms(predictions, group.task)
    return pd.DataFrame([(group.task.name, *row) for row in rows], columns=COLUMNS)


def _histograms(predictions: Predictions, task: Task) -> list[tuple[str, str, float, float, float, float, int]]:
    rows = []
    for number, name in enumerate(task.class_names):
        films = np.histogram(predictions.predicted[predictions.truth == number], BARS)[0]
        bars = zip((BARS[1:] + BARS[:-1]) / 2, films / max(1, films.sum()), films.tolist(), strict=True)
        rows += [("histogram", name, float(x), float(y), np.nan, np.nan, count) for x, y, count in bars]
    return rows


def _curves(predictions: Predictions, weights: NDArray[np.floating]) -> NDArray[np.floating]:
    """(draws, 2 * g) the ROC curve, then the one of precision."""
    counts = cumulative(predictions.truth, predictions.predicted, weights)
    return np.hstack([roc(counts, GRID), precision(counts, GRID)])


def show(table: pd.DataFrame) -> list[Panel]:
    """Up to four figures side by side: ROC, precision and recall, reliability, histogram."""
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
    return side_by_side([*figures, _histogram(table[table["part"] == "histogram"], positive)])


def _histogram(bars: pd.DataFrame, positive: str) -> go.Figure:
    figure = new_figure(f"predicted probability of {positive}", "share of the class, %")
    for colour, (name, of_class) in zip(COLOURS, bars.groupby("series", sort=False), strict=False):
        figure.add_bar(
            x=of_class["x"].round(4).tolist(),
            y=(100 * of_class["y"].astype(float)).round(2).tolist(),
            width=float(BARS[1]),
            marker={"color": with_opacity(colour, 0.55)},
            name=plain(str(name)),
            customdata=of_class["films"].tolist(),
            hovertemplate=f"{plain(str(name))}, %{{x:.3f}} ± {BARS[1] / 2:.3f}: %{{y:.1f}} %<br>%{{customdata}} films"
            "<extra></extra>",
        )
    figure.update_layout(barmode="overlay")
    figure.update_xaxes(range=[-0.02, 1.02])
    return figure


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
