"""Who is in the final of a search, with which seeds, and what of that is still to be trained.

who = finalists(store, most=3)                     # [trial 7, trial 3]: the best by one seed first
work = missing(store, who)                         # [Whole("trial 7, seed 2 of 3", …), …]
"""

from __future__ import annotations

from collections.abc import Sequence

from runners._seeds import derive
from runners._workers.parts import Whole, lacking
from search_spaces import load_space
from trials.experiment import Experiment
from trials.records import TrialResult, ranked
from trials.seeds import SeedPart, seed_parts
from trials.selection import candidates, choose
from trials.store import RunStore
from xrays.tasks import task_named

FURTHER = 2  # seeds of a finalist beside its own


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


def missing(store: RunStore, trials: Sequence[TrialResult], seeds: int = FURTHER) -> list[Whole]:
    """What is still to be trained of these finalists with so many further seeds, one after the other: of a trial all
    seeds are trained in the same graphs."""
    space, parts, every_fold = load_space(store.experiment.space), seed_parts(store.path), store.experiment.every_fold
    found = []
    for result in trials:
        batch_size = int(space.recipe(result.params).fit.batch_size)
        for place, seed in enumerate(further_seeds(store.experiment, seeds), 2):
            name = f"trial {result.number}, seed {place} of {1 + seeds}"
            part = SeedPart(trial=result.number, seed=seed, fold=0, score=None)
            found.append(lacking(Whole(name, result, part, list(every_fold), batch_size, seed), parts))
    return [whole for whole in found if whole]
