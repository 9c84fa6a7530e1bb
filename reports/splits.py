"""Whether the folds and the hold-out hold alike patients: films, patients and labels of every split."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from reports._drawing.figures import DASHES, GREY, Panel, new_figure, run_style
from reports._drawing.html import Html, Number, join, text
from reports._drawing.html import table as html_table
from reports._drawing.words import axis_title, enumeration, plain_name
from reports._evidence.groups import Group
from reports._section import Section
from xrays.labels import LABELS, Label
from xrays.split_table import bins, named_splits, split_cells, split_table

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=80,
    title="{labels} of the splits",
    note="The splits were made before anything was trained; the more alike they are, the less do scores differ from "
    "fold to fold for reasons that have nothing to do with the models. Of the hold-out this tells the labels alone, "
    "no score.",
)


def data(group: Group) -> pd.DataFrame:
    """Of xrays/split_table.py."""
    films = group.films
    return split_table(named_splits(films.assignment), films.groups, films.labels)


def show(table: pd.DataFrame) -> list[Panel]:
    """The table of the splits, and for each label that is a number a figure of its distribution."""
    labels = [label for name, label in LABELS.items() if name in table]
    numbers = [label for label in labels if label.kind == "number"]
    return [join([_kept_together(table), _table(table, labels)]), *(_figure(table, label) for label in numbers)]


def _figure(table: pd.DataFrame, label: Label) -> go.Figure:
    figure = new_figure(axis_title(label), "share of the split's films, %", height=340)
    for place, row in enumerate(table.to_dict("records")):
        fold = str(row["split"]).startswith("fold")
        colour, symbol = run_style(place) if fold else (GREY, "circle-open")
        figure.add_scatter(
            x=bins(label)[1],
            y=row[f"{label.name}_shares"],
            mode="lines+markers",
            name=str(row["split"]),
            marker={"symbol": symbol, "size": 8},
            line={
                "color": colour,
                "width": 1.5 if fold else 3,
                "dash": "solid" if fold else DASHES["constant"],
            },
            hovertemplate=f"{text(row['split'])}, %{{x}}: %{{y:.1f}} %<extra></extra>",
        )
    figure.update_xaxes(type="category")
    return figure


def _kept_together(table: pd.DataFrame) -> Html:
    """What holds of these films: where every film is a group of its own, there was nothing to keep together."""
    if (table["films"] == table["groups"]).all():
        return Html("<p>No patient is known to have two films: every film counts as a patient of its own.</p>")
    known = "known " if table["unknown"].any() else ""
    each = ", in every repeat" if table["split"].str.contains("repeat").any() else ""
    return Html(f"<p>All films of a {known}patient are in one split{each}.</p>")


def _table(table: pd.DataFrame, labels: list[Label]) -> Html:
    head, rows = split_cells(table)
    caption = f"Films, patients, {enumeration([plain_name(label.name) for label in labels])} of every split"
    return html_table(caption, list(head), [[text(first), *map(Number, others)] for first, *others in rows])
