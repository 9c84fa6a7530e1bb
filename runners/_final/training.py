"""Trains finalists with further seeds, fold by fold. The driver's side: it loads no backend.

    outcome = hold_final(store, finalists(store, 3), workers, stop, print, deadline, fold_seconds, fold_cost)

Disk first: a fold's predictions and its line are written before the next fold begins, so a kill costs the folds that
were running, and the same call goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from runners._final.finalists import missing
from runners._final.schedule import FinalSchedule
from runners._outcome import Outcome
from runners._workers.crew import Crew
from runners._workers.lines import LinesView
from runners._workers.protocol import Workers
from runners._workers.stop import Stop
from trials.records import TrialResult
from trials.store import RunStore


def hold_final(
    store: RunStore,
    trials: Sequence[TrialResult],
    workers: Workers,
    stop: Stop,
    say: Callable[[str], None],
    deadline: float = float("inf"),
    fold_seconds: float = float("inf"),
    fold_cost: float = 0.0,
) -> Outcome:
    """Until nothing is missing, or the user or the clock ends it; the caller has locked the folder. deadline: of
    time.monotonic(), after which no fold is begun; fold_seconds: after which one is given up; fold_cost: seconds that
    one may take. Raises UserError when no worker can start."""

    def ending() -> Outcome | None:
        if stop.asked:
            return Outcome("stopped", "stopped")
        return Outcome("paused", "the time is up") if time.monotonic() >= deadline else None

    view = LinesView(say, fold_cost, lambda: crew.spent)
    schedule = FinalSchedule(store, missing(store, trials), lambda: ending() is not None, view.note)
    crew = Crew(workers, schedule, view, stop, deadline, fold_seconds)
    crew.run()
    return (ending() if missing(store, trials) else None) or Outcome("finished", "")
