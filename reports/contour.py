"""Two parameters together, which stand out if any do: whether the best value of one depends on the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import GREY, Panel, new_figure, score_colours, side_by_side, trial_range
from reports._drawing.html import Html, plain, text
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import scalar
from reports._drawing.sampling import sample_trials, sampling_note
from reports._drawing.scales import Scale, scale_of
from reports._evidence.groups import Group
from reports._evidence.parameters import LEAST, parameter_rows
from reports._evidence.rows import task_of
from reports._section import Section
from trials.records import Scalar

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=48,
    title="Two parameters together",
    note="The two parameters that stand out most, or the first of the space in their place. The colour is the mean "
    "score of the complete trials (white dots) nearby, light where it is better; where none was, there is no "
    "colour. Between few dots it is a rough guess. Crosses are trials that were stopped early: they give no "
    "colour, but show where the search has been. A crossed dot has a score far outside of the colours, and counts as "
    "their end. Dots with one and the same value stand beside each other.",
)
CELLS = 30
DOTS = 300
# A place has a colour where the trials around weigh as much as this part of one that lies right there.
NEAR = 0.3
MARKERS = {
    "pruned": {"color": GREY, "size": 5, "symbol": "x-thin", "line": {"color": GREY, "width": 1}},
    "complete": {"color": "#ffffff", "size": 5, "line": {"color": "#1b2026", "width": 1}},
}
COLUMNS = ["task", "space", "name", "state", "complete", "chance", "stand", "first", "x", "second", "y", "score",
           "constant"]  # fmt: skip


def data(group: Group) -> pd.DataFrame:
    """One row a space and trial. first, second: names of the two parameters; stand: how many of them stand out from
    chance; chance: NaN where that cannot be told; x, y: the trial's values. A space of which one parameter varied
    alone is left out."""
    table = parameter_rows(group, 2)
    keys = ["task", "space", "name", "state", "complete", "chance", "score", "constant"]
    one, two = (table.loc[table["place"] == place, [*keys, "parameter", "value", "stands"]] for place in (1, 2))
    both = one.merge(
        two[["space", "name", "parameter", "value", "stands"]], on=["space", "name"], suffixes=("", "_2")
    )
    names = {"parameter": "first", "value": "x", "parameter_2": "second", "value_2": "y"}
    return both.rename(columns=names).assign(stand=both["stands"] + 0 + both["stands_2"])[COLUMNS]


def show(table: pd.DataFrame) -> list[Panel]:
    """A figure for each space with enough complete trials, and how its two parameters were chosen."""
    task, figures, panels, drawn = task_of(table), list["go.Figure"](), list[Panel](), 0
    spaces = table.groupby("space", sort=False)
    for space, of_space in spaces:
        complete = of_space[of_space["state"] == "complete"]
        if len(complete) < LEAST:
            have = f"{len(complete)} of {LEAST} complete trials that this picture needs"
            panels.append(Html(f"<p>{text(space, 60)}: {have}. The others were stopped early.</p>"))
            continue
        shown = sample_trials(of_space, task, DOTS)
        drawn += len(shown)
        figures.append(_figure(of_space, complete, shown))
        if of_space["stand"].iloc[0] < 2:
            panels.append(Html(f"<p class='note'>{text(space, 60)}: {text(_chosen(of_space))}</p>"))
    total = sum(len(of_space) for _, of_space in spaces if (of_space["state"] == "complete").sum() >= LEAST)
    return [*side_by_side(figures), *panels, *sampling_note(drawn, total)]


def _chosen(of_space: pd.DataFrame) -> str:
    first, second, stand = of_space["first"].iloc[0], of_space["second"].iloc[0], of_space["stand"].iloc[0]
    if np.isnan(of_space["chance"].iloc[0]):
        few = of_space["complete"].iloc[0]
        return f"{first} and {second} are the first of the space; {few} complete trials do not tell which matter."
    if stand:
        return f"only {first} stands out from chance; {second} is the first other parameter of the space."
    return f"neither {first} nor {second} stands out from chance; they are the first parameters of the space."


def _figure(everything: pd.DataFrame, complete: pd.DataFrame, shown: pd.DataFrame) -> go.Figure:
    """everything: whose values the axes hold; own: complete trials; shown: what is drawn as a dot or a cross."""
    task = task_of(complete)
    row = objective_of(task)
    x, y = scale_of(everything["x"].tolist()), scale_of(everything["y"].tolist())
    low, high = trial_range(task, complete["score"], complete["constant"].head(1))
    grid = smoothed(
        x, complete["x"].tolist(), y, complete["y"].tolist(), complete["score"].clip(low, high).to_numpy(float)
    )
    first, second = plain(complete["first"].iloc[0], 30), plain(complete["second"].iloc[0], 30)
    figure = new_figure(x.titled(first), y.titled(second), height=420)
    surface = {
        "x": x.ticks(CELLS),
        "y": y.ticks(CELLS),
        "z": [[None if np.isnan(cell) else round(cell * row.factor, 4) for cell in line] for line in grid.tolist()],
        "colorscale": score_colours(task),
        "colorbar": {"title": {"text": row.heading}, "thickness": 14},
        "hovertemplate": f"nearby {row.label} %{{z:.{row.decimals}f}}<extra></extra>",
    }
    # Between levels there is nothing to draw a line through.
    if x.levels or y.levels:
        figure.add_heatmap(**surface)
    else:
        figure.add_contour(**surface, ncontours=12, line={"width": 0})
    places = shown.assign(h=x.dots(shown["x"].tolist()), v=y.dots(shown["y"].tolist(), stride=0.754878))
    for state, marker in MARKERS.items():
        dots = places[places["state"] == state]
        figure.add_scatter(
            x=dots["h"].tolist(),
            y=dots["v"].tolist(),
            text=[
                f"{plain(r['name'])}<br>{first} {plain(scalar(r['x']))}<br>{second} {plain(scalar(r['y']))}<br>"
                f"{row.label} {r['score'] * row.factor:.{row.decimals}f}{' so far' if state == 'pruned' else ''}"
                for r in dots.to_dict("records")
            ],
            hovertemplate="%{text}<extra></extra>",
            mode="markers",
            marker=marker if state == "pruned" else {**marker, "symbol": _symbols(dots, low, high)},
            showlegend=False,
        )
    figure.update_xaxes(**x.axis(), showgrid=False)
    figure.update_yaxes(**y.axis(), showgrid=False)
    return figure


def _symbols(dots: pd.DataFrame, low: float, high: float) -> list[str]:
    return ["circle" if low <= score <= high else "circle-x" for score in dots["score"]]


def smoothed(
    x: Scale, xs: list[Scalar], y: Scale, ys: list[Scalar], scores: NDArray[np.float64]
) -> NDArray[np.float64]:
    """(places of y, places of x) mean of the scores, each weighted by how near its trial is (Gaussian, Scott's
    width); of a level only its own trials count. NaN where hardly any trial is near."""
    nearness = [_nearness(scale, values, len(scores)) for scale, values in ((y, ys), (x, xs))]
    weights = nearness[0][:, None, :] * nearness[1][None, :, :]
    total = weights.sum(axis=2)
    means = (weights @ scores) / np.where(total > 0, total, 1)
    return np.asarray(np.where(total >= NEAR, means, np.nan), np.float64)


def _nearness(scale: Scale, values: list[Scalar], count: int) -> NDArray[np.float64]:
    """(places, n) between 0 and 1."""
    if scale.levels:
        return np.asarray(np.array(scale.ticks(0))[:, None] == np.array(scale.at(values))[None], np.float64)
    given = scale.unit(values)
    width = max(0.02, float(given.std()) * count ** (-1 / 6))
    distance = np.linspace(0, 1, CELLS)[:, None] - given[None]
    return np.asarray(np.exp(-0.5 * (distance / width) ** 2))
