"""Which finals a search may end with, and what each of them takes.

    plans = final_plans(store, finalists(store, 3))   # the one that tells most first, [] where nobody is in a final
    plans[0].trials, plans[0].seeds, plans[0].seconds
    in_time(plans, seconds=300.0, workers=2)          # the first that ends in it, None where none does

Where there is no time for all finalists with all further seeds there are fewer finalists, and where two with two
further seeds are too many, one seed. That is the order of what they gain; what they gain is more than a search would
that went on in their time (`benchmarks/finalists.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from runners._final.finalists import FURTHER, finalists, missing
from runners._workers.parts import STARTING
from trials.records import TrialResult
from trials.store import RunStore


@dataclass(frozen=True)
class FinalPlan:
    """trials: that are in it, the best by one seed first; seeds: of each beside its own; seconds: of one worker that
    is as fast as those of the search were, for what of it is not on record."""

    trials: Sequence[TrialResult]
    seeds: int
    seconds: float


def final_plans(store: RunStore, who: Sequence[TrialResult]) -> list[FinalPlan]:
    """Of these finalists, the whole final first, none of fewer than two."""
    return [
        FinalPlan(who[:count], seeds, _seconds(store, who[:count], seeds))
        for seeds in range(FURTHER, 0, -1)
        for count in range(len(who), 1, -1)
    ]


def in_time(plans: Sequence[FinalPlan], seconds: float, workers: int) -> FinalPlan | None:
    """The first that so many workers end in that time. What is on record needs none."""
    return next((plan for plan in plans if plan.seconds / workers <= seconds), None)


@dataclass
class Coming:
    """The finals that a search which still runs may end with, as it stands. most: finalists, 0 for no final."""

    store: RunStore
    most: int
    _known: tuple[int, list[FinalPlan]] = field(default=(0, []), init=False)

    def plans(self) -> list[FinalPlan]:
        """See `final_plans`. Found anew when another trial is complete: nothing else changes who is tied."""
        complete = sum(result.state == "complete" for result in self.store.trials()) if self.most else 0
        if complete != self._known[0]:
            self._known = complete, final_plans(self.store, finalists(self.store, self.most))
        return self._known[1]


def _seconds(store: RunStore, who: Sequence[TrialResult], seeds: int) -> float:
    took = {(result.number, fold.fold): fold.seconds for result in who for fold in result.folds}
    lacking = missing(store, who, seeds)
    folds = sum(took[whole.trial.number, fold] for whole in lacking for fold in whole.folds)
    return STARTING * len({whole.trial.number for whole in lacking}) + folds
