"""Answers about films as one answer a patient: what a model says of somebody of whom there are several films.

together([61.0, 65.0, 40.0], ["a", "a", "b"], "regression")       # [63.0, 40.0], in the order of the patients' names

Numbers are averaged, of probabilities the logits, as of several networks (`blend.py`). The mean of several films has
errors of its own, of people who were X-rayed often, and thus an interval of its own (`around_together`).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xrays.statistics.blend import Kind
from xrays.statistics.calibration import logit
from xrays.statistics.conformal import LEVEL, Around, fitted
from xrays.statistics.logistic import probability


def together(
    answers: Sequence[float] | NDArray[np.floating], patients: Sequence[str] | NDArray[np.str_], kind: Kind
) -> NDArray[np.float64]:
    """(p,) one a patient. answers: (n,) in the label's unit, or probabilities of class 1."""
    values = logit(np.asarray(answers)) if kind == "binary" else np.asarray(answers, np.float64)
    means = _means(values, patients)
    return probability(means) if kind == "binary" else means


def labels_together(
    labels: NDArray[np.floating], patients: Sequence[str] | NDArray[np.str_], kind: Kind
) -> NDArray[np.float64]:
    """(p,) the mean of a number, as films of one patient may be years apart; the class of most films, of as many the
    second one."""
    means = _means(np.asarray(labels, np.float64), patients)
    return (means >= 0.5).astype(np.float64) if kind == "binary" else means


def films_each(patients: Sequence[str] | NDArray[np.str_]) -> NDArray[np.int64]:
    """(p,) how many each has."""
    return np.unique(np.asarray(patients), return_counts=True)[1]


def around_together(
    labels: NDArray[np.floating], answers: NDArray[np.floating], patients: NDArray[np.str_], level: float = LEVEL
) -> Around | None:
    """The interval of the mean of a patient's films, by those with several; labels, answers, patients: (n,) of films
    as `fitted` takes them. None for too few such patients."""
    several = films_each(patients) > 1
    if not several.any():
        return None
    truth, said = labels_together(labels, patients, "regression"), together(answers, patients, "regression")
    return fitted(truth[several], said[several], np.flatnonzero(several), level)


def half_widths(
    answers: NDArray[np.floating], films: NDArray[np.integer], alone: Around, several: Around | None
) -> NDArray[np.float64]:
    """(p,) of the intervals around answers about patients, who have so many films, (p,). alone: the interval of an
    answer about one film; several: that of a mean, None where it is not known: then that of one film is taken, which
    promises nothing of a mean."""
    of_one = alone.half_width(answers)
    return of_one if several is None else np.where(np.asarray(films) > 1, several.half_width(answers), of_one)


def _means(values: NDArray[np.float64], patients: Sequence[str] | NDArray[np.str_]) -> NDArray[np.float64]:
    number = np.unique(np.asarray(patients), return_inverse=True)[1]
    return np.asarray(np.bincount(number, values) / np.bincount(number))
