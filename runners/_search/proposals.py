"""What is trained next: what was interrupted, what the user wants to have tried, what the space begins with, what the
searcher proposes.

    proposals = Proposals(store, space, searcher, Worked(workload))
    proposed = proposals.next(results, running=[…], last=False)     # Candidate, or why there is none

Of several proposals of the searcher the cheapest is taken (`bargain.py`). The loop compares configurations. A
repeated one is answered by one that nobody has tried (`untried.py`), until none is left; the searcher is then asked
again, and knows more. On smaller budgets, where a searcher may promote what it knows, repeats in a row end all.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import takewhile

from runners._race.worked import Worked
from runners._search.bargain import bargain
from runners._search.budget import trial_count
from runners._search.candidate import Candidate
from runners._search.untried import Untried
from runners._searcher import Ask, Done, Searcher, Wait
from search_spaces._portfolio import tried_early
from search_spaces._space import Recipe, Space
from trials.records import Enqueued, Trial, TrialResult, identity_of
from trials.store import RunStore
from xrays.tasks import Task, task_named

REPEATS = 20  # repeated configurations on smaller budgets in a row after which a space counts as used up
WINNER = "winner of the smaller budgets"
UNTRIED = "untried"
FIRST, PORTFOLIO = EARLY = ("first", "portfolio")
SEARCHED = ("", UNTRIED)  # origins of what is proposed as the search goes on, without an end in sight
NOT_GIVEN = ("", WINNER, UNTRIED, *EARLY)  # origins of what no user has asked for


def now() -> str:
    """UTC, ISO 8601, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


class Proposals:
    """The searcher with what comes before and after it."""

    def __init__(self, store: RunStore, space: Space, searcher: Searcher, worked: Worked) -> None:
        self._experiment, self._task = store.experiment, task_named(store.experiment.task)
        self._space, self._searcher, self._worked, self._workload = space, searcher, worked, worked.workload
        self._enqueued = store.enqueued()
        self._early = [
            Enqueued(params, FIRST, space.label) if params == space.first else Enqueued(params, PORTFOLIO, PORTFOLIO)
            for params in tried_early(space, self._task, lambda recipe: self._workload.of(recipe).fold)
        ]
        self._untried = Untried(space, self._task, self._experiment.seed)

    def next(
        self, results: Sequence[TrialResult], running: Sequence[Trial], last: bool, left: int = 0
    ) -> Candidate | Wait | Done:
        """A trial that nobody has seen yet. running: whatever is open; last: no other will follow it; left: how many
        of the searcher's are open since there is no time for them."""
        everything: list[Trial] = [*results, *running]
        number = 1 + max((trial.number for trial in everything), default=-1)
        given = sum(trial.origin not in NOT_GIVEN for trial in everything)
        early = sum(trial.origin in EARLY for trial in everything)
        for one in (*self._enqueued[given:], *self._early[early:]):
            return self._candidate(number, Ask(one.params), len(results), one.label, one.origin)
        epochs = self._experiment.epochs
        used_up = _repeats(results, epochs) >= REPEATS
        if (last or used_up) and self._unfinished(everything):
            if running:
                return Wait()
            if winner := self._winner(number, results):
                return winner
        if used_up:
            return Done(f"the last {REPEATS} proposals had all been tried before: nothing new is left")
        if _repeated(results, running, epochs) > sum(trial.origin == UNTRIED for trial in everything):
            tried = {trial.identity for trial in everything}
            point = self._untried.next(lambda recipe: identity_of(recipe, epochs) in tried)
            if point is None:
                return Done("all configurations have been tried: nothing new is left")
            params, recipe = point
            return self._with_recipe(recipe, number, Ask(params), len(results), origin=UNTRIED)
        asked = self._searcher.ask(number, bargain(self._worked, results, left))
        return self._candidate(number, asked, len(results)) if isinstance(asked, Ask) else asked

    def _unfinished(self, trials: Sequence[Trial]) -> bool:
        """Whether this is a search on smaller budgets that would end before any of its configurations has got the
        whole one: where there was time for one, the race may have stopped it, or it failed."""
        proposed = [trial for trial in trials if trial.origin == ""]
        return any(trial.max_epochs < self._experiment.epochs for trial in proposed) and not any(
            isinstance(trial, TrialResult) and trial.state == "complete" for trial in proposed
        )

    def _winner(self, number: int, results: Sequence[TrialResult]) -> Candidate | None:
        """The best configuration on the largest budget that one was trained for, if it has not been trained in full
        yet; where that has come to nothing, the next best one."""
        for best in _contenders(self._task, results):
            identity = identity_of(best.recipe, self._experiment.epochs)
            states = {result.state for result in results if result.identity == identity}
            if "complete" in states:
                return None
            # Where the race has stopped it, it is trained once more: nothing of a stopped fold is kept.
            if not states & {"failed", "infeasible"}:
                return self._candidate(number, Ask(best.params), len(results), "", WINNER)
        return None

    def _candidate(self, number: int, ask: Ask, results_known: int, label: str = "", origin: str = "") -> Candidate:
        return self._with_recipe(self._space.recipe(ask.params), number, ask, results_known, label, origin)

    def _with_recipe(
        self, recipe: Recipe, number: int, ask: Ask, results_known: int, label: str = "", origin: str = ""
    ) -> Candidate:
        trial = Trial(
            number=number,
            params=ask.params,
            recipe=recipe.active(self._task),
            max_epochs=ask.epochs or self._experiment.epochs,
            results_known=results_known,
            started=now(),
            label=label,
            origin=origin,
            attributes=ask.attributes,
            work=round(self._workload.of(recipe).fold, 3),
        )
        self._worked.know(trial, recipe)
        return Candidate(trial, recipe)


