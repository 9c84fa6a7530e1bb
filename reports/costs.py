"""What a good score costs: size of the network, time to train it, time to read a film with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports._drawing.figures import GREY, Panel, new_figure, run_style, side_by_side, trial_range
from reports._drawing.html import Html, Number, plain, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count, milliseconds
from reports._drawing.sampling import sample_rows, sampling_note
from reports._drawing.scales import log_axis
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._section import Section
from trials.best import is_complete

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=54,
    title="Score against cost",
    note="Each dot is a complete trial, coloured by space and backbone; an open dot at the edge lies far outside of "
    "the picture. The grey line joins the trials that no other one beats at the same cost or less (Pareto front); "
    "the table lists them. Seconds are for training all folds, milliseconds a film for one prediction, both on the "
    "machine that trained the trial, so they can be compared only within it.",
)
COSTS = {"parameters": "parameters", "seconds": "seconds of training", "ms_per_film": "ms a film"}
LISTED = 20
COLUMNS = ["task", "name", "network", "score", "score_se", *COSTS, *(f"front_{cost}" for cost in COSTS), "constant"]


def data(group: Group) -> pd.DataFrame:
    """One row a complete trial, the best first. network: space, and backbone where there is one; front_*: whether
    no other trial is at least as good at this cost or less, and better in one of the two."""
    rows = group.rows
    constants = rows.loc[(rows["kind"] == "baseline") & (rows["label"] == "constant"), "score"]
    trials = rows[is_complete(rows)].assign(loss=lambda t: t["loss"].astype(float))
    trials = trials.sort_values(["loss", "run", "number"], kind="stable").reset_index(drop=True)
    costs = {cost: pd.to_numeric(trials[cost]).astype(float) for cost in COSTS}
    return trials.assign(
        network=[f"{space}, {backbone}" if backbone else space
                 for space, backbone in zip(trials["space"], trials["backbone"], strict=True)],
        **costs,
        **{f"front_{cost}": on_front(trials["loss"], values) for cost, values in costs.items()},
        constant=constants.iloc[0] if len(constants) else np.nan,
    )[COLUMNS]  # fmt: skip


def on_front(loss: pd.Series[float], cost: pd.Series[float]) -> list[bool]:
    """For each row whether no other row is at least as low in both and lower in one. Without a cost: False."""
    points = list(zip(cost, loss, strict=True))
    best, front = np.inf, set[tuple[float, float]]()
    for point in sorted({point for point in points if np.isfinite(point).all()}):
        if point[1] < best:
            best = point[1]
            front.add(point)
    return [point in front for point in points]


def show(table: pd.DataFrame) -> list[Panel]:
    """A figure for each cost, and the trials that no other beats at their cost."""
    task = task_of(table)
    dots = sample_rows(table, task)
    sight = trial_range(task, table["score"], table["constant"].head(1))
    known = [cost for cost in COSTS if table[cost].gt(0).any()]
    figures = [_figure(table, dots, cost, sight) for cost in known]
    for figure in figures[1:]:
        figure.update_layout(showlegend=False)
    return [*side_by_side(figures), *sampling_note(len(dots), len(table)), _table(table)]


def _figure(table: pd.DataFrame, dots: pd.DataFrame, cost: str, sight: tuple[float, float]) -> go.Figure:
    task, (low, high) = task_of(table), sight
    row = objective_of(task)
    figure = new_figure(f"{COSTS[cost]} (log)", row.heading, height=320)
    front = table[table[f"front_{cost}"] & table[cost].gt(0)].sort_values(cost)
    figure.add_scatter(
        x=front[cost].tolist(),
        y=(front["score"].clip(low, high) * row.factor).tolist(),
        mode="lines",
        line={"color": GREY, "width": 1.5, "shape": "hv"},
        showlegend=False,
        hoverinfo="skip",
    )
    networks = list(dict.fromkeys(table["network"]))
    for network, of_network in dots[dots[cost].gt(0)].groupby("network", sort=False):
        colour, symbol = run_style(networks.index(str(network)))
        figure.add_scatter(
            x=of_network[cost].tolist(),
            y=(of_network["score"].clip(low, high) * row.factor).tolist(),
            customdata=[
                [plain(name), score * row.factor]
                for name, score in zip(of_network["name"], of_network["score"], strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}<br>{row.label} %{{customdata[1]:.{row.decimals}f}}<br>%{{x:,.3~f}} "
            f"{COSTS[cost]}<extra></extra>",
            mode="markers",
            marker={
                "color": colour,
                "size": 7,
                "opacity": 0.8,
                "symbol": [symbol if low <= score <= high else f"{symbol}-open" for score in of_network["score"]],
            },
            name=plain(network, 30),
            cliponaxis=False,
        )
    pad = 0.04 * (high - low) or 0.01
    figure.update_yaxes(range=[(low - pad) * row.factor, (high + pad) * row.factor])
    shown = table.loc[table[cost].gt(0), cost].astype(float)
    figure.update_xaxes(**log_axis(float(shown.min()), float(shown.max())))
    figure.update_layout(showlegend=len(networks) > 1)
    return figure


def _table(table: pd.DataFrame) -> Html:
    task = task_of(table)
    fronts = table[[f"front_{cost}" for cost in COSTS]].any(axis=1)
    chosen: pd.DataFrame = table[fronts].head(LISTED)
    rows = [
        [
            text(row["name"], 80),
            text(row["network"], 60),
            Number(objective_of(task).spread(row["score"], row["score_se"])),
            Number(count(row["parameters"])),
            Number(count(row["seconds"])),
            Number(milliseconds(row["ms_per_film"])),
            text(", ".join(name for cost, name in COSTS.items() if row[f"front_{cost}"])),
        ]
        for row in chosen.to_dict("records")
    ]
    head = [
        "Trial",
        "Network",
        objective_of(task).heading,
        "Parameters",
        "Seconds",
        "ms a film",
        "Unbeaten for its",
    ]
    return html_table("Trials that no other beats at their cost or less", head, rows)
