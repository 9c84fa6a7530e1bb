"""Answers that mean what they say: fitted on predictions of films that a network was not trained on.

    calibration = fitted(labels, probabilities, patients)     # Temperature, Isotonic, or None: as they are is best
    calibration.of(probabilities)
    best_fit(labels, years, patients, OF_NUMBERS, absolute)    # on films of another place: shift, line, or None

Temperature scaling divides the logit by one number (Guo et al. 2017, arXiv 1706.04599), isotonic regression may take
any rising line (Zadrozny and Elkan 2002). Which of them, or none, is decided by the loss on patients that were not
fitted on. Of films from elsewhere the share of a class may be another one, which takes an intercept (logistic
recalibration: Steyerberg, Clinical Prediction Models, 2nd ed. 2019, chapter 15), and numbers may be off by a line.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.statistics.logistic import coefficients, probability
from xrays.statistics.parts import parts_of

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


@dataclass(frozen=True)
class Logistic:
    """The logit is multiplied by `factor`, and `intercept` is added."""

    factor: float
    intercept: float

    def of(self, probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n,) of class 1, as they are meant."""
        return probability(self.factor * logit(probabilities) + self.intercept)


@dataclass(frozen=True)
class Line:
    """A number is multiplied by `factor`, and `start`, in its unit, is added."""

    factor: float
    start: float

    def of(self, numbers: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n,) as they are meant."""
        return np.asarray(self.factor * np.asarray(numbers, np.float64) + self.start)


Calibration = Temperature | Logistic | Isotonic | Line
Fit = Callable[[NDArray[np.floating], NDArray[np.floating]], Calibration]
Losses = Callable[[NDArray[np.floating], NDArray[np.floating]], NDArray[np.float64]]


def logit(probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """Finite also for 0 and 1."""
    p = np.clip(np.asarray(probabilities, np.float64), LEAST, 1 - LEAST)
    return np.log(p) - np.log1p(-p)


def fitted(
    labels: NDArray[np.floating], probabilities: NDArray[np.floating], patients: NDArray[np.generic]
) -> Calibration | None:
    """labels: (n,) 0 and 1; probabilities: (n,) of class 1; patients: (n,) whose film it is. None where neither is
    better than the probabilities as they are."""
    name = best_fit(labels, probabilities, patients, FITS, log_losses)
    return FITS[name](labels, probabilities) if name else None


def best_fit(
    labels: NDArray[np.floating],
    answers: NDArray[np.floating],
    patients: NDArray[np.generic],
    fits: Mapping[str, Fit],
    losses: Losses,
) -> str | None:
    """The name of the fit that is best on patients which were not fitted on; None where none is better than the
    answers as they are. labels, answers, patients: (n,); losses: what is to be small, of labels and answers."""
    whose, as_they_are = np.unique(patients, return_inverse=True)[1], losses(labels, answers)
    gains: dict[str, float] = {}
    for name, fit in fits.items():
        if (scored := unseen(labels, answers, patients, fit)) is None:
            return None
        gained = as_they_are - losses(labels, scored)
        if gained.mean() > SURE * _error(gained, whose):
            gains[name] = float(gained.mean())
    return max(gains, key=lambda name: gains[name]) if gains else None


def unseen(
    labels: NDArray[np.floating], answers: NDArray[np.floating], patients: NDArray[np.generic], fit: Fit
) -> NDArray[np.float64] | None:
    """(n,) every answer as the fit on other patients puts it (`parts_of`); None where a part leaves labels that
    are all alike."""
    scored = np.empty(len(labels))
    for own in parts_of(patients):
        if len(np.unique(labels[~own])) < 2:
            return None
        scored[own] = fit(labels[~own], answers[~own]).of(answers[own])
    return scored


def _error(values: NDArray[np.float64], whose: NDArray[np.int64]) -> float:
    """The standard error of their mean. whose: (n,) patients' numbers: a patient's films gain or lose
    together, so that they are one draw (the sandwich of clusters, Liang and Zeger 1986)."""
    totals = np.bincount(whose, values - values.mean())
    return float(np.sqrt(np.square(totals).sum() * len(totals) / max(1, len(totals) - 1))) / len(values)


def log_losses(labels: NDArray[np.floating], probabilities: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n,) nats."""
    p = np.clip(np.asarray(probabilities, np.float64), LEAST, 1 - LEAST)
    return np.asarray(-(labels * np.log(p) + (1 - labels) * np.log1p(-p)))


def absolute(labels: NDArray[np.floating], numbers: NDArray[np.floating]) -> NDArray[np.float64]:
    """(n,) errors in the label's unit."""
    return np.asarray(np.abs(numbers - labels), np.float64)


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


def logistic(labels: NDArray[np.floating], probabilities: NDArray[np.floating]) -> Logistic:
    """Of the largest likelihood; where there is none, as with classes that do not overlap, nothing is changed."""
    found = coefficients(logit(probabilities)[:, None], labels, np.ones((1, len(labels))))[0]
    return Logistic(float(found[1]), float(found[0])) if np.isfinite(found).all() else Logistic(1.0, 0.0)


def shift(labels: NDArray[np.floating], numbers: NDArray[np.floating]) -> Line:
    """What answers are off by, the median of it: that of the least absolute error."""
    return Line(1.0, float(np.median(labels - numbers)))


def line(labels: NDArray[np.floating], numbers: NDArray[np.floating]) -> Line:
    """Of the least squares; with numbers that are all alike a shift."""
    if np.ptp(numbers) == 0:
        return shift(labels, numbers)
    factor, start = np.polyfit(np.asarray(numbers, np.float64), np.asarray(labels, np.float64), 1)
    return Line(float(factor), float(start))


FITS: Mapping[str, Fit] = {"temperature": temperature, "isotonic": isotonic}
# Of films from elsewhere. An answer that has a line of its own inside can be given another one only.
OF_PROBABILITIES: Mapping[str, Fit] = {"temperature": temperature, "logistic": logistic, "isotonic": isotonic}
OF_LINES: Mapping[str, Fit] = {"isotonic": isotonic}
OF_NUMBERS: Mapping[str, Fit] = {"shift": shift, "line": line}