@dataclass(frozen=True)
class LeftInQueue:
    """configurations: enqueued ones that are not tried; trials: so many would be needed."""

    configurations: int
    trials: int


def left_in_queue(store: RunStore, trials: int, ended: bool) -> LeftInQueue | None:
    """Enqueued configurations that do not come within so many trials, or at all where the search has ended by another
    limit; None where all are tried."""
    results, opened, enqueued = store.trials(), store.open_trials(), len(store.enqueued())
    begun = sum(trial.origin not in NOT_GIVEN for trial in (*results, *opened))
    to_come, used = enqueued - begun, trial_count(results) + len(opened)
    lacking = min(enqueued, to_come - (0 if ended else max(0, trials - used)))
    return LeftInQueue(lacking, used + to_come) if lacking > 0 else None


def _repeats(results: Sequence[TrialResult], epochs: int) -> int:
    """Repeated configurations on budgets of fewer epochs, at the end of what the searcher has proposed. It could not
    know of those that repeat a trial which was not told when it was asked."""
    proposed = (result for result in reversed(results) if result.origin == "")
    repeats = list(takewhile(lambda result: result.state == "duplicate" and result.max_epochs < epochs, proposed))
    places = {result.number: place for place, result in enumerate(results)} if repeats else {}
    return sum(
        places[result.duplicate_of] < result.results_known for result in repeats if result.duplicate_of is not None
    )


def _repeated(results: Sequence[TrialResult], running: Sequence[Trial], epochs: int) -> int:
    """Proposals of the searcher for all epochs that repeat another trial, one that is running as well."""
    repeats: list[Trial] = [result for result in results if result.state == "duplicate"]
    known: set[str] = set()
    for trial in running:
        if trial.identity in known:
            repeats.append(trial)
        known.add(trial.identity)
    return sum(trial.origin == "" and trial.max_epochs >= epochs for trial in repeats)


def _contenders(task: Task, results: Sequence[TrialResult]) -> list[TrialResult]:
    """The searcher's pruned trials whose first fold was trained to its end, those on the largest budget first, of one
    budget the best on that fold."""
    contenders = []
    for result in results:
        if result.origin == "" and result.state == "pruned":
            for fold in result.folds:
                loss = task.loss(fold.metrics[task.objective])
                if fold.fold == 0 and fold.epochs == result.max_epochs and math.isfinite(loss):
                    contenders.append((-result.max_epochs, loss, result.number, result))
    return [result for *_, result in sorted(contenders)]
