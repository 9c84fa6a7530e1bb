"""What an ensemble is chosen from: complete trials, and how they answer films that they were not trained on.

    pool = pool_of(store)                                  # [PoolMember(trial, seed, predictions), …], the best first
    ensemble = ensemble_of(pool, store.films(), task, most=5)
    ensemble.score                                         # of choosing so: on patients that played no part in it

A member is a trial with one of the seeds that all its folds were trained with, its own or a further one of the final.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from trials.films import Films
from trials.records import TrialResult, ranked
from trials.score_interval import score_interval
from trials.seeds import seed_out_of_fold, whole_seeds
from trials.store import RunStore
from xrays.statistics.blend import Blend
from xrays.statistics.bootstrap import Interval
from xrays.statistics.calibration import logit
from xrays.statistics.greedy import selected
from xrays.statistics.logistic import probability
from xrays.statistics.metrics import score
from xrays.tasks import Task, task_named

PARTS = 5  # of the patients, each scored by an ensemble that the others have chosen

Middle = Literal["mean", "median"]
Floats = NDArray[np.float64]
Groups = NDArray[np.str_]
# (p, n) numbers or logits, (n,) labels, (n,) patients -> (p,) shares
Choose = Callable[[Floats, Floats, Groups], Floats]


@dataclass(frozen=True)
class PoolMember:
    """predictions: (N,) out of fold, the mean over repeats; NaN for films without the label, and held-out ones."""

    trial: TrialResult
    seed: int
    predictions: NDArray[np.float64]


@dataclass(frozen=True)
class Ensemble:
    """members: with a share, the largest first; score: the objective on patients that played no part in the choice,
    choosing in the same way; interval: its 95 %, with other patients but the same choices; NaN where there are too
    few to say."""

    members: tuple[PoolMember, ...]
    shares: tuple[float, ...]
    middle: Middle
    score: float
    interval: Interval

    def predictions(self, task: Task) -> NDArray[np.float64]:
        """(N,) out of fold."""
        return Blend((1,) * len(self.members), self.shares, self.middle).of(
            [member.predictions for member in self.members], task.kind
        )


def pool_of(store: RunStore, among: Collection[int] | None = None) -> list[PoolMember]:
    """Of all complete trials with predictions on disk, the best by its own score first. among: numbers of the trials
    that are asked about, None for all. Raises DamagedRun."""
    task = task_named(store.experiment.task)
    further, found = whole_seeds(store), []
    asked = (result for result in store.trials() if among is None or result.number in among)
    for _, result in ranked(list(asked), task):
        own = store.experiment.seed
        answers = {own: store.out_of_fold(result.number)}
        answers |= {seed: seed_out_of_fold(store, result.number, seed) for seed in further.get(result.number, {})}
        found += [PoolMember(result, seed, _over_repeats(oof)) for seed, oof in answers.items() if oof is not None]
    labels = store.films().targets(task)
    return sorted(found, key=lambda member: _loss_of(task, labels, member.predictions))


def ensemble_of(pool: Sequence[PoolMember], films: Films, task: Task, most: int) -> Ensemble:
    """By greedy selection; of a number the mean or the median, whichever is better on patients that played no part.
    Raises ValueError for no member."""
    middles: tuple[Middle, ...] = ("mean", "median") if task.kind == "regression" else ("mean",)
    return _chosen(pool, films, task, middles, _greedily(task, most))


def best_of(pool: Sequence[PoolMember], films: Films, task: Task, most: int) -> Ensemble:
    """The best ones, with equal shares."""
    return _chosen(pool, films, task, ("mean",), _equally(task, most))


def members_of(pool: Sequence[PoolMember], films: Films, task: Task, most: int) -> set[int]:
    """Numbers of the trials of which `ensemble_of` and `best_of` are made, without asking what these come to. Raises
    ValueError for no member."""
    values, labels, groups = _films_of(pool, films, task)
    shares = [choose(values, labels, groups) for choose in (_greedily(task, most), _equally(task, most))]
    return {member.trial.number for member, some in zip(pool, np.any(shares, axis=0), strict=True) if some}


def _equally(task: Task, most: int) -> Choose:
    def choose(values: Floats, labels: Floats, groups: Groups) -> Floats:
        first = np.argsort(_losses(task, values, labels), kind="stable")[:most]
        return np.isin(np.arange(len(values)), first) / len(first)

    return choose


def _greedily(task: Task, most: int) -> Choose:
    def choose(values: Floats, labels: Floats, groups: Groups) -> Floats:
        def loss(values: Floats, rows: NDArray[np.int64]) -> Floats:
            return _losses(task, values, labels[rows])

        return selected(values, loss, groups, most)

    return choose


def _chosen(
    pool: Sequence[PoolMember], films: Films, task: Task, middles: Sequence[Middle], choose: Choose
) -> Ensemble:
    values, labels, groups = _films_of(pool, films, task)
    middle, reached, ends = _cross_fitted(values, labels, groups, task, middles, choose)
    shares = choose(values, labels, groups)
    order = [place for place in np.argsort(-shares, kind="stable").tolist() if shares[place] > 0]
    return Ensemble(
        tuple(pool[place] for place in order),
        tuple(float(shares[place]) for place in order),
        middle,
        reached,
        ends,
    )


def _films_of(pool: Sequence[PoolMember], films: Films, task: Task) -> tuple[Floats, Floats, Groups]:
    """What is chosen by: of the films that all have answered the (p, n) numbers or logits, labels and patients."""
    labels = films.targets(task).astype(np.float64)
    given = np.array([member.predictions for member in pool])
    known = np.isfinite(labels) & np.isfinite(given).all(axis=0)
    return (logit(given) if task.kind == "binary" else given)[:, known], labels[known], films.groups[known]


def _cross_fitted(
    values: NDArray[np.float64],
    labels: NDArray[np.float64],
    groups: NDArray[np.str_],
    task: Task,
    middles: Sequence[Middle],
    choose: Choose,
) -> tuple[Middle, float, Interval]:
    """How members are put together best, and the score of choosing both with its interval. A part of the patients is
    answered as the others have chosen, shares and middle. The first of `middles` and NaN for fewer patients than
    PARTS."""
    number = np.unique(groups, return_inverse=True)[1]
    patients = int(number.max()) + 1
    if patients < PARTS:
        return middles[0], float("nan"), Interval(np.nan, np.nan)
    part = np.random.default_rng(0).permutation(patients)[number] % PARTS
    answered = {middle: np.empty(len(labels)) for middle in middles}
    for one in range(PARTS):
        own = part == one
        shares = choose(values[:, ~own], labels[~own], groups[~own])
        few = values[:, own]
        for middle in middles:
            together = np.median(few[shares > 0], axis=0) if middle == "median" else shares @ few
            answered[middle][own] = probability(together) if task.kind == "binary" else together

    def reached(answers: Floats, rows: NDArray[np.bool_]) -> float:
        return float(score(task, labels[rows], answers[rows])[task.objective])

    def best(rows: NDArray[np.bool_]) -> Middle:
        if len(middles) == 1:
            return middles[0]
        return min(middles, key=lambda middle: task.loss(reached(answered[middle], rows)))

    everyone = np.ones(len(labels), bool)
    final = np.empty(len(labels))
    for one in range(PARTS):
        own = part == one
        final[own] = answered[best(~own)][own]
    return best(everyone), reached(final, everyone), score_interval(task, labels, final, groups)


def _losses(task: Task, values: Floats, labels: Floats) -> Floats:
    """(p,) of (p, n) logits or numbers: the log loss, which says more of few films than how many are right, or the
    mean absolute error."""
    if task.kind == "binary":
        return np.asarray(np.mean(np.logaddexp(0, values) - labels * values, axis=1))
    return np.asarray(np.mean(np.abs(values - labels), axis=1))


def _loss_of(task: Task, labels: NDArray[np.floating], predictions: Floats) -> float:
    known = np.isfinite(labels) & np.isfinite(predictions)
    values = logit(predictions[known]) if task.kind == "binary" else predictions[known]
    return float(_losses(task, values[None], labels[known].astype(np.float64))[0])


def _over_repeats(predictions: NDArray[np.float32]) -> NDArray[np.float64]:
    """(R, N) -> (N,)."""
    known = np.isfinite(predictions)
    total = np.where(known, predictions, 0).sum(axis=0, dtype=np.float64)
    return np.where(known.any(axis=0), total / np.maximum(1, known.sum(axis=0)), np.nan)
