"""Which parameters the success of a search hung on, so that the next search may leave the others alone."""

from __future__ import annotations

import pandas as pd

from reports._drawing.figures import COLOURS, GREY, new_figure, side_by_side
from reports._drawing.html import Html, Number, plain, text
from reports._drawing.html import table as html_table
from reports._drawing.numbers import MISSING
from reports._evidence.groups import Group
from reports._evidence.parameters import LEAST, searched
from reports._section import Panel, Section
from xrays.tasks import TASKS

SECTION = Section(
    order=42,
    title="What mattered in the search",
    tasks=tuple(TASKS),
    note="A bar is long when the best tenth of the trials (at least five) share values of that parameter that the "
    "other trials have less often (PED-ANOVA); all bars of a space add up to 100 %. Trials that were stopped early "
    "count as not among the best. A thin line shows how far a bar moves when one of the best trials is left out: "
    "where it is long, a single trial decides. This is about this search on these films and within these ranges "
    "only: it says neither that a parameter matters elsewhere nor why.",
    empty=f"Fewer than {LEAST} trials of a space were trained, none of them in full, or all scores are equal: too "
    "little to tell which parameters mattered.",
)
SHOWN = 10
ALL = 10**6
COLUMNS = ["task", "space", "parameter", "importance", "low", "high", "trials", "complete"]


def data(group: Group) -> pd.DataFrame:
    """One row a space and parameter, the most important of a space first: see `searched`."""
    table = searched(group, ALL).drop_duplicates(["space", "parameter"])
    return table[COLUMNS].reset_index(drop=True)


def show(table: pd.DataFrame) -> list[Panel]:
    figures = []
    for space, own in table.groupby("space", sort=False):
        shown = own.head(SHOWN)
        places = list(range(len(shown)))
        figure = new_figure(f"{plain(space)}: share of the importance, %", "", height=100 + 26 * len(shown))
        figure.add_bar(
            x=(shown["importance"] * 100).tolist(),
            y=places,
            orientation="h",
            marker_color=COLOURS[0],
            error_x={
                "type": "data",
                "symmetric": False,
                "array": ((shown["high"] - shown["importance"]) * 100).fillna(0).tolist(),
                "arrayminus": ((shown["importance"] - shown["low"]) * 100).fillna(0).tolist(),
                "color": GREY,
                "thickness": 1.5,
                "width": 3,
            },
            hovertemplate="%{x:.1f} %<extra></extra>",
        )
        names = [plain(name, 24) for name in shown["parameter"]]
        figure.update_yaxes(tickvals=places, ticktext=names, range=[len(places) - 0.4, -0.6], showgrid=False)
        figure.update_xaxes(rangemode="tozero")
        figures.append(figure)
    return [*side_by_side(figures), _table(table)]


def _table(table: pd.DataFrame) -> Html:
    rows = [
        [
            text(row["parameter"], 60),
            text(row["space"], 40),
            Number(f"{row['importance'] * 100:.1f}"),
            Number(MISSING if pd.isna(row["low"]) else f"{row['low'] * 100:.1f} to {row['high'] * 100:.1f}"),
            Number(row["trials"]),
            Number(row["complete"]),
        ]
        for row in table.to_dict("records")
    ]
    head = ["Parameter", "Space", "Importance, %", "Without one of the best", "Trials", "Complete"]
    return Html(f"<details><summary>All parameters</summary>{html_table('Importance', head, rows)}</details>")
