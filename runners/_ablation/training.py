"""Trains the arms of an ablation, fold by fold. The driver's side: it loads no backend.

    outcome = Training(store, pairs, repeats=1, open_workers=…, stop=stop, say=print, deadline=…).run()

Disk first: a fold's predictions and its line are written before the next fold begins, so a kill costs the folds that
were running, and the same call goes on. While there are arms for all workers, an arm stays with one, which compiles
its network once. The first two arms are the pair that matters most: with two workers they go side by side, so that
what a broken ablation leaves is still a comparison.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from runners._ablation.arms import Pair
from runners._ablation.progress import missing
from runners._ablation.repeats import repeat_of
from runners._outcome import Outcome
from runners._words import score_words
from runners._workers.crew import Crew
from runners._workers.lines import LinesView
from runners._workers.messages import FoldDone
from runners._workers.parts import PartSchedule, Whole, ending
from runners._workers.protocol import Workers
from runners._workers.stop import Stop
from trials.experiment import Experiment
from trials.store import RunStore
from trials.timesheet import Timesheet
from xrays.tasks import task_named

OpenWorkers = Callable[[Experiment, NDArray[np.int8], int], AbstractContextManager[Workers]]


@dataclass(frozen=True)
class Training:
    """One call of an ablation. The caller has locked the folder and written down the arms.

    batch_size: of all arms; open_workers(experiment, assignment, folds): workers for a repeat with so many folds to
    train; fold_seconds: after which a fold is given up; fold_cost: seconds that one may take; deadline: of
    time.monotonic(), after which none is begun.
    """

    store: RunStore
    pairs: Sequence[Pair]
    batch_size: int
    repeats: int
    open_workers: OpenWorkers
    stop: Stop
    say: Callable[[str], None]
    deadline: float = float("inf")
    fold_seconds: float = float("inf")
    fold_cost: float = 0.0

    def run(self) -> Outcome:
        """Until nothing is missing, or the user or the clock ends it. Raises UserError when no worker can start."""
        for repeat in range(self.repeats):
            if waiting := missing(self.store, self.pairs, self.batch_size, repeat, self.repeats):
                if not self._ending():
                    self._train(repeat, waiting)
                if ended := self._ending():
                    return ended
        return Outcome("finished", "")

    def _train(self, repeat: int, waiting: list[Whole]) -> None:
        stress = self.store.provenance.splits.stress
        experiment, assignment = repeat_of(self.store.experiment, self.store.films(), repeat, stress)
        task = task_named(experiment.task)

        def told(arm: Whole, reply: FoldDone) -> str:
            return f"{arm.name}, fold {reply.score.fold}: {score_words(task, reply.score.metrics[task.objective])}"

        view = LinesView(self.say, self.fold_cost, lambda: crew.spent)
        with self.open_workers(experiment, assignment, sum(len(arm.folds) for arm in waiting)) as workers:
            schedule = PartSchedule(
                self.store,
                range(experiment.folds),
                waiting,
                lambda: self._ending() is not None,
                view.note,
                told,
                of="ablation, ",
            )
            sheet = Timesheet(self.store.path, "ablation", len(workers.slots), time.monotonic())
            crew = Crew(workers, schedule, view, self.stop, sheet, self.deadline, self.fold_seconds)
            crew.run()

    def _ending(self) -> Outcome | None:
        return ending(self.stop, self.deadline)
