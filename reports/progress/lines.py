"""The best score so far as lines: of each run, or, where runs differ in their seed alone, the median over these."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import DASHES, GREY, add_band, new_figure, run_style
from reports._drawing.html import plain
from reports._drawing.metrics import Metric, objective_of
from reports._evidence.rows import task_of
from reports.progress.seeds import Curve, curve_of, labels_of, over_seeds, time_unit

if TYPE_CHECKING:
    import plotly.graph_objects as go

TITLES = {"position": "trials finished", "epochs": "epochs trained, all folds"}


def best_lines(table: pd.DataFrame, axis: str, sight: tuple[float, float], height: int = 380) -> go.Figure:
    """The best of every run, or of runs with several seeds, so far against that column, and the baselines. sight:
    lowest and highest score that it covers."""
    row, (low, high) = objective_of(task_of(table)), sight
    trials, baselines = table[table["kind"] == "trial"], table[table["kind"] == "baseline"]
    unit, divisor = time_unit(trials)
    title, divisor = (unit, divisor) if axis == "clock" else (TITLES[axis], 1.0)
    figure = new_figure(title, row.heading, height)
    labels = labels_of(trials)
    for index, (family, of_family) in enumerate(trials.groupby("family", sort=False)):
        curves = [curve_of(of_run, axis, divisor) for _, of_run in of_family.groupby("run", sort=False)]
        name = "best so far" if len(labels) == 1 and len(curves) == 1 else labels[str(family)]
        _add(figure, [curve for curve in curves if len(curve.x)], index, name, title, row)
    end = float(trials[axis].max()) / divisor or 1.0
    for label, score in zip(baselines["name"], baselines["score"], strict=True):
        figure.add_scatter(
            x=[0, end * 1.02],
            y=[score * row.factor] * 2,
            mode="lines",
            line={"color": GREY, "width": 1.5, "dash": DASHES.get(label, "dashdot")},
            name=f"{plain(label)} {score * row.factor:.{row.decimals}f}",
            hoverinfo="name",
        )
    pad = 0.04 * (high - low) or 0.01
    figure.update_yaxes(range=[(low - pad) * row.factor, (high + pad) * row.factor])
    figure.update_xaxes(range=[0, end * 1.02 + (axis == "position")], rangemode="nonnegative")
    return figure


def _add(figure: go.Figure, curves: list[Curve], index: int, name: str, title: str, row: Metric) -> None:
    if not curves:
        return
    colour, x, best = run_style(index)[0], curves[0].x, curves[0].best
    if len(curves) > 1:
        x, best, low, high = over_seeds(curves)
        corners = [_stairs(x, end * row.factor) for end in (low, high)]
        add_band(figure, corners[0][0], corners[0][1], corners[1][1], colour, legendgroup=str(index))
    figure.add_scatter(
        x=x.tolist(),
        y=(best * row.factor).tolist(),
        mode="lines",
        line={"color": colour, "width": 2.5, "shape": "hv"},
        name=plain(name, 60),
        legendgroup=str(index),
        hovertemplate=f"%{{fullData.name}}: %{{y:.{row.decimals}f}}<br>%{{x:,.3~f}} {title}<extra></extra>",
    )


def _stairs(x: NDArray[np.float64], y: NDArray[np.float64]) -> tuple[list[float], list[float]]:
    """The corners of a line that stays until it falls."""
    return np.repeat(x, 2)[1:].tolist(), np.repeat(y, 2)[:-1].tolist()
