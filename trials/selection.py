"""What picking the best of many trials does to its score, and which trials it cannot be told from.

    rows = candidates(task, films, [store.out_of_fold(number) for number in numbers])
    choice = choose(rows, best=3)
    choice.corrected, choice.interval            # what the procedure "take the best of them" scores on new patients
    choice.tied                                  # (trials,): may be as good as the best

The best of many is partly the luckiest. Bootstrap bias-corrected cross-validation (BBC-CV; Tsamardinos et al. 2018,
doi:10.1007/s10994-018-5714-4) repeats the choice on patients who were drawn again, and scores what was chosen on the
patients who were not drawn. Nothing is trained for it: it needs the predictions that cross-validation has made.

A race adds a difficulty: that a trial has a fold at all depends on its luck in the folds before, on all patients,
also on those that a resample does not draw. So the choice is made once for every fold, among the trials that have it,
by the folds that all of these have; what it chose is scored on that fold alone. Between folds a race has decided who
has a fold before that fold was looked at, so the patients of it who were not drawn have had no part in the choice.
Who was stopped within a fold, by its own films, has left it to the luckier ones: such a fold chooses, but scores
nothing (with `race` that is the first one), and how hard the others are beside it is judged by a baseline, which
nobody chose. Nor does any fold of a later repeat score, once a trial was stopped: all its films had been looked at.
On trials that know nothing this comes out at chance. A rule that stops trials within every fold (`median`) leaves
none to score on; then all do, and the score is one to two points too good. Where all trials have all folds it is
BBC-CV as published. Where trials do differ it is a little pessimistic, since the early folds are judged by fewer
films than the real choice was. Two ways that look simpler are wrong by points (`benchmarks/selection.py` has the
numbers): only the trials that survived (too good: they survived by luck), and to give a trial that was stopped the
best trial's mean plus its difference to it on the folds of both, as the samplers are told (far too bad: one fold
varies more than the mean of all, so what wins is its noise). Trials that were stopped within their first fold have no
predictions and are missed, which hardly matters: they were behind on that fold and would rarely have been chosen by
it.

Finalists were trained with further seeds (`trials/final.py`). The choice among all is repeated by the seed that all
have; one that it falls on is scored with the others, which had no part in it. Scored with the one that it was chosen
by it would be too good by what that seed is worth on any films: seeds make better and worse networks, and what is
exported is another one. What the final itself gains is not counted: on trials that differ this is pessimistic. A
choice among the finalists alone would be too good by points, since they were chosen by the same films
(`benchmarks/final.py`).

The best was picked by the films that it is compared on. A paired interval, as if it had been named before, calls a
third of fifty equal trials worse than it; so ties are judged by multiple comparisons with the best
(`trials/ties.py`).

One trial that is wild on a few films must not decide about the others. No film can be wrong by more than its
label's range other than by a prediction that means nothing: what lies beyond is counted once, in the trial's own
score, and no resample repeats it. One without such a film would choose that trial, and be scored on the film.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from trials.films import Films
from trials.fold_means import FoldMeans, fold_means
from trials.ties import may_be_best
from xrays.statistics.bootstrap import DRAWS, Interval, interval, resamples
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
    """Trials that a choice was made among. losses: (trials, n) of films, each film once in every repeat; of no
    meaning in a fold that a trial does not have; they are sorted by fold, and bounds (folds + 1,) says where each
    begins. have: (trials, folds) whether a trial has all predictions of a fold. groups: (n,) the patient of each
    film, who is drawn in all repeats at once: what is scored R times is no more patients. widest: by how much one can
    be wrong; a loss beyond it counts in its trial's score alone."""

    losses: Floats
    have: NDArray[np.bool_]
    bounds: NDArray[np.intp]
    groups: NDArray[np.str_]
    widest: float = np.inf

    @property
    def folds(self) -> list[slice]:
        """The films of each fold among the n."""
        return [slice(int(low), int(high)) for low, high in pairwise(self.bounds)]


@dataclass(frozen=True)
class CorrectedScore:
    """corrected: the mean loss, over all resamples, of what was chosen on patients who chose nothing; interval: the
    middle 95 % of the resamples, which is wider than it has to be (each is scored by the third of the patients that
    it did not draw); both with what the best trial loses beyond `widest`. behind: (trials, 2) interval of the paired
    difference to the best trial, as if that had not been picked, NaN for a trial that lacks a fold. tied: (trials,)
    whether the trial may be as good as the best."""

    corrected: float
    interval: Interval
    behind: NDArray[np.float64]
    tied: NDArray[np.bool_]


def candidates(task: Task, films: Films, predictions: Sequence[Floats]) -> Candidates | None:
    """Losses of trials from their (R, N) out-of-fold predictions, NaN where there is none. Films of the hold-out and
    films without the label are left out. None where no film is left, or the objective is no mean over films."""
    loss, scored = FILM_LOSSES.get(task.objective), films.scored(task)
    if loss is None or not scored.any() or not predictions:
        return None
    folds, film = films.assignment[scored], np.nonzero(scored)[1]
    order = np.argsort(folds, kind="stable")
    bounds = np.searchsorted(folds[order], np.arange(folds.max() + 2))
    truth = films.targets(task)[film][order]
    losses = np.empty((len(predictions), len(order)), np.float32)
    have = np.empty((len(predictions), len(bounds) - 1), np.bool_)
    for row, values in enumerate(predictions):
        made = values[scored][order]
        known = np.isfinite(made)
        losses[row] = loss(truth, np.where(known, made, 0.0))
        have[row] = [known[low:high].all() for low, high in pairwise(bounds)]
    return Candidates(losses, have, bounds, films.groups[film][order], _widest(task))


