"""Answers of a model put right on some films of the place where it is used, and how many it takes.

    mended = mend(labels, answers, patients, OF_NUMBERS)     # Mended(calibration, around)
    mended.of(answers)
    gained(labels, answers, patients, OF_NUMBERS, around)    # [Step(0, …), Step(25, …), …]

Whether a fit is better than the answers as they are is decided on patients that it was not fitted on
(`calibration.py`); the interval is that of residuals which the fit has not seen (`conformal.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from xrays.statistics.bootstrap import middle
from xrays.statistics.by_patient import around_together
from xrays.statistics.calibration import OF_NUMBERS, Calibration, Fit, absolute, best_fit, log_losses, unseen
from xrays.statistics.classification import brier, calibration_error
from xrays.statistics.conformal import LEVEL, Around, fitted

SIZES = (25, 50, 100, 200, 400, 800, 1600)
SPLITS = 20


@dataclass(frozen=True)
class Mended:
    """calibration: None where answers are best as they are; around: the interval of a number afterwards, of the mean
    of a patient's films around_patient; None where there were too few patients, or none is promised."""

    calibration: Calibration | None
    around: Around | None
    around_patient: Around | None = None

    def of(self, answers: NDArray[np.floating]) -> NDArray[np.float64]:
        """(n,) as they are meant."""
        return np.asarray(answers, np.float64) if self.calibration is None else self.calibration.of(answers)


class Step(NamedTuple):
    """films, patients: fitted on, a mean over splits; figure: its name; value: a mean over splits, of films that were
    not fitted on; low, high: between which nine of ten splits lie."""

    films: float
    patients: float
    figure: str
    value: float
    low: float
    high: float


def mend(
    labels: NDArray[np.floating],
    answers: NDArray[np.floating],
    patients: NDArray[np.generic],
    fits: Mapping[str, Fit],
    level: float = LEVEL,
) -> Mended:
    """labels, answers, patients: (n,) of films from the place, answers in the label's unit or probabilities. fits:
    one of those of `calibration.py`; level: of the interval around a number."""
    if fits is not OF_NUMBERS:
        name = best_fit(labels, answers, patients, fits, log_losses)
        return Mended(fits[name](labels, answers) if name else None, None)
    name = best_fit(labels, answers, patients, fits, absolute)
    said = unseen(labels, answers, patients, fits[name]) if name else answers
    calibration = fits[name](labels, answers) if name else None
    if said is None:
        return Mended(calibration, None)
    together = around_together(labels, said, np.asarray(patients, np.str_), level)
    return Mended(calibration, fitted(labels, said, patients, level), together)


def some_films(patients: NDArray[np.generic], films: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(n,) all films of patients that are drawn, as many as there can be with `films` at most."""
    number, counts = np.unique(patients, return_inverse=True, return_counts=True)[1:]
    order = rng.permutation(len(counts))
    taken = np.zeros(len(counts), np.bool_)
    taken[order[np.cumsum(counts[order]) <= films]] = True
    return taken[number]


def gained(
    labels: NDArray[np.floating],
    answers: NDArray[np.floating],
    patients: NDArray[np.generic],
    fits: Mapping[str, Fit],
    around: Around | None,
) -> list[Step]:
    """What so many films of the place are good for, none first, up to half of the films. The other half of the
    patients is scored, the same for all numbers of films; SPLITS times, divided anew. around: the interval that was
    promised, in whose place an own one comes."""
    sizes = [0, *(size for size in SIZES if size <= len(labels) // 2)]
    found: dict[tuple[int, str], list[float]] = {}
    counts: dict[int, list[tuple[int, int]]] = {size: [] for size in sizes}
    for split in range(SPLITS):
        rng = np.random.default_rng([split, len(labels)])
        pool = np.flatnonzero(some_films(patients, (len(labels) + 1) // 2, rng))
        rest = np.setdiff1d(np.arange(len(labels)), pool)
        for size in sizes:
            local = pool[some_films(patients[pool], size, rng)]
            mended = Mended(None, around)
            if size:
                mended = mend(labels[local], answers[local], patients[local], fits, around.level if around else LEVEL)
            counts[size].append((len(local), len(np.unique(patients[local]))))
            for name, value in _figures(labels[rest], mended.of(answers[rest]), mended.around or around, fits):
                found.setdefault((size, name), []).append(value)
    steps = []
    for (size, name), values in found.items():
        local, people = np.mean(counts[size], axis=0).tolist()
        steps.append(Step(local, people, name, float(np.mean(values)), *middle(np.array(values), 0.9)))
    return steps


def _figures(
    labels: NDArray[np.floating],
    answers: NDArray[np.float64],
    around: Around | None,
    fits: Mapping[str, Fit],
) -> Iterator[tuple[str, float]]:
    every = np.ones((1, len(labels)))
    if fits is not OF_NUMBERS:
        yield "calibration_error", float(calibration_error(labels, answers, every)[0])
        yield "brier", float(brier(labels, answers, every)[0])
        return
    yield "mae", float(absolute(labels, answers).mean())
    if around is not None:
        yield "coverage", float(around.covers(labels, answers).mean())
        yield "width", float(2 * around.half_width(answers).mean())


def enough(steps: list[Step], figure: str) -> float | None:
    """The smallest number of films from which a figure that is to be small has nine tenths of what the most films
    gain; None where these gain nothing."""
    of = [step for step in steps if step.figure == figure]
    before, best = of[0].value, of[-1].value
    if best >= before:
        return None
    return next(step.films for step in of if step.value <= best + 0.1 * (before - best))
