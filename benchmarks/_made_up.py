"""Made-up searches that `selection.py` and `final.py` ask how good a corrected score is: right or wrong answers about
patients with about two films each, and a race that lets go of a trial after the fold in which it is behind.

    options = typed(__doc__)
    chance = true_errors(rng, options.trials, spread=0.03)
    films = some_films(rng, options.films)
    raced = after_race(films.candidates(losses))
    cells(found)                                 # of many searches: "  -0.3 ± 0.1  …"
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from trials.selection import Candidates

FOLDS, DRAWS = 5, 200
MARGIN = 0.5  # standard errors by which a trial may be behind: that of the race


def typed(doc: str | None) -> argparse.Namespace:
    """What was typed: trials and films of a search, and how many searches."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--films", type=int, default=600)
    parser.add_argument("--searches", type=int, default=60)
    return parser.parse_args()


def true_errors(rng: np.random.Generator, trials: int, spread: float) -> NDArray[np.float64]:
    """(trials,) shares of films that each is wrong about in truth, with this standard deviation."""
    return np.clip(0.5 + spread * rng.normal(size=trials), 0.02, 0.98)


@dataclass(frozen=True)
class Films:
    """patients: how many there are; patient: (N,) the number of each film's, sorted; fold: (N,) of each film."""

    patients: int
    patient: NDArray[np.int64]
    fold: NDArray[np.int64]

    def candidates(self, losses: NDArray[np.float32]) -> Candidates:
        """Trials with all folds. losses: (trials, N) by film."""
        order = np.argsort(self.fold, kind="stable")
        bounds = np.searchsorted(self.fold[order], np.arange(FOLDS + 1))
        have = np.ones((len(losses), FOLDS), bool)
        return Candidates(losses[:, order], have, bounds, self.patient[order].astype(str))


def some_films(rng: np.random.Generator, films: int) -> Films:
    """So many films of half as many patients, who are divided into folds."""
    patients = films // 2
    patient = np.sort(rng.integers(0, patients, films))
    return Films(patients, patient, rng.permutation(patients)[patient] % FOLDS)


def fold_means(rows: Candidates, weights: NDArray[np.float32] | None = None) -> NDArray[np.float32]:
    """(draws, trials, folds) mean losses. weights: (draws, N) of films, ones if not given."""
    weights = np.ones((1, rows.losses.shape[1]), np.float32) if weights is None else weights
    parts = [
        weights[:, films] @ rows.losses[:, films].T / weights[:, films].sum(axis=1, keepdims=True)
        for films in rows.folds
    ]
    return np.stack(parts, axis=2)


def after_race(rows: Candidates) -> Candidates:
    """The same with the folds that each trial has after a race among them, in their order."""
    means, have, best = fold_means(rows)[0], rows.have.copy(), 0
    luck = 0.5 * MARGIN / np.sqrt(rows.losses.shape[1] / FOLDS)
    for trial in range(1, len(means)):
        folds = np.arange(1, FOLDS)
        behind = np.cumsum(means[trial] - means[best])[:-1] / folds
        lost = np.flatnonzero(behind > luck / np.sqrt(folds))
        if lost.size:
            have[trial, lost[0] + 1 :] = False
        elif means[trial].mean() < means[best].mean():
            best = trial
    return replace(rows, have=have)


def cells(found: Sequence[Sequence[float]]) -> str:
    """Mean and standard error of each column over the searches, in percentage points."""
    mean, error = np.mean(found, axis=0), np.std(found, axis=0) / len(found) ** 0.5
    return "".join(f"{100 * m:+8.1f} ± {100 * e:.1f}" for m, e in zip(mean, error, strict=True))
