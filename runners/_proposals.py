"""What is trained next: what was interrupted, what the user wants to have tried, what the searcher proposes.

    proposals = Proposals(store, space, task, searcher)
    trial = proposals.next(results, running=[…], number=7, last=False)     # Trial, or why there is none

Of repeated configurations it only knows how many came in a row; the loop compares.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from runners._searcher import Ask, Done, Searcher, Wait
from search_spaces._hyperparameters import Fixed
from search_spaces._space import Space, canonical
from trials.records import Prior, Trial, TrialResult
from trials.store import RunStore
from xrays.tasks import Task, task_named

REPEATS = 20  # repeated configurations in a row after which a space counts as used up
CROWNED = "winner of the smaller budgets"


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


class Proposals:
    """The searcher with what comes before and after it."""

    def __init__(self, store: RunStore, space: Space, searcher: Searcher) -> None:
        self._experiment, self._task = store.experiment, task_named(store.experiment.task)
        self._space, self._searcher = space, searcher
        self._priors = [Prior(space.first, "first", space.label), *store.priors()]

    def next(self, results: Sequence[TrialResult], running: Sequence[Trial], last: bool) -> Trial | Wait | Done:
        """A trial that nobody has seen yet. running: whatever is open; last: no other will follow it."""
        everything: list[Trial] = [*results, *running]
        number = 1 + max((trial.number for trial in everything), default=-1)
        full = self._experiment.epochs
        if (used := sum(trial.origin not in ("", CROWNED) for trial in everything)) < len(self._priors):
            prior = self._priors[used]
            return self._trial(number, Ask(prior.params), len(results), prior.label, prior.origin)
        # A search on smaller budgets may end before any of its configurations got the whole one.
        if last and not any(trial.planned == full for trial in everything if trial.origin == "") and results:
            if running:
                return Wait()
            if best := _best_partial(self._task, results, full):
                return self._trial(number, Ask(best.params), len(results), "", CROWNED)
        if _repeats(results) >= REPEATS:
            return Done(f"the last {REPEATS} proposals had all been tried before: nothing new is left")
        asked = self._searcher.ask(number)
        return self._trial(number, asked, len(results)) if isinstance(asked, Ask) else asked

    def _trial(self, number: int, ask: Ask, told: int, label: str = "", origin: str = "") -> Trial:
        recipe = canonical(self._space.sample(Fixed(ask.params)), self._task)
        return Trial(
            number=number,
            params=ask.params,
            recipe=recipe,
            planned=ask.epochs or self._experiment.epochs,
            told=told,
            started=now(),
            label=label,
            origin=origin,
            attributes=ask.attributes,
        )


def _repeats(results: Sequence[TrialResult]) -> int:
    """Repeated configurations at the end of what was recorded."""
    count = 0
    for result in reversed(results):
        if result.state != "duplicate":
            break
        count += 1
    return count


def _best_partial(task: Task, results: Sequence[TrialResult], full: int) -> TrialResult | None:
    """The best on the largest of the smaller budgets."""
    scored = [result for result in results if result.planned < full and result.state == "pruned" and result.folds]
    most = max((result.planned for result in scored), default=0)
    ends = [result for result in scored if result.planned == most]
    return min(ends, key=lambda result: task.loss(result.folds[0].metrics[task.objective]), default=None)
