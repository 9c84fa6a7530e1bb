"""Score against one parameter at a time: where in its range the good trials lie, and whether an end of it was hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reports._drawing.figures import COLOURS, among, new_figure, side_by_side
from reports._drawing.html import Html, plain, text
from reports._drawing.numbers import metric, scalar
from reports._drawing.scales import scale_of
from reports._drawing.thin import thinned, thinned_note
from reports._evidence.groups import Group
from reports._evidence.parameters import searched
from reports._evidence.rows import task_of
from reports._section import Panel, Section
from xrays.tasks import TASKS

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=44,
    title="Scores by parameter",
    tasks=tuple(TASKS),
    note="The six parameters that mattered most. A dot is a complete trial; an open dot at the edge lies far outside "
    "of the picture. Where the best dots press against one end of an axis, a wider range may hold better ones. All "
    "other parameters differ from dot to dot, too.",
    empty="",
)
SHOWN = 6
DOTS = 300


def data(group: Group) -> pd.DataFrame:
    """One row a space, parameter and complete trial: see `searched`."""
    return searched(group, SHOWN)


def show(table: pd.DataFrame) -> list[Panel]:
    task, panels = task_of(table), list[Panel]()
    several = table["space"].nunique() > 1
    for space, own in table.groupby("space", sort=False):
        sight = among(task, own["score"], own["constant"].head(1))
        shown = {str(name): thinned(part, task, DOTS) for name, part in own.groupby("parameter", sort=False)}
        panels += [Html(f"<h4>{text(space, 60)}</h4>")] if several else []
        panels += side_by_side([_slice(name, part, sight) for name, part in shown.items()])
        panels += thinned_note(len(next(iter(shown.values()))), own["name"].nunique())
    return panels


def _slice(name: str, own: pd.DataFrame, sight: tuple[float, float]) -> go.Figure:
    low, high = sight
    row, values = metric(task_of(own).objective), own["value"].tolist()
    scale = scale_of(values)
    figure = new_figure(plain(name, 40), row.heading, height=260)
    figure.add_scatter(
        x=scale.dots(values),
        y=(own["score"].clip(low, high) * row.factor).tolist(),
        customdata=[
            [plain(label), plain(scalar(value)), score * row.factor]
            for label, value, score in zip(own["name"], values, own["score"], strict=True)
        ],
        hovertemplate=f"%{{customdata[0]}}<br>%{{customdata[1]}}<br>{row.label} "
        f"%{{customdata[2]:.{row.decimals}f}}<extra></extra>",
        mode="markers",
        marker={
            "color": COLOURS[0],
            "size": 6,
            "opacity": 0.7,
            "symbol": ["circle" if low <= score <= high else "circle-open" for score in own["score"]],
        },
        cliponaxis=False,
    )
    pad = 0.04 * (high - low) or 0.01
    figure.update_yaxes(range=[(low - pad) * row.factor, (high + pad) * row.factor])
    figure.update_xaxes(**scale.axis())
    return figure
