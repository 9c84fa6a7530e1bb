"""Score against one parameter at a time: where in its range the good trials lie, and whether an end of it was hit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reports._drawing.figures import COLOURS, GREY, Panel, new_figure, side_by_side, trial_range
from reports._drawing.html import Html, plain, text
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import scalar
from reports._drawing.parameter_notes import chosen_note
from reports._drawing.sampling import sample_trials, sampling_note
from reports._drawing.scales import scale_of
from reports._evidence.groups import Group
from reports._evidence.parameters import parameter_rows
from reports._evidence.rows import task_of
from reports._section import Section

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=44,
    title="Scores by parameter",
    note="One parameter at a time, first those that stand out from chance. A dot is a complete trial, a grey cross "
    "one that was stopped early, at the score that it had reached by then, which more training would have changed. "
    "What lies far outside of the picture stands at its edge, open. An axis holds all values that were tried: "
    "where the best dots press against one end, a wider range may hold better ones. All other parameters differ "
    "from dot to dot, too.",
)
SHOWN = 6
DOTS = 300


def data(group: Group) -> pd.DataFrame:
    """One row a space, parameter and trial: see `parameter_rows`."""
    return parameter_rows(group, SHOWN)


def show(table: pd.DataFrame) -> list[Panel]:
    """For each space a figure a parameter, and how the parameters were chosen."""
    task, panels = task_of(table), list[Panel]()
    several = table["space"].nunique() > 1
    for space, of_space in table.groupby("space", sort=False):
        of_space = of_space[of_space["score"].notna()]
        sight = trial_range(task, of_space["score"], of_space["constant"].head(1))
        shown = {
            str(name): sample_trials(part, task, DOTS) for name, part in of_space.groupby("parameter", sort=False)
        }
        panels += [Html(f"<h4>{text(space, 60)}</h4>")] if several else []
        panels.append(chosen_note(of_space))
        panels += side_by_side([_slice(name, part, sight) for name, part in shown.items()])
        panels += sampling_note(len(next(iter(shown.values()))), of_space["name"].nunique())
    return panels


def _slice(name: str, of_parameter: pd.DataFrame, sight: tuple[float, float]) -> go.Figure:
    low, high = sight
    row, values = objective_of(task_of(of_parameter)), of_parameter["value"].tolist()
    scale = scale_of(values)
    figure = new_figure(scale.titled(plain(name, 40)), row.heading, height=260)
    drawn = of_parameter.assign(x=scale.dots(values), text=[plain(scalar(value)) for value in values])
    for state, colour, symbol in (("pruned", GREY, "x-thin"), ("complete", COLOURS[0], "circle")):
        part = drawn[drawn["state"] == state]
        # A thin cross has a line and no face.
        edge = "x-thin" if state == "pruned" else "circle-open"
        figure.add_scatter(
            x=part["x"].tolist(),
            y=(part["score"].clip(low, high) * row.factor).tolist(),
            customdata=[
                [plain(label), value, score * row.factor, "so far" if state == "pruned" else ""]
                for label, value, score in zip(part["name"], part["text"], part["score"], strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}<br>%{{customdata[1]}}<br>{row.label} "
            f"%{{customdata[2]:.{row.decimals}f}} %{{customdata[3]}}<extra></extra>",
            mode="markers",
            marker={
                "color": colour,
                "size": 6,
                "opacity": 0.7,
                "symbol": [symbol if low <= score <= high else edge for score in part["score"]],
                "line": {"color": colour, "width": 1.2 if state == "pruned" else 0},
            },
            cliponaxis=False,
            showlegend=False,
        )
    pad = 0.04 * (high - low) or 0.01
    figure.update_yaxes(range=[(low - pad) * row.factor, (high + pad) * row.factor])
    figure.update_xaxes(**scale.axis())
    return figure
