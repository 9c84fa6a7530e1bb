"""Predicted against true values: three pictures of the same films.

dots = Dots.of(task, films)                     # films: rows of the section's table, x true and y predicted
[dots.against_truth(), dots.bland_altman(limits), dots.residuals(bands)]
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
import pandas as pd

from reports._drawing.figures import COLOURS, GREY, error_bars, fence, new_figure, with_opacity
from reports._drawing.metrics import metric_of
from reports._drawing.words import words
from xrays.tasks import Task

if TYPE_CHECKING:
    import plotly.graph_objects as go


@dataclass(frozen=True)
class Dots:
    """Films as dots. truth: true values; errors: predicted minus true; drawn: the same, those far out moved to the
    edge of the pictures; wild: which are. All of one index, in the label's unit, rounded to so many decimals."""

    task: Task
    truth: pd.Series[float]
    errors: pd.Series[float]
    drawn: pd.Series[float]
    wild: pd.Series[bool]
    decimals: int

    @classmethod
    def of(cls, task: Task, films: pd.DataFrame) -> Self:
        """films: columns x, the true, and y, the predicted value."""
        decimals, truth = metric_of(task, "bias").decimals, films["x"].astype(float)
        errors = (films["y"].astype(float) - truth).round(decimals)
        low, high = fence(errors)
        return cls(task, truth, errors, errors.clip(low, high).round(decimals), ~errors.between(low, high), decimals)

    def against_truth(self) -> go.Figure:
        """Predicted over true values, with the line of equal ones."""
        label, unit = self._named
        x, y = self.truth, self.truth + self.drawn
        figure = new_figure(f"true {label}, {unit}", f"predicted {label}, {unit}")
        ends = [min(x.min(), y.min()), max(x.max(), y.max())]
        self._add(figure, x, y.round(self.decimals), 2, x + self.errors)
        figure.add_scatter(x=ends, y=ends, mode="lines", line={"color": GREY, "dash": "dash"}, name="equal")
        return figure

    def bland_altman(self, limits: pd.DataFrame) -> go.Figure:
        """Errors over the mean of both values (Bland & Altman, The Lancet 327, 1986, 307-310). limits: rows y, low,
        high of the lines, the second one the mean difference."""
        label, unit = self._named
        figure = new_figure(f"mean of predicted and true {label}, {unit}", f"predicted − true, {unit}")
        middle = ((self.truth + (self.truth + self.drawn)) / 2).round(self.decimals)
        self._add(figure, middle, self.drawn, 1, self.errors)
        span = [float(middle.min()), float(middle.max())]
        for index, line in enumerate(limits.to_dict("records")):
            colour = COLOURS[1] if index == 1 else COLOURS[3]
            if np.isfinite(line["low"]):
                # The interval is a strip over the whole width; the legend has the line alone.
                figure.add_hrect(y0=line["low"], y1=line["high"], fillcolor=with_opacity(colour, 0.2), line_width=0)
            figure.add_scatter(
                x=span,
                y=[line["y"]] * 2,
                mode="lines",
                line={"color": colour, "dash": "solid" if index == 1 else "dash"},
                name="mean difference" if index == 1 else "limits of agreement",
                showlegend=index < 2,
            )
        return self._in_sight(figure)

    def residuals(self, bands: pd.DataFrame) -> go.Figure:
        """Errors over true values. bands: rows name, x, y, low, high: mean true value and mean error of a band."""
        label, unit = self._named
        figure = new_figure(f"true {label}, {unit}", f"predicted − true, {unit}")
        self._add(figure, self.truth, self.drawn, 2, self.errors)
        places = bands[["x", "y", "low", "high"]].astype(float)
        figure.add_scatter(
            x=places["x"].round(self.decimals).tolist(),
            y=places["y"].round(self.decimals + 1).tolist(),
            error_y=error_bars(places["y"], places["low"], places["high"]),
            mode="lines+markers",
            line={"color": COLOURS[1], "width": 2},
            marker={"size": 8},
            name=f"mean of {words(self.task)['a_label']} band",
            customdata=bands["name"].tolist(),
            hovertemplate=f"%{{customdata}}: %{{y:{self._digits(1)}}}<extra></extra>",
        )
        figure.add_hline(y=0, line={"color": GREY, "dash": "dash"})
        return self._in_sight(figure)

    @property
    def _named(self) -> tuple[str, str]:
        return words(self.task)["label"], words(self.task)["unit"]

    def _digits(self, fewer: int) -> str:
        return f".{max(0, self.decimals - fewer)}f"

    def _add(
        self, figure: go.Figure, x: pd.Series[float], y: pd.Series[float], fewer: int, values: pd.Series[float]
    ) -> None:
        """values: what a dot stands for, wherever it is drawn; fewer: decimals of x that are not shown."""
        figure.add_scatter(
            x=x.round(self.decimals).tolist(),
            y=y.tolist(),
            name="a film",
            mode="markers",
            marker={
                "size": [7 if wild else 4 for wild in self.wild],
                "color": COLOURS[0],
                "opacity": 0.45,
                "symbol": ["circle-open" if wild else "circle" for wild in self.wild],
            },
            customdata=values.round(self.decimals).tolist(),
            hovertemplate=f"%{{x:{self._digits(fewer)}}}: %{{customdata:{self._digits(1)}}}<extra></extra>",
        )

    def _in_sight(self, figure: go.Figure) -> go.Figure:
        if self.wild.any():
            # What is computed of all films may lie outside, too.
            pad = 0.04 * float(np.ptp(self.drawn))
            figure.update_yaxes(range=[self.drawn.min() - pad, self.drawn.max() + pad])
        return figure
