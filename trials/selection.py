"""What picking the best of many trials does to its score, and which trials it cannot be told from.

    rows = candidates(task, films, [store.out_of_fold(number) for number in numbers])
    choice = choose(rows, best=3)
    choice.corrected, choice.interval            # what the procedure "take the best of them" scores on new patients
    choice.tied                                  # (trials,): not to be told from the best

The best of many is partly the luckiest. Bootstrap bias-corrected cross-validation (BBC-CV; Tsamardinos et al. 2018,
doi:10.1007/s10994-018-5714-4) repeats the choice on patients who were drawn again, and scores what was chosen on the
patients who were not drawn. Nothing is trained for it: it needs the predictions that cross-validation has made.

A race adds a difficulty: that a trial has a fold at all depends on its luck in the folds before, on all patients,
also on those that a resample does not draw. So the choice is made once for every fold, among the trials that have
it, by the folds that all of these have; what it chose is scored on that fold alone. Who has a fold was decided
before the fold was looked at, so the patients of this fold who were not drawn have had no part in the choice. On
trials that know nothing this comes out at chance. Where all trials have all folds it is BBC-CV as published. Where
trials do differ it is a little pessimistic, since the early folds are judged by fewer films than the real choice was.
Two ways that look simpler are wrong by points (`benchmarks/selection.py` has the numbers): only the trials that
survived (too good: they survived by luck), and to give a trial that was stopped the best trial's mean plus its
difference to it on the folds of both, as the samplers are told (far too bad: one fold varies more than the mean of
all, so what wins is its noise). Trials that were stopped within their first fold have no predictions and are missed,
which hardly matters: they were behind on that fold and would rarely have been chosen by it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trials.store import Films
from xrays.bootstrap import DRAWS, Interval, interval, resamples
from xrays.tasks import Task

Floats = NDArray[np.float32]

# The objective as a mean over films: what each film adds to it. An objective that is no such mean has no row.
FILM_LOSSES: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "mae": lambda truth, predicted: np.abs(predicted - truth),
    "accuracy": lambda truth, predicted: ((predicted >= 0.5) != (truth == 1)).astype(np.float32),
}
CHUNK = 4_000_000  # numbers in the largest matrix of a fold: with 10,000 trials 400 resamples at a time


@dataclass(frozen=True)
class Candidates:
    """Trials that a choice was made among. losses: (trials, n), of no meaning in a fold that a trial does not have;
    the films are sorted by fold, and bounds (folds + 1,) says where each begins. have: (trials, folds) whether a
    trial has all predictions of a fold. groups: (n,) the patient of each film."""

    losses: Floats
    have: NDArray[np.bool_]
    bounds: NDArray[np.intp]
    groups: NDArray[np.str_]

    @property
    def folds(self) -> list[slice]:
        return [slice(int(low), int(high)) for low, high in pairwise(self.bounds)]


@dataclass(frozen=True)
class Choice:
    """corrected: the mean loss, over all resamples, of what was chosen on patients who chose nothing; interval: the
    middle 95 % of the resamples. behind: (trials, 2) interval of the paired difference to the best trial, NaN for a
    trial that lacks a fold; tied: (trials,) whether it holds 0."""

    corrected: float
    interval: Interval
    behind: NDArray[np.float64]

    @property
    def tied(self) -> NDArray[np.bool_]:
        # Sums of single precision: two equal trials differ in the last digits.
        return (self.behind[:, 0] <= 1e-5) & (self.behind[:, 1] >= -1e-5)


def candidates(task: Task, films: Films, predictions: Sequence[Floats]) -> Candidates | None:
    """Losses of trials from their (N,) out-of-fold predictions, NaN where there is none. Films of the hold-out and
    films without the label are left out. None where no film is left, or the objective is no mean over films."""
    loss, assignment, labels = FILM_LOSSES.get(task.objective), films.assignment[0], films.labels(task)
    used = np.flatnonzero((assignment >= 0) & np.isfinite(labels))
    if loss is None or not used.size or not predictions:
        return None
    order = used[np.argsort(assignment[used], kind="stable")]
    bounds = np.searchsorted(assignment[order], np.arange(assignment[order].max() + 2))
    losses = np.empty((len(predictions), len(order)), np.float32)
    have = np.empty((len(predictions), len(bounds) - 1), np.bool_)
    for row, values in enumerate(predictions):
        known = np.isfinite(values[order])
        losses[row] = loss(labels[order], np.where(known, values[order], 0.0))
        have[row] = [known[low:high].all() for low, high in pairwise(bounds)]
    return Candidates(losses, have, bounds, films.groups[order])


def choose(rows: Candidates, best: int, draws: int = DRAWS, seed: int = 0) -> Choice:
    """The choice among all candidates, repeated on `draws` resamples of their patients.

    best: the row that was chosen on all films. A score is the mean over folds of the folds' means, as on the
    leaderboard; a fold without a patient who was not drawn adds nothing to that resample. NaN where no fold has one.
    """
    have, weights = rows.have, resamples(rows.groups, draws, seed)
    whole = np.flatnonzero(have.all(axis=1))
    judged = [(fold, np.flatnonzero(own)) for fold, own in enumerate(have.T) if own.any()]
    left, behind = np.full((draws, have.shape[1]), np.nan), np.empty((draws, len(whole)), np.float32)
    step = max(1, CHUNK // len(rows.losses))
    for start in range(0, draws, step):
        part = slice(start, start + step)
        means = _Means(rows.folds, rows.losses, weights[part])
        sums = means.of(np.ones(have.shape[1], np.bool_))
        behind[part] = (sums[:, whole] - sums[:, [best]]) / have.shape[1]
        for fold, field in judged:
            chosen = field[means.of(np.asarray(have[field].all(axis=0)))[:, field].argmin(axis=1)]
            left[part, fold] = _left_out(rows.losses[chosen, rows.folds[fold]], weights[part, rows.folds[fold]])
    scored = np.isfinite(left)
    replicates = np.where(scored, left, 0.0).sum(axis=1) / np.where(scored.any(axis=1), scored.sum(axis=1), np.nan)
    ends = np.full((len(rows.losses), 2), np.nan)
    if have[best].all():
        ends[whole] = np.quantile(behind, [0.025, 0.975], axis=0).T
    corrected = float(np.nanmean(replicates)) if scored.any() else float("nan")
    return Choice(corrected, interval(replicates), ends)


class _Means:
    """Sums over folds of the mean loss of every trial in some resamples; each sum of folds is made once."""

    def __init__(self, folds: Sequence[slice], losses: Floats, weights: Floats) -> None:
        self._folds, self._losses, self._weights = folds, losses, weights
        self._sums: dict[bytes, Floats] = {}
        self._single: dict[int, Floats] = {}

    def of(self, use: NDArray[np.bool_]) -> Floats:
        """(draws, trials); a fold of which a resample has no film counts 0 for all trials alike."""
        key = use.tobytes()
        if key not in self._sums:
            parts = (self._mean(int(fold)) for fold in np.flatnonzero(use))
            total = np.zeros((len(self._weights), len(self._losses)), np.float32)
            for part in parts:
                total += part
            self._sums[key] = total
        return self._sums[key]

    def _mean(self, fold: int) -> Floats:
        if fold not in self._single:
            drawn = self._weights[:, self._folds[fold]]
            films = np.maximum(drawn.sum(axis=1, keepdims=True), 1)
            self._single[fold] = (drawn @ self._losses[:, self._folds[fold]].T) / films
        return self._single[fold]


def _left_out(losses: Floats, weights: Floats) -> NDArray[np.float64]:
    """(draws,) mean loss over the films that a resample did not draw; NaN where it drew all. losses: (draws, films)
    of what was chosen in it."""
    spare = weights == 0
    films = spare.sum(axis=1)
    return np.asarray(np.where(spare, losses, 0).sum(axis=1, dtype=np.float64) / np.where(films, films, np.nan))
