"""Which parameters the success of a search hung on, so that the next search may leave the others alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reports._drawing.figures import COLOURS, GREY, Panel, new_figure, side_by_side
from reports._drawing.html import Html, Number, plain, text
from reports._drawing.html import table as html_table
from reports._drawing.parameter_notes import standing_note
from reports._evidence.groups import Group
from reports._evidence.parameters import LEAST, parameter_rows
from reports._section import Section

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=42,
    title="What mattered in the search",
    note="How much of the differences between the complete trials each parameter explains by itself: by its options, "
    "or by a curve over its range (one-way analysis of variance of the order of their scores, so that a diverged "
    "trial weighs no more than a poor one). The dashed line is what chance gives: where scores hang on nothing, "
    "one search in twenty has a longer bar. What stays below it is grey and tells nothing. Thin lines: how far a "
    "bar moves when a fifth of the trials is left out. What parameters do together only is not seen. Trials that "
    "were stopped early have no score to explain and do not count. This is about this search on these films and "
    "within these ranges only: it says neither that a parameter matters elsewhere nor why.",
    empty=f"Fewer than {LEAST} trials of a space were trained, or none of them in full.",
)
SHOWN = 10
ALL = 10**6
COLUMNS = ["task", "space", "parameter", "stands", "importance", "low", "high", "chance", "complete"]  # fmt: skip


def data(group: Group) -> pd.DataFrame:
    """One row a space and parameter, the most important of a space first: see `parameter_rows`."""
    table = parameter_rows(group, ALL).drop_duplicates(["space", "parameter"])
    return table[COLUMNS].sort_values(
        ["space", "importance"], ascending=[True, False], kind="stable", ignore_index=True
    )


def show(table: pd.DataFrame) -> list[Panel]:
    """What cannot be told; a figure for each space of which something can, and the table of these."""
    figures, notes = list["go.Figure"](), list[Panel]()
    for space, of_space in table.groupby("space", sort=False):
        if of_space["importance"].notna().any():
            figures.append(_bars(str(space), of_space.head(SHOWN)))
        if not of_space["stands"].any():
            notes.append(Html(f"<p>{text(space, 60)}: {text(standing_note(of_space))}</p>"))
    judged = table[table["importance"].notna()]
    return [*notes, *side_by_side(figures), *([_table(judged)] if len(judged) else [])]


def _bars(space: str, shown: pd.DataFrame) -> go.Figure:
    places, chance = list(range(len(shown))), float(shown["chance"].iloc[0]) * 100
    figure = new_figure(f"{plain(space)}: differences between trials explained, %", "", height=100 + 26 * len(shown))
    figure.add_bar(
        x=(shown["importance"] * 100).tolist(),
        y=places,
        orientation="h",
        marker_color=[COLOURS[0] if stands else GREY for stands in shown["stands"]],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": ((shown["high"] - shown["importance"]) * 100).tolist(),
            "arrayminus": ((shown["importance"] - shown["low"]) * 100).tolist(),
            "color": GREY,
            "thickness": 1.5,
            "width": 3,
        },
        hovertemplate="%{x:.1f} %<extra></extra>",
    )
    figure.add_vline(
        chance,
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        annotation={"text": f"chance: {chance:.0f} %", "font": {"size": 11}, "yanchor": "bottom"},
        annotation_position="top",
    )
    names = [plain(name, 24) for name in shown["parameter"]]
    figure.update_yaxes(tickvals=places, ticktext=names, range=[len(places) - 0.4, -0.6], showgrid=False)
    figure.update_xaxes(rangemode="tozero")
    return figure


def _table(table: pd.DataFrame) -> Html:
    rows = [
        [
            text(row["parameter"], 60),
            text(row["space"], 40),
            Number(f"{row['importance'] * 100:.1f}"),
            Number(f"{row['low'] * 100:.1f} to {row['high'] * 100:.1f}"),
            Number(f"{row['chance'] * 100:.1f}"),
            Number(row["complete"]),
        ]
        for row in table.to_dict("records")
    ]
    head = ["Parameter", "Space", "Explained, %", "Without a fifth of the trials", "Chance, %", "Complete trials"]
    return Html(f"<details><summary>All parameters</summary>{html_table('Importance', head, rows)}</details>")
