"""The columns of a leaderboard, and what stands in their cells.

for column in columns(task, table):                     # table: what `ranking` gives
    column.attributes, column.head, column.cell(row)
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports._drawing.cells import backbone_cell, weights_cell
from reports._drawing.html import Html, attribute, join, text
from reports._drawing.metrics import Metric, metric_of, objective_of
from reports._drawing.numbers import MISSING, count, milliseconds
from reports.leaderboard.cells import interval_cell, trial_cell
from reports.leaderboard.interval import scale_of
from xrays.tasks import Task

Row = Mapping[Hashable, Any]


@dataclass(frozen=True)
class Column:
    """kind: "number" and "word" can be sorted by, a "choice" also filtered by, "" neither. shape: class of cells.
    key: its name in a search, which is that of the file beside the page; "" for none. title: what it is called among
    columns to choose, where that is not its head."""

    head: str
    kind: str
    cell: Callable[[Row], Html]
    shape: str = ""
    key: str = ""
    title: str = ""

    @property
    def attributes(self) -> str:
        """Of its head."""
        given = {"class": self.shape, "data-sort": self.kind, "data-key": self.key}
        plain = join(f" {name}={value}" for name, value in given.items() if value)
        return plain + (f' data-title="{attribute(self.title)}"' if self.title else "")


def columns(task: Task, table: pd.DataFrame) -> list[Column]:
    """Those that some row of the table has something to say in."""
    objective, metric, scale = task.objective, objective_of(task), scale_of(task, table)
    others = {name: metric_of(task, name) for name in task.metrics if name != objective}
    found = [
        Column("#", "number", lambda row: Html("" if pd.isna(row["rank"]) else f"{row['rank']:.0f}"), "n", "rank"),
        Column("Trial", "word", trial_cell, key="trial"),
        Column(
            f"{metric.label} ± SE{f', {metric.unit}' if metric.unit else ''}",
            "number",
            lambda row: Html(metric.spread(row[objective], row[f"{objective}_se"])),
            "n",
            objective,
        ),
    ]
    if table["seeds"].map(bool).any():
        found += [Column("Each seed", "", lambda row: _seeds(row, metric), "w")]
    if scale:
        found += [
            Column(
                scale.label(metric), "", lambda row: interval_cell(scale, row, objective), title="Interval and folds"
            )
        ]
    found += [Column("Configuration", "", _configuration, "c")]
    found += [Column(other.heading, "number", _mean(name, other), "n", name) for name, other in others.items()]
    if table["openings"].any():
        found += [Column("Hold-out", "number", lambda row: _holdout(row, metric), "n", "holdout")]
    found += [Column("Run", "choice", lambda row: text(row["run_name"] or MISSING, 40), "w", "run")]
    found += [Column("Space", "choice", lambda row: text(row["space"] or MISSING, 40), key="space")]
    if table["backbone"].any():
        found += [
            Column("Backbone", "choice", lambda row: backbone_cell(row["backbone"], row["weak"]), key="backbone")
        ]
    return [
        *found,
        Column("Weights", "choice", _weights, "w", "weights"),
        Column("State", "choice", _state, key="state"),
        Column("Parameters", "number", lambda row: Html(count(row["parameters"])), "n", "parameters"),
        Column("Size, MB", "number", lambda row: Html(milliseconds(row["megabytes"])), "n", "megabytes"),
        Column("ms a film", "number", lambda row: Html(milliseconds(row["ms_per_film"])), "n", "ms_per_film"),
        Column("Seconds", "number", lambda row: Html(count(row["seconds"])), "n", "seconds"),
    ]


def _mean(name: str, metric: Metric) -> Callable[[Row], Html]:
    return lambda row: Html(metric.value(row[name]))


def _seeds(row: Row, metric: Metric) -> Html:
    return text(" · ".join(map(metric.value, row["seeds"])) or MISSING)


def _weights(row: Row) -> Html:
    return Html(MISSING) if is_baseline(row) else weights_cell(row["weights"])


def is_baseline(row: Row) -> bool:
    """Whether it is no trial's."""
    return bool(row["kind"] == "baseline")


def _holdout(row: Row, metric: Metric) -> Html:
    if not row["openings"]:
        return Html(MISSING)
    known = f"opening {row['openings']}" + (f", {row['doubt']}" if row["doubt"] else "")
    return Html(f"{metric.value(row['holdout'])} <small>{known}</small>")


def _state(row: Row) -> Html:
    """The word that is filtered by stands alone; what belongs to it is small."""
    if is_baseline(row):
        return Html("baseline")
    state, partial = row["state"], row["folds"] < row["of"] and row["state"] in ("complete", "pruned")
    if state == "pruned" and row["reduced"]:
        return Html(f"partial <small>{row['reduced']} epochs of one fold</small>")
    return Html(f"{text(state)} <small>{row['folds']}/{row['of']} folds</small>") if partial else text(state)


def _configuration(row: Row) -> Html:
    """The page's script makes it what can be opened, named after the row for those who hear it."""
    values = len(json.loads(row["params"]))
    if not values and not row["command"]:
        return Html(MISSING)
    return Html(f'<span data-of="{attribute(row["name"], 80)}">{values} values</span>')
