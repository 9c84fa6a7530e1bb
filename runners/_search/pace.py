"""Which trials are begun before the time is up: those that end in it.

    pace = Pace(Worked(workload), results, deadline)
    pace.steps(candidate, cost.fold_seconds)       # timed before it is trained: all that is known of this machine
    need = pace.need(candidate, folds_left=5, opened=[(candidate_of(trial, space), 3)], workers=2)
    need.met, need.words                           # True, "takes about 4 min, and 15 min are left"
    pace.leave(candidate.trial, need)
    pace.left, pace.over, pace.words               # what is left for the next call, and why the search ends

A trial's work is known before it is trained (search_spaces/_work.py); how fast this machine is, the trials so far
tell, and before the first has ended its folds, or its steps, which are timed before any is trained. That the race may
stop a trial is not reckoned with: one that ends in time only if it is stopped is not begun. Time is kept for the
final, which would never be held otherwise, as the search takes all it gets. The clock decides which trials are begun
in this call, and never what they are: one that would not end stays open, as one does that was interrupted, and the
next call begins with it. Others are asked for until one fits, and every proposal that is left doubles those of which
the searcher's next one is the cheapest (`bargain.py`), so that few are left where little time is, and a search ends
when next to nothing would fit.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from runners._final.finalists import FURTHER
from runners._race.worked import Worked
from runners._search.candidate import Candidate
from runners._search.proposals import SEARCHED
from runners._words import duration
from runners._workers.parts import STARTING
from search_spaces._work import COMPILING, Work
from trials.records import FoldScore, Trial, TrialResult

LATELY = 20  # trials by which the machine's pace is told: others may use it, too
TRIES = 6  # proposals in a row that are left before a search ends: of the last ones each was the cheapest of many
MOST = 24  # that are left at all, where a searcher cannot be asked for a cheaper one

Opened = Sequence[tuple[Candidate, int]]  # trials that are open, each with the folds that it lacks


@dataclass(frozen=True)
class Need:
    """In seconds: until a trial would end; rest: left for it; kept: for the final, beside these."""

    seconds: float
    rest: float
    kept: float

    @property
    def met(self) -> bool:
        """Whether it would end in time."""
        return self.seconds <= self.rest

    @property
    def words(self) -> str:
        """What is said of a trial that would not."""
        return f"takes about {duration(self.seconds)}, and {_left(self.rest, self.kept)}"

    @property
    def timeout(self) -> str:
        """An option with which it would end."""
        return f"--timeout {math.ceil((self.seconds + self.kept) / 60) + 1}m"


@dataclass
class Pace:
    """results: the search's, which grow while this looks at them; deadline: of time.monotonic(), of the search and
    its final together; finalists: at most so many are in the final; final_seconds: at most so many are kept for it;
    left: trials that were not begun; row: how many of the searcher's were left since one was begun; needed: seconds
    that the shortest of all would have taken; kept: seconds that were last kept for the final; early: the factor
    before a trial has ended, None while nothing was timed."""

    worked: Worked
    results: Sequence[TrialResult]
    deadline: float
    finalists: int = 0
    final_seconds: float = 0.0
    left: list[Trial] = field(default_factory=list)
    row: int = 0
    needed: float = math.inf
    kept: float = 0.0
    early: float | None = None

    @property
    def unknown(self) -> bool:
        """Whether there is a deadline, and nothing tells what a trial takes."""
        return self.deadline < math.inf and self.factor is None

    @property
    def searched(self) -> int:
        """How many of those that were left the searcher has proposed: what was given, and what a space begins with,
        has an end of its own, and says nothing about the rest of the space."""
        return sum(trial.origin in SEARCHED for trial in self.left)

    @property
    def over(self) -> bool:
        """Whether so many were left that no other is asked for."""
        return self.row >= TRIES or self.searched >= MOST

    @property
    def words(self) -> str:
        """Why the search ends."""
        match len(self.left):
            case 0:
                takes = "no trial would end any more"
            case 1:
                takes = f"the next trial takes {duration(self.needed)}"
            case several:
                takes = f"the next {several} trials take {duration(self.needed)} or more each"
        return f"{takes}, and {_left(self.deadline - self.kept - time.monotonic(), self.kept)}"

    @property
    def factor(self) -> float | None:
        """Seconds of a worker here for one on the reference machine: the median, since one trial may have waited for
        features. None while nothing was timed."""
        paces = [
            result.seconds / (COMPILING + self.worked.of(result))
            for result in self.results
            if result.epochs and result.work
        ]
        return statistics.median(paces[-LATELY:]) if paces else self.early

    def steps(self, candidate: Candidate, fold_seconds: float) -> None:
        """By its steps a fold of it takes so many seconds."""
        self.early = fold_seconds / self._work(candidate).fold

    def folds(self, candidate: Candidate, folds: Collection[FoldScore]) -> None:
        """These of it are trained, one at least."""
        epochs, seconds = sum(fold.epochs for fold in folds), sum(fold.seconds for fold in folds)
        self.early = seconds / (COMPILING + self._work(candidate).fold * epochs / candidate.trial.max_epochs)

    def need(self, candidate: Candidate, folds_left: int, opened: Opened, workers: int) -> Need:
        """Of the candidate, beside what is open. It is met while nothing is known."""
        return self._need(self._work(candidate), folds_left, opened, workers)

    def full(self, opened: Opened, workers: int) -> bool:
        """Whether what is open takes all the time, so that no trial would end beside it, be it as small as may be:
        none is asked for, to be left, as long as that is so."""
        return not self._need(Work(COMPILING, 0.0), 1, opened, workers).met

    def begin(self) -> None:
        """One is begun."""
        self.row = 0

    def leave(self, trial: Trial, need: Need, fresh: bool = True) -> None:
        """The trial is not begun. fresh: whether it was asked for in this call."""
        self.left.append(trial)
        self.row += fresh and trial.origin in SEARCHED
        self.needed = min(self.needed, need.seconds)

    def _need(self, own: Work, folds_left: int, opened: Opened, workers: int) -> Need:
        factor = self.factor if self.deadline < math.inf else None
        if factor is None:
            return Need(0.0, math.inf, 0.0)
        others = sum(self._work(other).trial(folds) for other, folds in opened)
        together = (own.trial(folds_left) + others) / workers
        alone = own.trial(math.ceil(folds_left / workers))
        self.kept = self._final(workers)
        rest = self.deadline - self.kept - time.monotonic()
        return Need(factor * max(together, alone), rest, self.kept)

    def _final(self, workers: int) -> float:
        """Seconds that further seeds of as many finalists take as there may be time for, none of fewer than two: what
        is kept for a final that is then not held is lost. Which trials these are is not known yet."""
        whole = [result.seconds for result in self.results if result.state == "complete"]
        each = FURTHER * (STARTING + statistics.median(whole)) / workers if whole else 0.0
        most = max((count for count in range(2, self.finalists + 1) if count * each <= self.final_seconds), default=0)
        return most * each

    def _work(self, candidate: Candidate) -> Work:
        workload = self.worked.workload
        work = workload.of(candidate.recipe)
        return Work(work.compiling, work.fold * candidate.trial.max_epochs / workload.epochs)


def _left(rest: float, kept: float) -> str:
    final = f" before the final, which takes about {duration(kept)}" if kept else ""
    return f"{duration(max(0.0, rest))} are left{final}"
