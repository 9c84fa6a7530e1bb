"""The leaderboard as markup: one table that can be read as it stands, and what the scripts beside this file need to
do more with it.

board(task, table)          # table: what `with_pairs` gives

With JavaScript a reader sorts, searches, filters and chooses columns, and opens a row's parameters, which stand once,
packed by column: with thousands of rows they would be most of the page. Without it all rows are there, and after them
the parameters of the best.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from reports._drawing.html import Html, attribute, join, script_data, text
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import MISSING, count
from reports.leaderboard.beside import packed_pairs
from reports.leaderboard.columns import Column, Row, columns, is_baseline
from reports.leaderboard.parameters import on_paper, packed, spelt_out
from xrays.tasks import Task

LISTED = 3000  # rows: a page with more would be larger than 8 MB


def board(task: Task, table: pd.DataFrame) -> Html:
    """The table, at most LISTED rows of it, with the parameters of its rows. table: of `with_pairs`."""
    records = table.head(LISTED).to_dict("records")
    shown = columns(task, table)
    head = join(f"<th scope=col{column.attributes}>{text(column.head)}</th>" for column in shown)
    lines = join(_line(row, shown) for row in records)
    # tabindex: a box that scrolls must be reachable by keyboard.
    return Html(
        f'<div class="board" data-example="{_example(task, table)}">'
        f'<div class="scroll" tabindex="0" role="region" aria-label="Leaderboard"><table>'
        f"<caption>Leaderboard</caption><thead><tr>{head}</tr></thead><tbody>{lines}</tbody></table></div>"
        f"{_left_out(table)}{on_paper(records)}"
        f'<script type="text/json" class="packed">{script_data(packed(records))}</script>'
        f'<script type="text/json" class="pairs">{script_data(packed_pairs(task, records))}</script>'
        f"<noscript>{spelt_out(records)}</noscript></div>"
    )


def _example(task: Task, table: pd.DataFrame) -> Html:
    """`mae<11`: a search that some of the rows fit."""
    middle, sign = objective_of(task).value(table[task.objective].median()), "<" if task.direction == "min" else ">"
    return attribute(f"{task.objective}{sign}{0 if middle == MISSING else middle}")


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


def _line(row: Row, of: Sequence[Column]) -> Html:
    class_name = "baseline" if is_baseline(row) else row["state"] if row["state"] != "complete" else ""
    cells = [
        f"<th scope=row>{column.cell(row)}</th>"
        if place == 1
        else f"<td{f' class={column.shape}' if column.shape else ''}>{column.cell(row)}</td>"
        for place, column in enumerate(of)
    ]
    return Html(f"<tr{f' class={class_name}' if class_name else ''}>{''.join(cells)}</tr>")
