"""How the best score came down as trials finished: whether the search was still finding something at its end."""

from __future__ import annotations

import pandas as pd

from reports._figures import COLOURS, DASHES, GREY, SYMBOLS, in_sight, new_figure
from reports._groups import Group
from reports._html import plain
from reports._numbers import metric
from reports._rows import is_complete, named, short_names, task_of
from reports._section import Panel, Section
from xrays.tasks import TASKS

SECTION = Section(
    order=20,
    title="Best score so far",
    tasks=tuple(TASKS),
    note="Each dot is a complete trial, in the order in which trials finished; all others take their "
    "place on the axis but have no dot. An open dot at the edge lies far outside of the picture. The line is the "
    "best score up to then. Horizontal lines: what the baselines reach on the same folds.",
    empty="No trial is complete yet.",
)
COLUMNS = ["task", "kind", "run", "name", "position", "score", "score_sd", "best"]


def data(group: Group) -> pd.DataFrame:
    """One row a trial or baseline. position: 1 for the first trial of its run to finish (NaN: baseline);
    score: NaN unless complete; best: best score of the run up to here, NaN before its first complete trial."""
    rows = named(group.frame)
    complete = is_complete(rows)
    if not complete.any():
        return pd.DataFrame(columns=COLUMNS)
    trial = rows["kind"] == "trial"
    task, loss = task_of(rows), rows["loss"].astype(float).where(complete)
    # The frame keeps the order of the run folder, which is the order of finishing.
    lowest = loss.groupby(rows["run"]).cummin().groupby(rows["run"]).ffill().where(trial)
    found = rows.assign(
        position=trial.groupby(rows["run"]).cumsum().where(trial),
        score=rows["score"].astype(float).where(complete | ~trial),
        best=lowest if task.direction == "min" else -lowest,
    )
    return found[COLUMNS]


def show(table: pd.DataFrame) -> list[Panel]:
    task = task_of(table)
    row = metric(task.objective)
    figure = new_figure("trials finished", row.heading)
    trials, baselines = table[table["kind"] == "trial"], table[table["kind"] == "baseline"]
    low, high = in_sight(task, table["score"], baselines["score"])
    runs = short_names(list(dict.fromkeys(trials["run"])))
    for index, (run, own) in enumerate(trials.groupby("run", sort=False)):
        colour, name = COLOURS[index % len(COLOURS)], plain(runs[str(run)])
        dots = own[own["score"].notna()]
        outside = (dots["score"] < low) | (dots["score"] > high)
        symbol = SYMBOLS[index % len(SYMBOLS)]
        figure.add_scatter(
            x=dots["position"].tolist(),
            y=(dots["score"].clip(low, high) * row.factor).tolist(),
            customdata=[
                [plain(label), score * row.factor] for label, score in zip(dots["name"], dots["score"], strict=True)
            ],
            hovertemplate=f"%{{customdata[0]}}<br>{row.label} %{{customdata[1]:.{row.decimals}f}}<extra></extra>",
            mode="markers",
            marker={
                "color": colour,
                "size": 7,
                "opacity": 0.8,
                "symbol": [f"{symbol}-open" if o else symbol for o in outside],
            },
            name=name,
            legendgroup=str(index),
            showlegend=False,
            cliponaxis=False,
        )
        figure.add_scatter(
            x=own["position"].tolist(),
            y=(own["best"] * row.factor).tolist(),
            mode="lines",
            line={"color": colour, "width": 2.5, "shape": "hv"},
            name=f"best of {name}" if len(runs) > 1 else "best so far",
            legendgroup=str(index),
            hoverinfo="skip",
        )
    end = float(trials["position"].max())
    for label, score in zip(baselines["name"], baselines["score"], strict=True):
        figure.add_scatter(
            x=[0.5, end + 0.5],
            y=[score * row.factor] * 2,
            mode="lines",
            line={"color": GREY, "width": 1.5, "dash": DASHES.get(label, "dashdot")},
            name=f"{plain(label)} {score * row.factor:.{row.decimals}f}",
            hoverinfo="name",
        )
    pad = 0.04 * (high - low) or 0.01
    figure.update_yaxes(range=[(low - pad) * row.factor, (high + pad) * row.factor])
    figure.update_xaxes(range=[0, end + 1], rangemode="nonnegative")
    return [figure]
