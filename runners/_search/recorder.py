"""What has come of a search's trials: written to disk, then kept in memory, then told to the searcher and the user.

recorder.record(trial, "infeasible", error="1,200,000 parameters; …")
recorder.results, recorder.firsts
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from runners._samplers.estimates import estimate
from runners._search.alarm import probe_alarm
from runners._search.proposals import WINNER, now
from runners._search.view import View
from runners._searcher import Searcher
from trials.records import Failure, FoldScore, State, Trial, TrialResult
from trials.store import RunStore
from xrays.tasks import Task


@dataclass
class Recorder:
    """results: in the order in which they ended; firsts: by identity the first trial that had it, or the one that
    was trained to its end; constant: scores of the constant predictor by fold."""

    store: RunStore
    task: Task
    searcher: Searcher
    view: View
    results: list[TrialResult]
    firsts: dict[str, int]
    constant: Mapping[int, float]

    def record(
        self,
        trial: Trial,
        state: State,
        folds: Sequence[FoldScore] = (),
        error: str = "",
        failure: Failure = "",
        duplicate_of: int | None = None,
    ) -> None:
        """The trial is at its end; the arguments are fields of TrialResult."""
        result = TrialResult(
            **vars(trial),
            state=state,
            folds=tuple(sorted(folds, key=lambda score: score.fold)),
            seconds=round(sum(score.seconds for score in folds), 3),
            finished=now(),
            error=error,
            failure=failure,
            duplicate_of=duplicate_of,
        )
        result = replace(result, estimate=estimate(self.task, result, self.results))
        self.store.append(result)
        self.results.append(result)
        _note_first(self.firsts, result)
        self.searcher.tell(for_searcher(result, self.results))
        self.view.trial_ends(result, self.results)
        if alarm := probe_alarm(self.task, self.results, self.constant, self.store.experiment.weights):
            self.view.note(alarm)


def firsts_of(results: Sequence[TrialResult]) -> dict[str, int]:
    """By identity the number of the trial that a repeated configuration is recorded as a duplicate of."""
    firsts: dict[str, int] = {}
    for result in results:
        _note_first(firsts, result)
    return firsts


def for_searcher(result: TrialResult, results: Sequence[TrialResult]) -> TrialResult:
    """What a searcher hears: of a repeated configuration what came of the one that it repeats."""
    if result.duplicate_of is None:
        return result
    first = next(one for one in results if one.number == result.duplicate_of)
    return replace(
        result,
        state=first.state,
        folds=first.folds,
        error=first.error,
        failure=first.failure,
        estimate=first.estimate,
    )


def _note_first(firsts: dict[str, int], result: TrialResult) -> None:
    if result.identity not in firsts or result.origin == WINNER:
        firsts[result.identity] = result.number
