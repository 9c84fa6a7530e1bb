"""Which trials are begun before the time is up: those that end in it.

    pace = Pace(Worked(workload), results, deadline)
    pace.steps(candidate, cost.fold_seconds)       # timed before it is trained: all that is known of this machine
    need = pace.need(Lacking(candidate, 5), opened=[Lacking(other, 3, (12.2, 11.8))], workers=2)
    need.met, need.words                           # True, "may take 4 min, and 15 min are left"
    pace.leave(candidate.trial, need)
    pace.left, pace.over, pace.words               # what is left for the next call, and why the search ends

A trial's work is known before it is trained (search_spaces/_work.py); how fast this machine is, the trials so far
tell, and before the first has ended its folds, or its steps, which are timed before any is trained. Networks differ
in it, so what is reckoned with is more than most of them take (`upper.py`); of a trial that has a fold, its own
folds. That the race may stop a trial is not reckoned with: one that ends in time only if it is stopped is not begun.
Time is kept for the final, which would never be held otherwise, as the search takes all it gets: for that which would
be held if the search ended now, and none where nobody is tied, or the time is over in which it could. The clock
decides which trials are begun in this call, and never what they are: one that would not end stays open, as one does
that was interrupted, and the next call begins with it. Others are asked for until one fits, and every proposal that
is left doubles those of which the searcher's next one is the cheapest (`bargain.py`), so that few are left where
little time is, and a search ends when next to nothing would fit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field

from runners._final.plan import FinalPlan, in_time
from runners._race.worked import Worked
from runners._search.candidate import Candidate
from runners._search.need import Lacking, Need, left_words
from runners._search.proposals import SEARCHED
from runners._search.upper import upper
from runners._words import duration
from search_spaces._work import COMPILING, Work
from trials.records import FoldScore, Trial, TrialResult

LATELY = 20  # trials by which the machine's pace is told: others may use it, too
TRIES = 6  # proposals in a row that are left before a search ends: of the last ones each was the cheapest of many
MOST = 24  # that are left at all, where a searcher cannot be asked for a cheaper one

# Of what a final takes so much is kept for it, so that it is held where the last trials took a little longer than was
# reckoned.
SPARE = 1.1


@dataclass
class Pace:
    """results: the search's, which grow while this looks at them; deadline: of time.monotonic(), of the search and
    its final together; finals: those that may be held if the search ended now, the best first; final_seconds: at most
    so many are kept for one; left: trials that were not begun; row: how many of the searcher's were left since one
    was begun; needed: seconds that the shortest of all would have taken; kept: seconds that were last kept for the
    final; early: by what is known before a trial has ended, None while nothing was timed."""

    worked: Worked
    results: Sequence[TrialResult]
    deadline: float
    finals: Callable[[], Sequence[FinalPlan]] = list
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
                takes = f"the next trial may take {duration(self.needed)}"
            case several:
                takes = f"the next {several} trials may take {duration(self.needed)} or more each"
        return f"{takes}, and {left_words(self.deadline - self.kept - time.monotonic(), self.kept)}"

    @property
    def factor(self) -> float | None:
        """Seconds of a worker here for one on the reference machine, as many as most of the last trials took at most:
        one may have waited for features. None while nothing was timed."""
        paces = [
            result.seconds / (COMPILING + self.worked.of(result))
            for result in self.results
            if result.seconds and result.work
        ] or [pace for pace in (self.early,) if pace]
        return upper(paces[-LATELY:]) if paces else None

    def steps(self, candidate: Candidate, fold_seconds: float) -> None:
        """By its steps a fold of it takes so many seconds."""
        self.early = fold_seconds / self._work(candidate).fold

    def folds(self, candidate: Candidate, folds: Collection[FoldScore]) -> None:
        """These of it are trained, one at least."""
        epochs, seconds = sum(fold.epochs for fold in folds), sum(fold.seconds for fold in folds)
        self.early = seconds / (COMPILING + self._work(candidate).fold * epochs / candidate.trial.max_epochs)

    def need(self, own: Lacking, opened: Sequence[Lacking], workers: int) -> Need:
        """Of a trial, beside what is open. It is met while nothing is known."""
        factor = self.factor if self.deadline < math.inf else None
        if factor is None:
            return Need(0.0, math.inf, 0.0)
        together = sum(self._seconds(one, one.folds, factor) for one in (own, *opened)) / workers
        alone = self._seconds(own, math.ceil(own.folds / workers), factor)
        return Need(max(together, alone), *self._rest(workers))

    def full(self, opened: Sequence[Lacking], workers: int) -> bool:
        """Whether what is open takes all the time, so that no trial would end beside it, be it as small as may be:
        none is asked for, to be left, as long as that is so."""
        factor = self.factor if self.deadline < math.inf else None
        if factor is None:
            return False
        open_seconds = sum(self._seconds(one, one.folds, factor) for one in opened)
        smallest = factor * COMPILING
        return not Need(max((smallest + open_seconds) / workers, smallest), *self._rest(workers)).met

    def begin(self) -> None:
        """One is begun."""
        self.row = 0

    def leave(self, trial: Trial, need: Need, fresh: bool = True) -> None:
        """The trial is not begun. fresh: whether it was asked for in this call."""
        self.left.append(trial)
        self.row += fresh and trial.origin in SEARCHED
        self.needed = min(self.needed, need.seconds)

    def _seconds(self, lacking: Lacking, folds: int, factor: float) -> float:
        """Of one worker, for so many folds of those that it lacks. By the longest of its own: the first has taken the
        time that its network was traced in, too."""
        if lacking.seconds:
            return folds * max(lacking.seconds)
        return factor * self._work(lacking.candidate).trial(folds)

    def _rest(self, workers: int) -> tuple[float, float]:
        """Seconds that are left for trials, and those that are kept for a final. What is kept for one that is then
        not held is lost: so none are where it would take too much, or more than there is left of all."""
        left = self.deadline - time.monotonic()
        plan = in_time(self.finals(), min(left, self.final_seconds / SPARE), workers)
        self.kept = SPARE * plan.seconds / workers if plan else 0.0
        return left - self.kept, self.kept

    def _work(self, candidate: Candidate) -> Work:
        workload = self.worked.workload
        work = workload.of(candidate.recipe)
        return Work(work.compiling, work.fold * candidate.trial.max_epochs / workload.epochs)
