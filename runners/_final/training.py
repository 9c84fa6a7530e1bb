"""Trains finalists with further seeds, fold by fold. The driver's side: it loads no backend.

    outcome = hold_final(store, plan, workers, stop, print, deadline, fold_seconds, fold_cost)       # FinalPlan

Disk first: a fold's predictions and its line are written before the next fold begins, so a kill costs the folds that
were running, and the same call goes on.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

from runners._final.finalists import missing
from runners._final.plan import FinalPlan
from runners._outcome import Outcome
from runners._words import score_words
from runners._workers.crew import Crew
from runners._workers.lines import LinesView
from runners._workers.messages import FoldDone
from runners._workers.parts import PartSchedule, Whole, ending
from runners._workers.protocol import Workers
from runners._workers.stop import Stop
from trials.seeds import seed_parts
from trials.store import RunStore
from trials.timesheet import Timesheet
from xrays.tasks import task_named


def hold_final(
    store: RunStore,
    plan: FinalPlan,
    workers: Workers,
    stop: Stop,
    say: Callable[[str], None],
    deadline: float = float("inf"),
    fold_seconds: float = float("inf"),
    fold_cost: float = 0.0,
    *,
    networks: bool = False,
) -> Outcome:
    """Until nothing is missing, or the user or the clock ends it; the caller has locked the folder. deadline: of
    time.monotonic(), after which no fold is begun; fold_seconds: after which one is given up; fold_cost: seconds that
    one may take; networks: whether those of the folds are kept. Raises UserError when no worker can start."""

    def told(work: Whole, reply: FoldDone) -> str:
        """Once the seed has all its folds."""
        if work.folds:
            return ""
        task, parts = task_named(store.experiment.task), seed_parts(store.path)
        scores = [part.score for part in parts if part.whole == work.part.whole and part.score is not None]
        mean = statistics.fmean(score.metrics[task.objective] for score in scores)
        return f"{work.name}: {score_words(task, mean)}"

    view = LinesView(say, fold_cost, lambda: crew.spent)
    schedule = PartSchedule(
        store,
        store.experiment.every_fold,
        missing(store, plan.trials, plan.seeds),
        lambda: ending(stop, deadline) is not None,
        view.note,
        told,
        networks=networks,
    )
    sheet = Timesheet(store.path, "final", len(workers.slots), time.monotonic())
    crew = Crew(workers, schedule, view, stop, sheet, deadline, fold_seconds)
    crew.run()
    return (ending(stop, deadline) if missing(store, plan.trials, plan.seeds) else None) or Outcome("finished", "")
