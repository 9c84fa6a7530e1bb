"""A figure by what a page tells films apart by: one picture and one table for each label that is a number.

panels = panels_by_label(table, objective_of(task))        # table: of `rows_by_label`
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reports._drawing.figures import COLOURS, GREY, SYMBOLS, Panel, error_bars, new_figure
from reports._drawing.html import Html, Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import Metric
from reports._drawing.numbers import MISSING, count
from reports._drawing.words import axis_title, enumeration, plain_name, sentence_case, slice_name
from xrays.labels import LABELS, Label
from xrays.patients import WHOSE, Whose

if TYPE_CHECKING:
    import plotly.graph_objects as go

SHIFT = 0.16  # of the distance of two bands, so that the intervals of the series stand side by side
WIDTH = 0.64  # of all series of a band, at most


def panels_by_label(table: pd.DataFrame, metric: Metric) -> list[Panel]:
    """metric: of the values. The first series is the one of all films."""
    panels: list[Panel] = []
    for name, of_label in table.groupby("label", sort=False):
        named = of_label.assign(name=_names(of_label))
        panels += [_figure(LABELS[str(name)], named, metric), _table(LABELS[str(name)], named, metric)]
    return panels


def _names(table: pd.DataFrame) -> list[str]:
    """Of the series: with their label where two labels have a class of one name."""
    pairs = list(zip(table["series_label"], table["series"], strict=True))
    alike = [name for _, name in dict.fromkeys(pairs)]
    return [f"{plain_name(label)}: {name}" if alike.count(name) > 1 and label else name for label, name in pairs]


def _figure(label: Label, table: pd.DataFrame, metric: Metric) -> go.Figure:
    places = {band: place for place, band in enumerate(table["band"].unique())}
    names = list(table["name"].unique())
    shift = min(SHIFT, WIDTH / max(1, len(names) - 1))
    figure = new_figure(axis_title(label), metric.heading)
    for index, series in enumerate(names):
        of_series = table[(table["name"] == series) & table["value"].notna()]
        shown = of_series[["value", "low", "high"]].astype(float) * metric.factor
        colour = COLOURS[(index - 1) % len(COLOURS)] if index else GREY
        figure.add_scatter(
            x=[places[band] + (index - (len(names) - 1) / 2) * shift for band in of_series["band"]],
            y=shown["value"].round(4).tolist(),
            error_y={**error_bars(shown["value"], shown["low"], shown["high"]), "thickness": 1.5, "width": 3},
            mode="markers",
            marker={"size": 8, "symbol": SYMBOLS[index % len(SYMBOLS)], "color": colour},
            name=series,
            customdata=[[row["band"], str(_whose(row))] for row in of_series.to_dict("records")],
            hovertemplate=f"%{{customdata[0]}}, {series}: %{{y:.{metric.decimals}f}}<br>%{{customdata[1]}}"
            "<extra></extra>",
        )
    figure.update_xaxes(
        tickvals=list(places.values()), ticktext=list(places), range=[-0.6, len(places) - 0.4], showgrid=False
    )
    return figure


def _table(label: Label, table: pd.DataFrame, metric: Metric) -> Html:
    rows, unknown = [], ["unknown"] if table["unknown"].any() else []
    for band, of_band in table.groupby("band", sort=False):
        cells = of_band.to_dict("records")
        shown = [Number(text(_cell(cell, metric))) for cell in cells]
        counts = [Number(count(cells[0][name])) for name in ("films", "patients", *unknown)]
        rows.append([text(band), *counts, *shown])
    unit = f", {metric.unit}" if metric.unit else ""
    series = [f"{sentence_case(name)}{unit}" for name in table["name"].unique()]
    others = [plain_name(name) for name in table["series_label"].unique() if name]
    caption = f"{metric.heading}, by {enumeration([slice_name(label), *others])} (95 % interval)"
    counted = ["Films", "Patients", *(["Films of unknown patients"] if unknown else [])]
    return html_table(caption, [sentence_case(axis_title(label)), *counted, *series], rows)


def _whose(row: Mapping[Hashable, Any]) -> Whose:
    return Whose(*(int(row[name]) for name in WHOSE))


def _cell(cell: Mapping[Hashable, Any], metric: Metric) -> str:
    if not cell["films"]:
        return MISSING
    if np.isnan(cell["value"]):
        of = _whose(cell)
        films = f"{of.films} film{'s' * (of.films > 1)}"
        return f"too few: {films if of.unknown else of.people()}"  # a cell is narrow
    return metric.within(cell["value"], cell["low"], cell["high"])
