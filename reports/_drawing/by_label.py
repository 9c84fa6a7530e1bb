"""A figure by age band and gender: the same table and picture for the error of age and the accuracy of gender.

panels = band_panels(table, objective_of(task))        # table: of `band_rows`
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports._drawing.figures import COLOURS, GREY, SYMBOLS, Panel, new_figure
from reports._drawing.html import Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import Metric
from reports._drawing.numbers import MISSING, count

SHIFT = 0.16  # of the distance of two bands, so that the intervals of the genders stand side by side


def band_panels(table: pd.DataFrame, metric: Metric) -> list[Panel]:
    """metric: of the values. The first series is the one of all films."""
    places = {band: place for place, band in enumerate(table["band"].unique())}
    figure = new_figure("age, years", metric.heading)
    for index, series in enumerate(table["series"].unique()):
        own = table[(table["series"] == series) & table["value"].notna()]
        shown = own[["value", "low", "high"]].astype(float) * metric.factor
        figure.add_scatter(
            x=[places[band] + (index - 1) * SHIFT for band in own["band"]],
            y=shown["value"].round(4).tolist(),
            error_y={
                "type": "data",
                "symmetric": False,
                "array": (shown["high"] - shown["value"]).round(4).tolist(),
                "arrayminus": (shown["value"] - shown["low"]).round(4).tolist(),
                "thickness": 1.5,
                "width": 3,
            },
            mode="markers",
            marker={"size": 8, "symbol": SYMBOLS[index], "color": GREY if not index else COLOURS[index - 1]},
            name=series,
            customdata=own[["band", "films", "patients"]].to_numpy().tolist(),
            hovertemplate=f"%{{customdata[0]}}, {series}: %{{y:.{metric.decimals}f}}<br>%{{customdata[1]}} films of "
            "%{customdata[2]} patients<extra></extra>",
        )
    figure.update_xaxes(
        tickvals=list(places.values()), ticktext=list(places), range=[-0.6, len(places) - 0.4], showgrid=False
    )
    return [figure, _table(table, metric)]


def _table(table: pd.DataFrame, metric: Metric) -> Panel:
    rows = []
    for band, own in table.groupby("band", sort=False):
        cells = {cell["series"]: cell for cell in own.to_dict("records")}
        every = next(iter(cells.values()))
        shown = [Number(text(_cell(cell, metric))) for cell in cells.values()]
        rows.append([text(band), Number(count(every["films"])), Number(count(every["patients"])), *shown])
    unit = f", {metric.unit}" if metric.unit else ""
    head = [
        "Age, years",
        "Films",
        "Patients",
        *(f"{series.capitalize()}{unit}" for series in table["series"].unique()),
    ]
    return html_table(f"{metric.heading}, by age band and gender (95 % interval)", head, rows)


def _cell(cell: Mapping[Hashable, Any], metric: Metric) -> str:
    patients = int(cell["patients"])
    if not patients:
        return MISSING
    if np.isnan(cell["value"]):
        return f"too few: {patients} patient{'s' if patients > 1 else ''}"
    return metric.within(cell["value"], cell["low"], cell["high"])
