"""A figure by age band and gender: the same table and picture for the error of age and the accuracy of gender.

table = band_rows(found, task, np.abs(found.predicted - found.truth))
band_panels(table, "mae")
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import COLOURS, GREY, SYMBOLS, new_figure
from reports._drawing.html import Number, text
from reports._drawing.html import table as html_table
from reports._drawing.numbers import MISSING, count, metric, within
from reports._evidence.winner import FEW, Predictions, bands
from reports._section import Panel
from xrays.statistics.bootstrap import interval, means, resamples, share_interval
from xrays.tasks import TASKS, Task

COLUMNS = ["task", "band", "series", "films", "patients", "value", "low", "high"]
ALL = "all"
SERIES = (ALL, *TASKS["gender"].class_names)
SHIFT = 0.16  # of the distance of two bands, so that the intervals of the genders stand side by side


def band_rows(found: Predictions, task: Task, values: NDArray[np.float64], *, shares: bool = False) -> pd.DataFrame:
    """One row an age band and series (all, female, male): the mean of `values` (n,) over its films, NaN with fewer
    than FEW patients. shares: values are 0 or 1. Films without an age are in no band, those without a gender in `all`
    alone."""
    names, in_band = bands(found.age)
    in_series = np.stack([np.ones(len(values), bool), found.gender == 0, found.gender == 1], axis=1)
    members = (in_band[:, :, None] & in_series[:, None, :]).reshape(len(values), -1)
    centre = means(values, members, np.ones((1, len(values))))[0]
    drawn = means(values, members, resamples(found.groups))
    keys = [(band, series) for band in names for series in SERIES]
    rows = []
    for place, (band, series) in enumerate(keys):
        own = members[:, place]
        patients = len(np.unique(found.groups[own]))
        cell = (np.nan, np.nan, np.nan)
        if patients >= FEW:
            mean = float(centre[place])
            replicates = drawn[:, place]
            cell = (mean, *(share_interval(mean, replicates, patients) if shares else interval(replicates)))
        rows.append((task.name, band, series, int(own.sum()), patients, *cell))
    return pd.DataFrame(rows, columns=COLUMNS)


def band_panels(table: pd.DataFrame, name: str) -> list[Panel]:
    """name: the metric of the values."""
    row = metric(name)
    places = {band: place for place, band in enumerate(table["band"].unique())}
    figure = new_figure("age, years", row.heading)
    for index, series in enumerate(SERIES):
        own = table[(table["series"] == series) & table["value"].notna()]
        shown = own[["value", "low", "high"]].astype(float) * row.factor
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
            marker={"size": 8, "symbol": SYMBOLS[index], "color": GREY if series == ALL else COLOURS[index - 1]},
            name=series,
            customdata=own[["band", "films", "patients"]].to_numpy().tolist(),
            hovertemplate=f"%{{customdata[0]}}, {series}: %{{y:.{row.decimals}f}}<br>%{{customdata[1]}} films of "
            "%{customdata[2]} patients<extra></extra>",
        )
    figure.update_xaxes(
        tickvals=list(places.values()), ticktext=list(places), range=[-0.6, len(places) - 0.4], showgrid=False
    )
    return [figure, _table(table, name)]


def _table(table: pd.DataFrame, name: str) -> Panel:
    rows = []
    for band, own in table.groupby("band", sort=False):
        cells = {cell["series"]: cell for cell in own.to_dict("records")}
        every = cells[ALL]
        shown = [Number(text(_cell(cells[series], name))) for series in SERIES]
        rows.append([text(band), Number(count(every["films"])), Number(count(every["patients"])), *shown])
    unit = f", {metric(name).unit}" if metric(name).unit else ""
    head = ["Age, years", "Films", "Patients", *(f"{series.capitalize()}{unit}" for series in SERIES)]
    return html_table(f"{metric(name).heading}, by age band and gender (95 % interval)", head, rows)


def _cell(cell: Mapping[Hashable, Any], name: str) -> str:
    patients = int(cell["patients"])
    if not patients:
        return MISSING
    if np.isnan(cell["value"]):
        return f"too few: {patients} patient{'s' if patients > 1 else ''}"
    return within(name, cell["value"], cell["low"], cell["high"])
