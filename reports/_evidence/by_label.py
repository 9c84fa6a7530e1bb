"""A figure by what a page tells films apart by: bands of numbers, in each the classes of the other labels.

table = rows_by_label(found, group.task, group.labels, np.abs(found.predicted - found.truth))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._evidence.winner import Predictions, groups_present
from xrays.labels import Label
from xrays.patients import FEW, WHOSE
from xrays.statistics.bootstrap import interval, means, resamples, share_interval
from xrays.tasks import Task

COLUMNS = ["task", "label", "band", "series_label", "series", *WHOSE, "value", "low", "high"]
ALL = "all"


def rows_by_label(
    predictions: Predictions,
    task: Task,
    labels: Sequence[Label],
    values: NDArray[np.float64],
    *,
    shares: bool = False,
) -> pd.DataFrame:
    """One row a band of a label that is a number (the task's own label first) and series: the mean of `values` (n,)
    over its films, NaN with fewer than FEW patients. Series: all films of the band, then each class of each label of
    two classes, whose name is the series_label ("" for all). shares: values are 0 or 1. Films without a label are in
    no band of it, and in none of its series."""
    classes = [(label, number) for label in labels for number in range(len(label.class_names))]
    series = [("", ALL), *((label.name, label.class_names[number]) for label, number in classes)]
    in_class = [predictions.labels[label.name] == number for label, number in classes]
    in_series = np.stack([np.ones(len(values), np.bool_), *in_class], axis=1)
    weights, every = resamples(predictions.groups), np.ones((1, len(values)))
    rows = []
    for label in sorted((label for label in labels if label.kind == "number"), key=lambda label: label != task.label):
        names, in_band = groups_present(label, predictions.labels[label.name])
        members = (in_band[:, :, None] & in_series[:, None, :]).reshape(len(values), -1)
        centre, drawn = means(values, members, every)[0], means(values, members, weights)
        for place, (band, (of, name)) in enumerate((band, one) for band in names for one in series):
            of_cell = predictions.whose_of(members[:, place])
            cell = (np.nan, np.nan, np.nan)
            if of_cell.groups >= FEW:
                mean, replicates = float(centre[place]), drawn[:, place]
                cell = (mean, *(share_interval(mean, replicates, of_cell.groups) if shares else interval(replicates)))
            rows.append((task.name, label.name, band, of, name, *astuple(of_cell), *cell))
    return pd.DataFrame(rows, columns=COLUMNS)
