"""A final as its crew sees it: which finalist, seed and fold is next, and what a result means.

schedule = FinalSchedule(store, missing(store, who), stopped=lambda: False, note=view.note)
Crew(workers, schedule, view, stop).run()
"""

from __future__ import annotations

import statistics
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from runners._final.finalists import SeedProgress, in_half_batches, part_of
from runners._words import score_words
from runners._workers.messages import Epoch, FoldDone, Job, Raised, Train
from runners._workers.protocol import Died, full_reason
from trials.parts import save_part
from trials.records import Failure
from trials.store import RunStore
from xrays.tasks import task_named


@dataclass
class FinalSchedule:
    """waiting: what no worker has had yet; stopped: whether the user or the clock has ended the final; note: shows a
    line."""

    store: RunStore
    waiting: list[SeedProgress]
    stopped: Callable[[], bool]
    note: Callable[[str], None]

    def next_work(self, opened: Sequence[SeedProgress]) -> SeedProgress | None:
        """The next finalist and seed."""
        return self.waiting.pop(0) if self.waiting and not self.stopped() else None

    def ended(self, work: SeedProgress) -> bool:
        """When all its folds are trained, or one could not be."""
        return not work.folds

    def next_job(self, work: SeedProgress, busy: Collection[int]) -> Job | None:
        """Its next fold."""
        return next((Train(work.trial, fold, seed=work.seed) for fold in work.folds if fold not in busy), None)

    def sent(self, work: SeedProgress, job: Job) -> None:
        """Nothing is noted: what is trained is known before, and what comes of it afterwards."""

    def go(self, work: SeedProgress, fold: int, epoch: Epoch) -> bool:
        """Nobody is stopped: a mean over seeds needs all folds of each."""
        return True

    def fold_done(self, work: SeedProgress, reply: FoldDone) -> None:
        """Writes score and predictions to the run folder; a line once the seed has all its folds."""
        fold, task = reply.score.fold, task_named(self.store.experiment.task)
        save_part(self.store.path, replace(part_of(work, fold), score=reply.score), reply.predictions)
        work.scores[fold] = reply.score.metrics[task.objective]
        work.folds.remove(fold)
        if not work.folds:
            self.note(f"{work.name}: {score_words(task, statistics.fmean(work.scores.values()))}")

    def halved(self, work: SeedProgress) -> SeedProgress:
        """All folds of the seed again: the first one that is kept takes the place of those before."""
        return in_half_batches(work, list(self.store.experiment.every_fold))

    def failed(self, work: SeedProgress, job: Job, reason: str, failure: Failure) -> None:
        """Costs the rest of the seed, and the finalist its mean."""
        fold = job.fold if isinstance(job, Train) else work.folds[0]
        save_part(self.store.path, replace(part_of(work, fold), error=reason, failure=failure))
        self.note(f"{work.name}, fold {fold} could not be trained: {reason}")
        work.folds.clear()

    def save_error(self, work: SeedProgress, reply: Raised | Died) -> None:
        """Under the trial's number, which has no error of its own."""
        self.store.save_error(work.trial.number, f"{work.name}: {full_reason(reply)}")
