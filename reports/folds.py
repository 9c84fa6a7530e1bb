"""Whether a trial is good everywhere or lucky in one fold: the best ten beside the baselines, fold by fold."""

from __future__ import annotations

import pandas as pd

from reports._figures import COLOURS, GREY, SYMBOLS, new_figure
from reports._groups import Group
from reports._html import Number, plain, text
from reports._html import table as html_table
from reports._numbers import metric, value
from reports._rows import best, named, task_of, whole
from reports._section import Panel, Section
from xrays.tasks import TASKS

SECTION = Section(
    order=30,
    title="Scores by fold",
    tasks=tuple(TASKS),
    note="The best ten trials and the baselines, best first; the bar is the mean. All are scored on the same folds, "
    "so a difference between two rows counts when it holds in most folds and not only in the mean.",
    empty="Neither a complete trial nor a baseline yet.",
)
SHOWN = 10
COLUMNS = ["task", "name", "kind", "fold", "score", "mean"]


def data(group: Group) -> pd.DataFrame:
    """One row a model and fold, the model with the best mean first."""
    rows = named(group.frame)
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    task = task_of(rows)
    shown = rows[(rows["kind"] == "baseline") | rows.index.isin(best(rows, SHOWN).index)]
    found = [
        (task.name, row["name"], row["kind"], fold.fold, float(fold.metrics[task.objective]), row["score"])
        for row in shown.sort_values("loss", kind="stable").to_dict("records")
        for fold in whole(row["folds"])
    ]
    return pd.DataFrame(found, columns=COLUMNS)


def show(table: pd.DataFrame) -> list[Panel]:
    task = task_of(table)
    row = metric(task.objective)
    # Clipped names may collide, and equal names would share a line of the plot.
    places = {name: index for index, name in enumerate(table["name"].unique())}
    figure = new_figure(row.heading, "", height=110 + 28 * len(places))
    means = table.drop_duplicates("name")
    figure.add_scatter(
        x=(means["mean"].astype(float) * row.factor).tolist(),
        y=[places[name] for name in means["name"]],
        mode="markers",
        marker={"symbol": "line-ns", "size": 20, "line": {"width": 3, "color": GREY}},
        name="mean",
        hovertemplate=f"mean %{{x:.{row.decimals}f}}<extra></extra>",
    )
    for index, (fold, own) in enumerate(table.groupby("fold")):
        figure.add_scatter(
            x=(own["score"] * row.factor).tolist(),
            y=[places[name] for name in own["name"]],
            mode="markers",
            marker={"symbol": SYMBOLS[index % len(SYMBOLS)], "size": 9, "color": COLOURS[index % len(COLOURS)]},
            name=f"fold {fold}",
            hovertemplate=f"fold {fold}: %{{x:.{row.decimals}f}}<extra></extra>",
        )
    figure.update_yaxes(
        tickvals=list(places.values()), ticktext=[plain(name, 26) for name in places], range=[len(places) - 0.4, -0.6]
    )
    return [figure, _table(table)]


def _table(table: pd.DataFrame) -> Panel:
    name = task_of(table).objective
    folds = sorted(table["fold"].unique())
    models = list(table.groupby("name", sort=False))
    rows = []
    for model, own in models:
        scores = dict(zip(own["fold"], own["score"], strict=True))
        rows.append([text(model, 80), *(Number(value(name, scores.get(fold))) for fold in folds)])
    head = ["Trial", *(f"Fold {fold}" for fold in folds)]
    return html_table(f"{metric(name).heading}, by fold", head, rows, [own["kind"].iloc[0] for _, own in models])
