"""What is the best of a search, once its final has been held: the one place that decides it.

    standings([store])[0].result          # the trial to export, to explain, to go on from
    leading(store)                        # the same, None where none is complete

The best of many trials is partly the luckiest, and one part of its luck is the seed that it was trained with. So
those that cannot be told from it are trained with further seeds on the same folds (`trials/seeds.py`), and the mean
over their seeds decides between them. The score of all other trials is of one seed, by which they have lost: it may
be better than a finalist's mean and says nothing against it. So finalists come first.

A final decides nothing before it is over, nor about what was found after it: where the best by one seed has not been
in a final, its search has not ended with one. A finalist that some seed has made nothing of has no mean, and stands
behind those that have one.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from trials.records import FoldScore, TrialResult, ranked
from trials.seeds import finals_of, seed_parts, whole_seeds
from trials.store import RunStore
from xrays.tasks import Task, task_named

Folds = tuple[FoldScore, ...]


@dataclass(frozen=True)
class Standing:
    """A complete trial of a run. score: what it is ranked by; own: its score with the seed of the search. seeds: the
    folds of every seed, its own first, of a finalist that the score is a mean over; empty for all others."""

    store: RunStore
    result: TrialResult
    score: float
    own: float
    seeds: Mapping[int, Folds]

    @property
    def by_seed(self) -> dict[int, float]:
        """The mean over folds with each of the seeds."""
        task = task_named(self.store.experiment.task)
        return {seed: _mean(task, folds) for seed, folds in self.seeds.items()}

    @property
    def folds(self) -> Folds:
        """The trial's own, with metrics that are means over the seeds where there are several."""
        if not self.seeds:
            return self.result.folds
        return tuple(
            replace(
                own,
                metrics={name: statistics.fmean(fold.metrics[name] for fold in alike) for name in own.metrics},
            )
            for own, alike in zip(self.result.folds, zip(*self.seeds.values(), strict=True), strict=True)
        )


def leading(store: RunStore) -> Standing | None:
    """The best of a run; None where no trial is complete."""
    return next(iter(standings([store])), None)


def under_way(store: RunStore) -> tuple[int, int] | None:
    """Folds of the latest final that are trained, and how many it has; None where it is over, or there is none."""
    finals = finals_of(store.path)
    if not finals or _final(store):
        return None
    last = finals[-1]
    trained = sum(
        part.trial in last.trials and part.seed in last.seeds and part.score is not None
        for part in seed_parts(store.path)
    )
    return trained, len(last.trials) * len(last.seeds) * len(store.experiment.every_fold)


def standings(stores: Sequence[RunStore]) -> list[Standing]:
    """The complete trials of runs on one plan, the best first; of equal ones that of the first run, the earlier."""
    if not stores:
        return []
    task = task_named(stores[0].experiment.task)
    alone = [
        Standing(store, result, score, score, {})
        for store in stores
        for score, result in ranked(store.trials(), task)
    ]
    finals = {id(store): _final(store) for store in stores}
    # What another run has trained, too, was in the final of this one.
    alone.sort(key=lambda one: (task.loss(one.score), one.result.number not in finals[id(one.store)]))
    if not alone or alone[0].result.number not in finals[id(alone[0].store)]:
        return alone
    averaged = [_over_seeds(task, one, finals[id(one.store)].get(one.result.number, {})) for one in alone]
    # Sorting keeps the order of those that are alike.
    return sorted(averaged, key=lambda one: (0, task.loss(one.score)) if one.seeds else (1, 0.0))


def _final(store: RunStore) -> Mapping[int, Mapping[int, Folds]]:
    """Trial -> seed -> folds of all that were in a final of the run; no seeds for one that lacks some of them, and
    nobody before the latest final is over."""
    finals = finals_of(store.path)
    if not finals:
        return {}
    whole, last = whole_seeds(store), finals[-1]
    failed = {(part.trial, part.seed) for part in seed_parts(store.path) if part.score is None}
    if any(seed not in whole.get(n, {}) and (n, seed) not in failed for n in last.trials for seed in last.seeds):
        return {}
    own = store.experiment.seed
    results = {result.number: result for result in store.trials()}
    found: dict[int, Mapping[int, Folds]] = {}
    for number in dict.fromkeys(number for final in finals for number in final.trials):
        others = {seed: whole[number][seed] for seed in last.seeds if seed in whole.get(number, {})}
        every = len(others) == len(last.seeds)
        found[number] = {own: results[number].folds, **others} if every and number in results else {}
    return found


def _over_seeds(task: Task, one: Standing, seeds: Mapping[int, Folds]) -> Standing:
    score = statistics.fmean(_mean(task, folds) for folds in seeds.values()) if seeds else math.nan
    return replace(one, score=score, seeds=seeds) if math.isfinite(score) else one


def _mean(task: Task, folds: Folds) -> float:
    return statistics.fmean(fold.metrics[task.objective] for fold in folds)
