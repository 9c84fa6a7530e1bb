"""Which trials are begun before the time is up: those that end in it.

    pace = Pace(workload, results, deadline)
    pace.in_time(candidate, folds_left=5, opened=[(candidate_of(trial, space), 3)], workers=2)
    pace.left, pace.words                          # what is left for the next call, and why

A trial's work is known before it is trained (search_spaces/_work.py); how fast this machine is, the trials so far
tell. That the race may stop a trial is not reckoned with: one that ends in time only if it is stopped is not begun.
Time is kept for the final, which would never be held otherwise, as the search takes all it gets. The clock decides
which trials are begun in this call, and never what they are: one that would not end stays open, as one does that was
interrupted, and the next call begins with it.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from runners._final.finalists import FURTHER
from runners._search.candidate import Candidate
from runners._words import duration
from runners._workers.parts import STARTING
from search_spaces._work import COMPILING, Work, Workload
from trials.records import Trial, TrialResult

LATELY = 20  # trials by which the machine's pace is told: others may use it, too
TRIES = 4  # trials that are left before a search ends


@dataclass
class Pace:
    """results: the search's, which grow while this looks at them; deadline: of time.monotonic(), of the search and
    its final together; finalists: at most so many are in the final; final_seconds: at most so many are kept for it;
    left: trials that were not begun; needed: seconds that the shortest of these would have taken; kept: seconds that
    were kept for the final then."""

    workload: Workload
    results: Sequence[TrialResult]
    deadline: float
    finalists: int = 0
    final_seconds: float = 0.0
    left: list[Trial] = field(default_factory=list)
    needed: float = math.inf
    kept: float = 0.0

    @property
    def over(self) -> bool:
        """Whether so many were left that no other is asked for."""
        return len(self.left) >= TRIES

    @property
    def words(self) -> str:
        """Why the search ends."""
        rest = max(0.0, self.deadline - self.kept - time.monotonic())
        final = f" before the final, which takes about {duration(self.kept)}" if self.kept else ""
        return f"the next trials take {duration(self.needed)} or more, and {duration(rest)} are left{final}"

    @property
    def factor(self) -> float | None:
        """Seconds of a worker here for one on the reference machine: the median, since one trial may have waited for
        features. None while nothing was trained."""
        paces = [
            result.seconds / (COMPILING + result.work * result.epochs / self.workload.epochs)
            for result in self.results
            if result.epochs and result.work
        ]
        return statistics.median(paces[-LATELY:]) if paces else None

    def in_time(
        self, candidate: Candidate, folds_left: int, opened: Sequence[tuple[Candidate, int]], workers: int
    ) -> bool:
        """Whether the candidate would end before the deadline, beside the trials that are open, each with the folds
        that it lacks; it is left where not. True while nothing is known, and for one that is on a smaller budget: it
        is short, and searchers wait for it."""
        factor = self.factor if self.deadline < math.inf else None
        if factor is None or candidate.trial.max_epochs < self.workload.epochs:
            return True
        own, others = self._work(candidate), [(self._work(other), folds) for other, folds in opened]
        together = sum(work.trial(folds) for work, folds in [(own, folds_left), *others]) / workers
        alone = own.trial(math.ceil(folds_left / workers))
        needed = factor * max(together, alone)
        final = self._final(workers)
        if needed <= self.deadline - final - time.monotonic():
            return True
        self.left.append(candidate.trial)
        self.needed, self.kept = min(self.needed, needed), final
        return False

    def _final(self, workers: int) -> float:
        """Seconds that further seeds of as many finalists take as there may be time for, none of fewer than two: what
        is kept for a final that is then not held is lost. Which trials these are is not known yet."""
        whole = [result.seconds for result in self.results if result.state == "complete"]
        each = FURTHER * (STARTING + statistics.median(whole)) / workers if whole else 0.0
        most = max((count for count in range(2, self.finalists + 1) if count * each <= self.final_seconds), default=0)
        return most * each

    def _work(self, candidate: Candidate) -> Work:
        work = self.workload.of(candidate.recipe)
        return Work(work.compiling, work.fold * candidate.trial.max_epochs / self.workload.epochs)
