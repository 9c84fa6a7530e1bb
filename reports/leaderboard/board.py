"""The leaderboard as markup: one table that can be read as it stands, and what `page.js` needs to do more with it.

board(task, table)          # table: what `ranking` gives

With JavaScript a reader sorts, searches and filters, and opens a row's parameters, which stand once, packed by
column: with thousands of rows they would be most of the page. Without it all rows are there, and after them the
parameters of the best.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from reports._drawing.cells import backbone_cell, weights_cell
from reports._drawing.html import Html, attribute, join, script_data, text
from reports._drawing.metrics import Metric, metric_of, objective_of
from reports._drawing.numbers import MISSING, count, milliseconds
from reports.leaderboard.cells import interval_cell, trial_cell
from reports.leaderboard.interval import Scale, scale_of
from reports.leaderboard.parameters import on_paper, packed, spelt_out
from xrays.tasks import Task

Row = Mapping[Hashable, Any]
LISTED = 3000  # rows: a page with more would be larger than 8 MB


@dataclass(frozen=True)
class Column:
    """kind: "number" and "word" can be sorted by, a "choice" also filtered by, "" neither. shape: class of cells."""

    head: str
    kind: str
    cell: Callable[[Row], Html]
    shape: str = ""


def board(task: Task, table: pd.DataFrame) -> Html:
    """The table, at most LISTED rows of it, with the parameters of its rows. table: of `ranking`."""
    records = table.head(LISTED).to_dict("records")
    columns = _columns(task, table, scale_of(task, table))
    head = join(
        f"<th scope=col{_shape(column)}{f' data-sort={column.kind}' if column.kind else ''}>{text(column.head)}</th>"
        for column in columns
    )
    lines = join(_line(row, columns) for row in records)
    # tabindex: a box that scrolls must be reachable by keyboard.
    return Html(
        f'<div class="board"><div class="scroll" tabindex="0" role="region" aria-label="Leaderboard"><table>'
        f"<caption>Leaderboard</caption><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
        f"{_left_out(table)}{on_paper(records)}"
        f'<script type="text/json" class="packed">{script_data(packed(records))}</script>'
        f"<noscript>{spelt_out(records)}</noscript></div>"
    )


def _left_out(table: pd.DataFrame) -> Html:
    """Notes on rows that are not here, or not on paper."""
    elsewhere, more = "in the files beside this page", len(table) - LISTED
    unranked = table["rank"].isna() & (table["kind"] == "trial")
    return Html(
        (f"<p class=note>The best {count(LISTED)} rows; {count(more)} more are {elsewhere}.</p>" if more > 0 else "")
        + (
            f"<p class='note paper'>Printed are trials that were trained in full; all are {elsewhere}.</p>"
            if unranked.any() and table["rank"].notna().any()
            else ""
        )
    )


def _columns(task: Task, table: pd.DataFrame, scale: Scale | None) -> list[Column]:
    objective, metric = task.objective, objective_of(task)
    others = {name: metric_of(task, name) for name in task.metrics if name != objective}
    columns = [
        Column("#", "number", lambda row: Html("" if pd.isna(row["rank"]) else f"{row['rank']:.0f}"), "n"),
        Column("Trial", "word", trial_cell),
        Column(
            f"{metric.label} ± SE{f', {metric.unit}' if metric.unit else ''}",
            "number",
            lambda row: Html(metric.spread(row[objective], row[f"{objective}_se"])),
            "n",
        ),
    ]
    if table["seeds"].map(bool).any():
        columns += [Column("Each seed", "", lambda row: _seeds(row, metric), "w")]
    if scale:
        columns += [Column(scale.label(metric), "", lambda row: interval_cell(scale, row, objective))]
    columns += [Column("Configuration", "", _configuration, "c")]
    columns += [Column(other.heading, "number", _mean(name, other), "n") for name, other in others.items()]
    if table["openings"].any():
        columns += [Column("Hold-out", "number", lambda row: _holdout(row, metric), "n")]
    columns += [Column("Run", "choice", lambda row: text(row["run_name"] or MISSING, 40), "w")]
    columns += [Column("Space", "choice", lambda row: text(row["space"] or MISSING, 40))]
    if table["backbone"].any():
        columns += [Column("Backbone", "choice", lambda row: backbone_cell(row["backbone"], row["weak"]))]
    return [
        *columns,
        Column(
            "Weights", "choice", lambda row: Html(MISSING) if _baseline(row) else weights_cell(row["weights"]), "w"
        ),
        Column("State", "choice", _state),
        Column("Parameters", "number", lambda row: Html(count(row["parameters"])), "n"),
        Column("Size, MB", "number", lambda row: Html(milliseconds(row["megabytes"])), "n"),
        Column("ms a film", "number", lambda row: Html(milliseconds(row["ms_per_film"])), "n"),
        Column("Seconds", "number", lambda row: Html(count(row["seconds"])), "n"),
    ]


def _mean(name: str, metric: Metric) -> Callable[[Row], Html]:
    return lambda row: Html(metric.value(row[name]))


def _seeds(row: Row, metric: Metric) -> Html:
    return text(" · ".join(map(metric.value, row["seeds"])) or MISSING)


def _baseline(row: Row) -> bool:
    return bool(row["kind"] == "baseline")


def _holdout(row: Row, metric: Metric) -> Html:
    if not row["openings"]:
        return Html(MISSING)
    known = f"opening {row['openings']}" + (f", {row['doubt']}" if row["doubt"] else "")
    return Html(f"{metric.value(row['holdout'])} <small>{known}</small>")


def _state(row: Row) -> Html:
    """The word that is filtered by stands alone; what belongs to it is small."""
    if _baseline(row):
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


def _shape(column: Column) -> str:
    return f" class={column.shape}" if column.shape else ""


def _line(row: Row, columns: Sequence[Column]) -> Html:
    class_name = "baseline" if _baseline(row) else row["state"] if row["state"] != "complete" else ""
    cells = [
        f"<th scope=row>{column.cell(row)}</th>" if place == 1 else f"<td{_shape(column)}>{column.cell(row)}</td>"
        for place, column in enumerate(columns)
    ]
    return Html(f"<tr{f' class={class_name}' if class_name else ''}>{''.join(cells)}</tr>")
