"""Films that a model has answered alike, in groups: what it said of each on average, and what was found.

    for one in answered_alike(predictions, shares=True): one.said, one.found, one.low, one.high, one.films

That is the line on which answers can be taken at their word, of probabilities and of numbers.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from reports._evidence.winner import Predictions
from xrays.patients import FEW
from xrays.statistics.bootstrap import interval, means, resamples, share_interval

PATIENTS = 30  # at least so many in a group, as far as there are so many
MOST = 10


class Alike(NamedTuple):
    """said: mean answer; found: mean of what is true, low, high: its 95 %; films: how many."""

    said: float
    found: float
    low: float
    high: float
    films: int


def answered_alike(predictions: Predictions, *, shares: bool) -> list[Alike]:
    """Groups of as many films each, the lowest answers first; without those of fewer than FEW patients. shares:
    whether what is found is a share of films, of which a group that is all alike has an interval, too."""
    groups = int(np.clip(predictions.whose.groups // PATIENTS, 1, MOST))
    edges = np.unique(np.quantile(predictions.predicted, np.linspace(0, 1, groups + 1)[1:-1]))
    members = np.digitize(predictions.predicted, edges)[:, None] == np.arange(len(edges) + 1)
    members = members[:, members.any(axis=0)]
    every = np.ones((1, len(predictions.truth)))
    said, found = (means(values, members, every)[0] for values in (predictions.predicted, predictions.truth))
    drawn = means(predictions.truth, members, resamples(predictions.groups))
    rows = []
    for number in range(members.shape[1]):
        patients = len(np.unique(predictions.groups[members[:, number]]))
        if patients < FEW:
            continue
        value, replicates = float(found[number]), drawn[:, number]
        ends = share_interval(value, replicates, patients) if shares else interval(replicates)
        rows.append(Alike(float(said[number]), value, *ends, predictions.whose_of(members[:, number]).films))
    return rows
