"""How the best score came down as trials finished: whether the search was still finding something at its end, and
which runner and sampler got there with less."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from reports._drawing.figures import DASHES, GREY, Panel, new_figure, run_style, score_range, side_by_side
from reports._drawing.html import plain
from reports._drawing.metrics import objective_of
from reports._drawing.sampling import sample_rows, sampling_note
from reports._evidence.groups import Group
from reports._evidence.rows import short_names, task_of
from reports._section import Section
from trials.best import is_complete

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=40,
    title="Best score so far",
    note="Each dot is a complete trial, in the order in which trials finished; all others take their place on the "
    "axis but have no dot. An open dot at the edge lies far outside of the picture. The line is the best score up "
    "to then. Horizontal lines: what the baselines reach on the same folds. The two small pictures show the same "
    "lines against the time that the trials took, one after the other, and against the epochs trained in all folds: "
    "a search that stops or shortens its trials gets more of them for the same price.",
    empty="No trial is complete yet.",
)
COLUMNS = ["task", "kind", "run", "name", "position", "seconds", "epochs", "score", "best"]
AXES = {"position": "trials finished", "seconds": "seconds of training", "epochs": "epochs trained, all folds"}


def data(group: Group) -> pd.DataFrame:
    """One row a trial or baseline. position: 1 for the first trial of its run to finish; seconds, epochs: of
    training, of this trial and all that finished before in its run (NaN: baseline); score: NaN unless complete;
    best: best score of the run up to here, NaN before its first complete trial."""
    rows = group.rows
    complete = is_complete(rows)
    if not complete.any():
        return pd.DataFrame(columns=COLUMNS)
    trial = rows["kind"] == "trial"
    task, loss = task_of(rows), rows["loss"].astype(float).where(complete)
    # The frame keeps the order of the run folder, which is the order of finishing.
    lowest = loss.groupby(rows["run"]).cummin().groupby(rows["run"]).ffill().where(trial)
    spent = {
        name: rows[name].astype(float).where(trial, 0.0).groupby(rows["run"]).cumsum().where(trial)
        for name in ("seconds", "epochs")
    }
    trials = rows.assign(
        position=trial.groupby(rows["run"]).cumsum().where(trial),
        **spent,
        score=rows["score"].astype(float).where(complete | ~trial),
        best=lowest if task.direction == "min" else -lowest,
    )
    return trials[COLUMNS]


def show(table: pd.DataFrame) -> list[Panel]:
    """The best score so far by trials, and two small figures of it by seconds and by epochs."""
    task = task_of(table)
    sight = score_range(task, table["score"], table.loc[table["kind"] == "baseline", "score"])
    scored = table[(table["kind"] == "trial") & table["score"].notna()]
    dots = sample_rows(scored, task)
    first = _lines(table, "position", sight)
    _add_dots(first, dots, sight, list(dict.fromkeys(table.loc[table["kind"] == "trial", "run"])))
    small = [_lines(table, axis, sight, height=280) for axis in ("seconds", "epochs")]
    for figure in small:
        figure.update_layout(showlegend=False)
    return [first, *sampling_note(len(dots), len(scored)), *side_by_side(small)]


def _lines(table: pd.DataFrame, axis: str, sight: tuple[float, float], height: int = 380) -> go.Figure:
    """The best of every run so far against that column, and the baselines."""
    task, (low, high) = task_of(table), sight
    row = objective_of(task)
    figure = new_figure(AXES[axis], row.heading, height)
    trials, baselines = table[table["kind"] == "trial"], table[table["kind"] == "baseline"]
    runs = short_names(list(dict.fromkeys(trials["run"])))
    for index, (run, of_run) in enumerate(trials.groupby("run", sort=False)):
        # Where the best is as it was, a line needs no corner; its last point says how far the run went.
        corner = of_run["best"].notna() & (
            of_run["best"].ne(of_run["best"].shift()) | (np.arange(len(of_run)) == len(of_run) - 1)
        )
        figure.add_scatter(
            x=of_run.loc[corner, axis].tolist(),
            y=(of_run.loc[corner, "best"] * row.factor).tolist(),
            mode="lines",
            line={"color": run_style(index)[0], "width": 2.5, "shape": "hv"},
            name=f"best of {plain(runs[str(run)])}" if len(runs) > 1 else "best so far",
            legendgroup=str(index),
            hovertemplate=f"%{{fullData.name}}: %{{y:.{row.decimals}f}}<br>%{{x:,.0f}} {AXES[axis]}<extra></extra>",
        )
    end = float(trials[axis].max()) or 1.0
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


def _add_dots(figure: go.Figure, dots: pd.DataFrame, sight: tuple[float, float], runs: list[str]) -> None:
    row, (low, high) = objective_of(task_of(dots)), sight
    for run, of_run in dots.groupby("run", sort=False):
        colour, symbol = run_style(runs.index(str(run)))
        outside = (of_run["score"] < low) | (of_run["score"] > high)
        figure.add_scatter(
            x=of_run["position"].tolist(),
            y=(of_run["score"].clip(low, high) * row.factor).tolist(),
            customdata=[
                [plain(label), score * row.factor]
                for label, score in zip(of_run["name"], of_run["score"], strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}<br>{row.label} %{{customdata[1]:.{row.decimals}f}}<extra></extra>",
            mode="markers",
            marker={
                "color": colour,
                "size": 7,
                "opacity": 0.8,
                "symbol": [f"{symbol}-open" if o else symbol for o in outside],
            },
            legendgroup=str(runs.index(str(run))),
            showlegend=False,
            cliponaxis=False,
        )
