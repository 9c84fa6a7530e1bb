"""Predictions of several networks as one: the same in NumPy as in the layers that `export` puts behind them.

    blend = Blend(members=(5, 5), shares=(0.6, 0.4))
    blend.of(predictions, "regression")           # (networks, n) -> (n,)

A member is the mean of its networks, those of the folds of one trial or a single one. Members are put together by
their shares, or by their median, which one wild network does not move. Of probabilities the logits are averaged: the
logarithmic opinion pool (Genest and Zidek 1986), of whose answers a calibration can go on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xrays.statistics.calibration import Calibration, logit
from xrays.statistics.logistic import probability

Kind = Literal["regression", "binary"]


@dataclass(frozen=True)
class Blend:
    """members: of how many networks each is the mean; shares: of each member in the mean, 1 together; middle: mean,
    or the median of the members, in which their shares play no part; calibration: of the answer that comes of it."""

    members: tuple[int, ...] = (1,)
    shares: tuple[float, ...] = (1.0,)
    middle: Literal["mean", "median"] = "mean"
    calibration: Calibration | None = None

    @property
    def networks(self) -> int:
        """How many there are in all."""
        return sum(self.members)

    @property
    def plain(self) -> bool:
        """Whether its answer is that of one network as it is."""
        return self.networks == 1 and self.calibration is None

    def of(self, predictions: Sequence[NDArray[np.floating]], kind: Kind) -> NDArray[np.float64]:
        """predictions: (networks, n), in the order of the members, in the label's unit or probabilities of class 1.
        (n,), NaN where a network has none."""
        given = np.asarray(predictions, np.float64)
        values = logit(given) if kind == "binary" else given
        ends = np.cumsum(self.members)
        each = np.array([part.mean(axis=0) for part in np.split(values, ends[:-1])])
        together = np.median(each, axis=0) if self.middle == "median" else np.asarray(self.shares) @ each
        answers = np.asarray(together) if kind == "regression" else probability(together)
        return answers if self.calibration is None else self.calibration.of(answers)