def _widest(task: Task) -> float:
    """By how much one film can be wrong, in the label's unit. An accuracy counts films."""
    return task.label.most - task.label.least if task.objective == "mae" else np.inf


def choose(
    rows: Candidates,
    best: int,
    draws: int = DRAWS,
    seed: int = 0,
    peeked: NDArray[np.bool_] | None = None,
    yardstick: Floats | None = None,
    seeds: Mapping[int, Floats] | None = None,
) -> CorrectedScore:
    """The choice among all candidates, repeated on `draws` resamples of their patients.

    best: the row that was chosen on all films. peeked: (folds,) where somebody was stopped by a look at the fold's
    own films; such folds score nothing, unless all are. yardstick: (n,) losses of a predictor that nobody chose, by
    which the folds that score are compared with all. seeds: row -> (S, n) losses of a finalist with each of its
    seeds, that of the row first: their mean is its score, the others score it where it is chosen. A score is the mean
    over folds of the folds' means, as on the leaderboard; a fold without a patient who was not drawn adds nothing to
    that resample. NaN where no fold has one.
    """
    wild, rows = rows, replace(rows, losses=np.minimum(rows.losses, rows.widest))
    raw = {row: losses.mean(axis=0, dtype=np.float32) for row, losses in (seeds or {}).items()}
    over_seeds = {row: np.minimum(losses, rows.widest).mean(axis=0) for row, losses in (seeds or {}).items()}
    further = {row: np.minimum(losses[1:], rows.widest).mean(axis=0) for row, losses in (seeds or {}).items()}
    have, weights = rows.have, resamples(rows.groups, draws, seed)
    whole = np.flatnonzero(have.all(axis=1))
    fair = np.ones(have.shape[1], np.bool_) if peeked is None or peeked.all() else ~peeked
    judged = [(fold, np.flatnonzero(own)) for fold, own in enumerate(have.T) if own.any() and fair[fold]]
    left, sums = np.full((draws, have.shape[1]), np.nan), np.empty((draws, len(whole)), np.float32)
    step = max(1, CHUNK // len(rows.losses))
    for start in range(0, draws, step):
        part = slice(start, start + step)
        means = FoldMeans(rows.folds, rows.losses, weights[part])
        sums[part] = means.of(np.ones(have.shape[1], np.bool_))[:, whole]
        if over_seeds:
            averaged = FoldMeans(rows.folds, np.stack([*over_seeds.values()]), weights[part])
            sums[part, np.searchsorted(whole, [*over_seeds])] = averaged.of(np.ones(have.shape[1], np.bool_))
        for fold, field in judged:
            chosen = field[means.of(np.asarray(have[field].all(axis=0)))[:, field].argmin(axis=1)]
            losses = rows.losses[chosen, rows.folds[fold]]
            for row, others in further.items():
                losses[chosen == row] = others[rows.folds[fold]]
            left[part, fold] = _left_out(losses, weights[part, rows.folds[fold]])
    scores = _fold_means(wild, raw)
    beyond = scores - _fold_means(rows, over_seeds)
    left += _easier(rows, fair, yardstick) + beyond[best].mean()
    scored = np.isfinite(left)
    replicates = np.where(scored, left, 0.0).sum(axis=1) / np.where(scored.any(axis=1), scored.sum(axis=1), np.nan)
    behind, tied = np.full((len(rows.losses), 2), np.nan), np.zeros(len(rows.losses), np.bool_)
    if have[best].all():
        own = int(np.searchsorted(whole, best))
        further = (beyond[whole] - beyond[best]).mean(axis=1)
        drawn = (sums - sums[:, [own]]) / have.shape[1]
        behind[whole] = np.quantile(drawn, [0.025, 0.975], axis=0).T + further[:, None]
        tied[whole] = may_be_best(scores[whole].mean(axis=1), _luck(rows, over_seeds, whole, sums, weights))
    corrected = float(np.nanmean(replicates)) if scored.any() else float("nan")
    return CorrectedScore(corrected, interval(replicates), behind, tied)


def _easier(rows: Candidates, fair: NDArray[np.bool_], yardstick: Floats | None) -> float:
    """By how much less the yardstick loses on the folds that score than on all."""
    if yardstick is None:
        return 0.0
    means = _fold_means(replace(rows, losses=np.minimum(yardstick, rows.widest)[None]))[0]
    return float(means.mean() - means[fair].mean())


def _fold_means(rows: Candidates, instead: Mapping[int, Floats] | None = None) -> NDArray[np.float64]:
    """(trials, folds) mean losses. instead: row -> (n,) losses in its place."""
    means = fold_means(rows.losses, rows.folds)
    for row, losses in (instead or {}).items():
        means[row] = [losses[films].mean(dtype=np.float64) for films in rows.folds]
    return means


def _luck(
    rows: Candidates, instead: Mapping[int, Floats], whole: NDArray[np.intp], sums: Floats, weights: Floats
) -> NDArray[np.float64]:
    """(draws, whole) what each resample of weights (draws, n) adds to a trial's score. sums: (draws, whole) of the
    folds' means in it."""
    # A resample may have no film of a fold, in a tiny data set.
    drawn = np.stack([weights[:, films].any(axis=1) for films in rows.folds], axis=1)
    return np.asarray((sums - drawn @ _fold_means(rows, instead)[whole].T) / len(rows.folds), np.float64)


def _left_out(losses: Floats, weights: Floats) -> NDArray[np.float64]:
    """(draws,) mean loss over the films that a resample did not draw; NaN where it drew all. losses: (draws, films)
    of what was chosen in it."""
    spare = weights == 0
    films = spare.sum(axis=1)
    return np.asarray(np.where(spare, losses, 0).sum(axis=1, dtype=np.float64) / np.where(films, films, np.nan))
