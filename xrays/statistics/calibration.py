"""Probabilities that mean what they say: fitted on predictions of films that a network was not trained on.

    calibration = fitted(labels, probabilities, patients)     # Temperature, Isotonic, or None: as they are is best
    calibration.of(probabilities)

Temperature scaling divides the logit by one number (Guo et al. 2017, arXiv 1706.04599), isotonic regression may take
any rising line (Zadrozny and Elkan 2002). Which of them, or none, is decided by the log loss on patients that were
not fitted on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PARTS = 5  # of the patients, each scored by what the others give
LEAST = 1e-4  # probabilities are cut to [LEAST, 1 - LEAST] before their logit is taken: no film is that sure
SUREST = math.log((1 - LEAST) / LEAST)  # the largest logit that comes of it
POINTS = 32  # of an isotonic line, at most
SURE = 2.0  # standard errors by which a calibration must be better than none: a fit always finds something


@dataclass(frozen=True)
class Temperature:
    """The logit is multiplied by `factor`, 1 / temperature."""

    factor: float

    def of(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n,) of class 1, as they are meant."""
        return probability(self.factor * logit(probabilities))


@dataclass(frozen=True)
class Isotonic:
    """Straight lines between the points (at, to), constant before the first and after the last; both rise."""

    at: tuple[float, ...]
    to: tuple[float, ...]

    def of(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n,) of class 1, as they are meant."""
        return np.interp(np.asarray(probabilities, np.float64), self.at, self.to)


Calibration = Temperature | Isotonic


def logit(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Finite also for 0 and 1."""
    p = np.clip(np.asarray(probabilities, np.float64), LEAST, 1 - LEAST)
    return np.log(p) - np.log1p(-p)


def probability(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    """The logistic function."""
    return np.asarray((1 + np.tanh(np.asarray(logits, np.float64) / 2)) / 2)


def fitted(
    labels: NDArray[np.floating], probabilities: NDArray[np.floating], patients: NDArray[np.generic]
) -> Calibration | None:
    """labels: (n,) 0 and 1; probabilities: (n,) of class 1; patients: (n,) whose film it is. None where neither is
    better than the probabilities as they are."""
    whose = np.unique(patients, return_inverse=True)[1]
    part = np.random.default_rng(0).permutation(int(whose.max(initial=0)) + 1)[whose] % PARTS
    as_they_are = log_losses(labels, probabilities)
    gains: dict[str, float] = {}
    for name, fit in FITS.items():
        scored = np.empty(len(labels))
        for number in range(PARTS):
            own = part == number
            if len(np.unique(labels[~own])) < 2:
                return None
            scored[own] = fit(labels[~own], probabilities[~own]).of(probabilities[own])
        gained = as_they_are - log_losses(labels, scored)
        if gained.mean() > SURE * _error(gained, whose):
            gains[name] = float(gained.mean())
    return FITS[max(gains, key=lambda name: gains[name])](labels, probabilities) if gains else None


def _error(values: NDArray[np.float64], whose: NDArray[np.int64]) -> float:
    """The standard error of their mean. whose: (n,) patients' numbers: a patient's films gain or lose
    together, so that they are one draw (the sandwich of clusters, Liang and Zeger 1986)."""
    totals = np.bincount(whose, values - values.mean())
    return float(np.sqrt(np.square(totals).sum() * len(totals) / max(1, len(totals) - 1))) / len(values)


def log_losses(labels: NDArray[np.floating], probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n,) nats."""
    p = np.clip(np.asarray(probabilities, np.float64), LEAST, 1 - LEAST)
    return np.asarray(-(labels * np.log(p) + (1 - labels) * np.log1p(-p)))


def temperature(labels: NDArray[np.floating], probabilities: NDArray[np.floating]) -> Temperature:
    """Of the smallest log loss, which has one minimum; by Newton's method on the logarithm of the factor."""
    x, log_factor = logit(probabilities), 0.0
    for _ in range(50):
        p = probability(np.exp(log_factor) * x)
        slope = float(np.mean((p - labels) * x)) * np.exp(log_factor)
        bend = float(np.mean(p * (1 - p) * x * x)) * np.exp(2 * log_factor) + abs(slope)
        if bend == 0:
            break
        step = float(np.clip(slope / bend, -1, 1))
        log_factor = float(np.clip(log_factor - step, -5, 5))
        if abs(step) < 1e-9:
            break
    return Temperature(float(np.exp(log_factor)))


def isotonic(labels: NDArray[np.floating], probabilities: NDArray[np.floating]) -> Isotonic:
    """Between the middles of its steps straight lines, thinned to POINTS: a step would put films apart that a
    network cannot tell apart. Its ends keep half a film away from 0 and 1."""
    from sklearn.isotonic import IsotonicRegression

    order = np.argsort(probabilities, kind="stable")
    x, y = np.asarray(probabilities, np.float64)[order], np.asarray(labels, np.float64)[order]
    rising = IsotonicRegression().fit_transform(x, y)
    _, first, films = np.unique(rising, return_index=True, return_counts=True)
    at = np.array([float(x[start : start + count].mean()) for start, count in zip(first, films, strict=True)])
    to = (rising[first] * films + 0.5) / (films + 1)
    to = np.maximum.accumulate(to)
    few = np.unique(np.linspace(0, len(at) - 1, POINTS).round().astype(int))
    return Isotonic(tuple(at[few].tolist()), tuple(to[few].tolist()))


FITS: Mapping[str, Callable[[NDArray[np.floating], NDArray[np.floating]], Calibration]] = {
    "temperature": temperature,
    "isotonic": isotonic,
}
