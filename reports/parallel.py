"""Whole configurations at once: which values the best trials have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports._drawing.figures import COLOURS, GREY, Panel, new_figure, with_opacity
from reports._drawing.html import plain
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import scalar
from reports._drawing.parameter_notes import chosen_note
from reports._drawing.sampling import sample_trials, sampling_note
from reports._drawing.scales import Scale, log_marks, scale_of
from reports._evidence.groups import Group
from reports._evidence.parameters import parameter_rows
from reports._evidence.rows import task_of
from reports._section import Section
from trials.records import Scalar

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=46,
    title="Configurations side by side",
    note="Every trial is one line; it crosses each axis at its value of that parameter, on the left those that stand "
    "out from chance. Trials that were stopped early are dotted, and the best of the complete ones are coloured: a "
    "tenth of them, or five, or half of them where there are few. Where the coloured lines run together, the best "
    "trials agree; the ends of the axes are the smallest and the largest value tried.",
)
SHOWN = 6
LINES = 150


def data(group: Group) -> pd.DataFrame:
    """One row a space, parameter and trial: see `parameter_rows`."""
    return parameter_rows(group, SHOWN)


def show(table: pd.DataFrame) -> list[Panel]:
    """A figure for each space: a line a trial through its parameters to its score."""
    panels = list[Panel]()
    for space, of_space in table.groupby("space", sort=False):
        trials = of_space.drop_duplicates("name")
        shown = sample_trials(trials, task_of(table), LINES)
        panels += [chosen_note(of_space), _lines(str(space), of_space, shown["name"].tolist())]
        panels += sampling_note(len(shown), len(trials))
    return panels


def _coloured(complete: int) -> int:
    return min(max(5, complete // 10), max(1, complete // 2))


def _label(level: Scalar) -> str:
    return f"{level:.3g}" if isinstance(level, float) else plain(scalar(level), 12)


def _marks(scale: Scale) -> tuple[float, ...]:
    """Both ends, and of an axis in powers the round numbers between them that have room."""
    inner = log_marks(scale.low, scale.high) if scale.log else []
    room = [mark for mark in inner if 0.08 < scale.unit([mark])[0] < 0.92]
    return (scale.low, *room, scale.high)


def _lines(space: str, of_space: pd.DataFrame, names: list[str]) -> go.Figure:
    task = task_of(of_space)
    row, parameters = objective_of(task), list(of_space["parameter"].unique())
    wide = of_space.pivot(index="name", columns="parameter", values="value").loc[names, parameters]
    scales = {name: scale_of(of_space.loc[of_space["parameter"] == name, "value"].tolist()) for name in parameters}
    heights = np.stack([scales[name].unit(wide[name].tolist()) for name in parameters], axis=1)
    trials = of_space.drop_duplicates("name").set_index("name").loc[names]
    scores, complete = trials["score"].astype(float), (trials["state"] == "complete").to_numpy()
    # Lines that share a level would lie upon each other: a hair's breadth apart they show how many they are.
    heights = heights + 0.04 * (np.arange(len(names))[:, None] * 0.618034 % 1 - 0.5)
    loss = np.where(complete, scores * task.loss(1.0), np.inf)
    best = np.argsort(loss, kind="stable")[: _coloured(int(of_space["complete"].iloc[0]))]
    figure = new_figure("", "", height=380)
    others = np.setdiff1d(np.flatnonzero(complete), best)
    groups = {
        "stopped early": (np.flatnonzero(~complete), with_opacity(GREY, 0.35), 1.0, "dot"),
        "complete": (others, with_opacity(GREY, 0.6), 1.0, "solid"),
        f"the best {len(best)}": (best, COLOURS[1], 2.0, "solid"),
    }
    for label, (chosen, colour, width, dash) in groups.items():
        if not len(chosen):
            continue
        figure.add_scatter(
            # One line with gaps instead of a line each: a browser draws it a hundred times as fast.
            x=[place for _ in chosen for place in [*range(len(parameters)), None]],
            y=[height for index in chosen for height in [*heights[index].round(4).tolist(), None]],
            text=[
                f"{plain(names[index])}: {row.label} {scores.iloc[index] * row.factor:.{row.decimals}f}<br>"
                f"{plain(name)} {plain(scalar(wide[name].iloc[index]))}"
                if name
                else ""
                for index in chosen
                for name in [*parameters, ""]
            ],
            hovertemplate="%{text}<extra></extra>",
            mode="lines",
            line={"color": colour, "width": width, "dash": dash},
            name=f"{plain(space)}: {label}",
        )
    for place, name in enumerate(parameters):
        levels = scales[name].levels or _marks(scales[name])
        for level, height in zip(levels, scales[name].unit(levels), strict=True):
            figure.add_annotation(
                x=place, y=float(height), text=_label(level), showarrow=False, xanchor="left", xshift=4,
                font={"size": 11},
            )  # fmt: skip
    ticks = [scales[name].titled(plain(name, 16)) for name in parameters]
    figure.update_xaxes(
        tickvals=list(range(len(parameters))), ticktext=ticks, range=[-0.4, len(parameters) - 0.55], showgrid=True
    )
    figure.update_yaxes(visible=False, range=[-0.08, 1.08])
    return figure
