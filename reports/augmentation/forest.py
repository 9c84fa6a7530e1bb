"""The differences of an ablation as a forest plot.

figure = forest(task, rows)             # rows: of `arm_rows`, of one run, those with an interval
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports._drawing.figures import COLOURS, GREY, new_figure
from reports._drawing.html import plain
from reports._drawing.metrics import objective_of
from xrays.tasks import Task

if TYPE_CHECKING:
    import plotly.graph_objects as go

Row = Mapping[Hashable, Any]


FAR = 5.0


def forest(task: Task, rows: list[dict[Hashable, Any]]) -> go.Figure:
    """A dot and an interval a row; worse and better are told by the axis, which is of the metric itself."""
    metric, height = objective_of(task), 130 + 28 * len(rows)
    right = "worse" if task.direction == "min" else "better"
    left = "better" if task.direction == "min" else "worse"
    title = f"← {left}    change of {metric.within_a_sentence}, {metric.difference_unit}    {right} →"
    figure = new_figure(title, "", height=height)
    places = list(range(len(rows)))
    known = [{key: each[key] * metric.factor for key in ("difference", "low", "high")} for each in rows]
    sight = _sight(known)
    shown = [{key: min(max(end, -sight), sight) for key, end in each.items()} for each in known]
    figure.add_scatter(
        x=[0, 0],
        y=[-0.6, len(rows) - 0.4],
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[each["difference"] for each in shown],
        y=places,
        mode="markers",
        marker={
            "size": 9,
            "color": COLOURS[0],
            "symbol": ["circle" if abs(each["difference"]) <= sight else "circle-open" for each in known],
        },
        customdata=[each["difference"] for each in known],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [each["high"] - each["difference"] for each in shown],
            "arrayminus": [each["difference"] - each["low"] for each in shown],
            "color": COLOURS[0],
            "thickness": 1.5,
            "width": 4,
        },
        hovertemplate=f"%{{customdata:+.{metric.decimals}f}}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )
    figure.update_xaxes(range=[-1.05 * sight, 1.05 * sight] if sight else None)
    figure.update_yaxes(
        tickvals=places, ticktext=[plain(row["name"], 34) for row in rows], range=[len(rows) - 0.4, -0.6]
    )
    return figure


def _sight(arms: Sequence[Mapping[str, float]]) -> float:
    """How far the picture reaches to both sides. One setting that diverged must not make dots of all other intervals:
    what reaches FAR times as far as the middle one is cut off."""
    reaches = sorted(max(abs(each["low"]), abs(each["high"])) for each in arms)
    return min(reaches[-1], FAR * reaches[(len(reaches) - 1) // 2])
