"""A figure by age band and gender: the same table for the error of age and the accuracy of gender.

table = band_rows(found, task, np.abs(found.predicted - found.truth))
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._evidence.winner import FEW, Predictions, bands
from xrays.statistics.bootstrap import interval, means, resamples, share_interval
from xrays.tasks import TASKS, Task

COLUMNS = ["task", "band", "series", "films", "patients", "value", "low", "high"]
SERIES = ("all", *TASKS["gender"].class_names)


def band_rows(found: Predictions, task: Task, values: NDArray[np.float64], *, shares: bool = False) -> pd.DataFrame:
    """One row an age band and series (all, female, male): the mean of `values` (n,) over its films, NaN with fewer
    than FEW patients. shares: values are 0 or 1. Films without an age are in no band, those without a gender in `all`
    alone."""
    names, in_band = bands(found.labels["age"])
    gender = found.labels["gender"]
    in_series = np.stack([np.ones(len(values), bool), gender == 0, gender == 1], axis=1)
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
