"""The first rows of the leaderboard, with the baselines where their score puts them."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any

import pandas as pd

from reports._drawing.metrics import Metric, metric_of
from reports._drawing.numbers import MISSING, count
from reports._evidence.groups import Group
from reports._paper.table import PaperTable
from reports._section import table_of
from reports.leaderboard.cells import name_of, tags_of

Row = Mapping[Hashable, Any]

TOP = 10  # trials
NOTE = (
    "Means over folds ± their standard error (Nadeau and Bengio 2003). “tied”: as good as the best for all that is "
    "known; “finalist”: tied when the search was over, and scored as the mean over further seeds. Baselines have no "
    "rank."
)


def leaderboard(group: Group) -> Iterator[PaperTable]:
    """The best TOP trials; no table where none can be ranked."""
    table = table_of(group, "leaderboard")
    if table.empty or table["rank"].isna().all():
        return
    ranked = table["rank"].notna()
    shown = table[(ranked & (ranked.cumsum() <= TOP)) | (table["kind"] == "baseline")]
    columns = _columns(group, shown)
    rows = tuple(tuple(cell(row) for cell in columns.values()) for row in shown.to_dict("records"))
    best, every = min(TOP, int(ranked.sum())), int((table["kind"] == "trial").sum())
    caption = f"Leaderboard: the best {count(best)} of {count(every)} trials, and the baselines."
    yield PaperTable("leaderboard", caption, tuple(columns), rows, (NOTE,), names=2)


def _name(row: Row) -> str:
    tags = ", ".join(tag for tag in tags_of(row) if tag != "best")  # its rank says so
    return f"{name_of(row)} ({tags})" if tags else name_of(row)


def _columns(group: Group, table: pd.DataFrame) -> dict[str, Callable[[Row], str]]:
    """Heading -> what a row has there, in plain text."""
    objective = group.task.objective
    columns: dict[str, Callable[[Row], str]] = {
        "#": lambda row: "" if pd.isna(row["rank"]) else f"{row['rank']:.0f}",
        "Trial": _name,
    }
    for name in sorted(group.task.metrics, key=lambda name: name != objective):
        metric = metric_of(group.task, name)
        columns[f"{metric.label} ± SE{f', {metric.unit}' if metric.unit else ''}"] = _spread(name, metric)
    if table["openings"].any():
        columns["Hold-out"] = lambda row: metric_of(group.task, objective).value(row["holdout"])
    for heading, column in (("Run", "run_name"), ("Space", "space"), ("Backbone", "backbone")):
        if table.loc[table["kind"] == "trial", column].nunique() > 1:
            columns[heading] = _word(column)
    return {**columns, "Parameters": lambda row: count(row["parameters"])}


def _spread(name: str, metric: Metric) -> Callable[[Row], str]:
    return lambda row: metric.spread(row[name], row[f"{name}_se"])


def _word(column: str) -> Callable[[Row], str]:
    return lambda row: str(row[column] or MISSING)
