"""Who is in the final of a search, with which seeds, and what of that is still to be trained.

who = finalists(store, most=3)                     # [trial 7, trial 3]: the best by one seed first
work = missing(store, who)                         # [SeedProgress("trial 7, seed 2 of 3", …), …]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from runners._seeds import derive
from search_spaces import load_space
from trials.experiment import Experiment
from trials.records import CHANCE, Trial, TrialResult, ranked
from trials.seeds import SeedPart, seed_parts
from trials.selection import candidates, choose
from trials.store import RunStore
from xrays.tasks import task_named

FURTHER = 2  # seeds of a finalist beside its own


@dataclass
class SeedProgress:
    """A finalist with one of its further seeds. trial: what its worker is sent; place: of the seed, 2 for the first
    further one; folds: still to be trained; scores: objective of those that are; batch_size: of its recipe; halved:
    whether there was no memory for a whole batch."""

    trial: Trial
    seed: int
    place: int
    folds: list[int]
    batch_size: int
    scores: dict[int, float] = field(default_factory=dict)
    halved: bool = False

    @property
    def name(self) -> str:
        """For the user."""
        return f"trial {self.trial.number}, seed {self.place} of {1 + FURTHER}"


def further_seeds(experiment: Experiment, count: int = FURTHER) -> list[int]:
    """Seeds of training beside the experiment's own, always the same ones. What a network draws from its seed hangs
    on the trial's number as well, so no two trials have one stream."""
    return [derive(experiment.seed, "repeat", n) for n in range(count)]


def finalists(store: RunStore, most: int) -> list[TrialResult]:
    """The best complete trial by the seed of the search and those tied with it (`trials/ties.py`), best first, `most`
    at most. Where ties cannot be told, since the objective is no mean over films or predictions are gone, the best
    ones; nobody where the best is alone."""
    task = task_named(store.experiment.task)
    results = [result for _, result in ranked(store.trials(), task)]
    predicted = [store.out_of_fold(result.number) for result in results]
    known = [values for values in predicted if values is not None]
    rows = candidates(task, store.films(), known) if len(known) == len(predicted) else None
    tied = results
    if rows is not None and rows.have.all():
        even = choose(rows, best=0).tied
        tied = [result for place, result in enumerate(results) if place == 0 or even[place]]
    return tied[:most] if len(tied) > 1 else []


def missing(store: RunStore, trials: Sequence[TrialResult]) -> list[SeedProgress]:
    """What is still to be trained of these finalists, one after the other: of a trial all seeds are trained in the
    same graphs. What came to nothing by the configuration's own fault does so again."""
    task, parts = task_named(store.experiment.task), seed_parts(store.path)
    space, work = load_space(store.experiment.space), []
    for result in trials:
        for place, seed in enumerate(further_seeds(store.experiment), 2):
            own = [part for part in parts if (part.trial, part.seed) == (result.number, seed)]
            scores = {part.fold: part.score.metrics[task.objective] for part in own if part.score is not None}
            folds = [fold for fold in store.experiment.every_fold if fold not in scores]
            if folds and not any(part.score is None and part.failure not in CHANCE for part in own):
                batch_size = int(space.recipe(result.params).fit.batch_size)
                begun = SeedProgress(result, seed, place, folds, batch_size, scores)
                halved = any(part.halved for part in own)
                work.append(replace(in_half_batches(begun, folds), scores=scores) if halved else begun)
    return work


def in_half_batches(work: SeedProgress, folds: list[int]) -> SeedProgress:
    """The seed with these folds to train in two half batches a step."""
    return replace(work, trial=replace(work.trial, accumulation=2), folds=folds, scores={}, halved=True)


def part_of(work: SeedProgress, fold: int) -> SeedPart:
    """A fold of it on record, nothing being known of it yet."""
    return SeedPart(trial=work.trial.number, seed=work.seed, fold=fold, score=None, halved=work.halved)
