"""Whether a trial is good everywhere or lucky in one fold: the best and the latest, fold by fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reports._drawing.figures import GREY, Panel, new_figure, score_colours, side_by_side, trial_range
from reports._drawing.html import Number, plain, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports._evidence.rows import complete_folds, task_of
from reports._section import Section
from trials.best import best_trials, over_seeds

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=60,
    title="Scores by fold",
    note="One row a trial, one column a fold, lighter where the score is better. All are scored on the same folds: "
    "a column that is dark throughout is a hard fold, and a difference between two rows counts when it holds in "
    "most folds and not only in the mean. One map has the best complete trials and the baselines, best first; the "
    "other the latest other trials, the last at the bottom, with a gap for a fold that was not finished. A cross "
    "marks a score far outside of the colours.",
    empty="No fold has been finished yet.",
)
BEST, LATEST = 40, 40
LISTED = 10
ORDERS = {"best": "best first", "latest": "latest last"}
COLUMNS = ["task", "name", "kind", "part", "fold", "score", "mean"]


def data(group: Group) -> pd.DataFrame:
    """One row a model and fold. part: `best`, the best complete trials and the baselines, best first; `latest`, the
    trials that have finished a fold last and are not among the best, in the order of finishing."""
    rows = over_seeds(group.rows)
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    task = task_of(rows)
    first = rows[(rows["kind"] == "baseline") | rows.index.isin(best_trials(rows, BEST).index)]
    others = rows[rows["folds"].map(lambda folds: bool(complete_folds(folds))) & ~rows.index.isin(first.index)]
    latest = others.sort_values(["finished", "run", "number"], kind="stable").tail(LATEST)
    records = [
        (task.name, row["name"], row["kind"], part, fold.fold, float(fold.metrics[task.objective]), row["score"])
        for part, trials in (("best", first.sort_values(["place", "loss"], kind="stable")), ("latest", latest))
        for row in trials.to_dict("records")
        for fold in complete_folds(row["folds"])
    ]
    return pd.DataFrame(records, columns=COLUMNS)


def show(table: pd.DataFrame) -> list[Panel]:
    """Maps of scores by trial and fold, and the best trials beside the baselines in numbers."""
    task = task_of(table)
    row = objective_of(task)
    baseline = table["kind"] == "baseline"
    # A constant predictor far behind must not give all trials one colour.
    scores = table["score"] if baseline.all() else table.loc[~baseline, "score"]
    low, high = (edge * row.factor for edge in trial_range(task, scores, table.loc[baseline, "score"]))
    folds = sorted(table["fold"].unique())
    figures = [_heat_map(of_part, folds, low, high) for _, of_part in table.groupby("part", sort=True)]
    return [*side_by_side(figures), *_table(table, folds)]


def _heat_map(table: pd.DataFrame, folds: list[int], low: float, high: float) -> go.Figure:
    task = task_of(table)
    row, names = objective_of(task), list(table["name"].unique())
    wide = table.pivot(index="name", columns="fold", values="score").reindex(index=names, columns=folds) * row.factor
    figure = new_figure("fold", ORDERS[table["part"].iloc[0]], height=130 + 15 * len(names))
    figure.add_heatmap(
        x=[f"{fold}" for fold in folds],
        # Clipped names may collide, and equal names would share a line of the plot.
        y=list(range(len(names))),
        z=[[None if pd.isna(score) else round(score, 6) for score in line] for line in wide.to_numpy().tolist()],
        text=[[plain(name)] * len(folds) for name in names],
        zmin=low,
        zmax=high,
        xgap=2,
        ygap=1,
        colorscale=score_colours(task),
        colorbar={"title": {"text": row.heading}, "thickness": 14},
        hovertemplate=f"%{{text}}<br>fold %{{x}}: %{{z:.{row.decimals}f}}<extra></extra>",
    )
    outside = [
        (column, line)
        for line, scores in enumerate(wide.to_numpy().tolist())
        for column, score in enumerate(scores)
        if not (pd.isna(score) or low <= score <= high)
    ]
    figure.add_scatter(
        x=[f"{folds[column]}" for column, _ in outside],
        y=[line for _, line in outside],
        mode="markers",
        marker={"symbol": "x-thin", "size": 8, "line": {"color": GREY, "width": 1.5}},
        hoverinfo="skip",
        showlegend=False,
    )
    figure.update_xaxes(type="category", showgrid=False)
    figure.update_yaxes(
        tickvals=list(range(len(names))),
        ticktext=[plain(name, 26) for name in names],
        tickfont={"size": 11},
        range=[len(names) - 0.5, -0.5],
        showgrid=False,
    )
    return figure


def _table(table: pd.DataFrame, folds: list[int]) -> list[Panel]:
    """The best ten beside the baselines in numbers."""
    metric = objective_of(task_of(table))
    models = list(table[table["part"] == "best"].groupby("name", sort=False))
    trials = [model for model, of_trial in models if of_trial["kind"].iloc[0] == "trial"][:LISTED]
    listed = [
        (model, of_trial) for model, of_trial in models if model in trials or of_trial["kind"].iloc[0] == "baseline"
    ]
    if not listed:
        return []
    rows = []
    for model, of_trial in listed:
        scores = dict(zip(of_trial["fold"], of_trial["score"], strict=True))
        rows.append([text(model, 80), *(Number(metric.value(scores.get(fold))) for fold in folds)])
    head = ["Trial", *(f"Fold {fold}" for fold in folds)]
    return [
        html_table(f"{metric.heading}, by fold", head, rows, [of_trial["kind"].iloc[0] for _, of_trial in listed])
    ]
