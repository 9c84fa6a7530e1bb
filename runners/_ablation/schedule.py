"""A repeat of an ablation as its crew sees it: which arm and fold is next, and what a result means.

schedule = RepeatSchedule(store, experiment, repeat=0, waiting=missing(…), stopped=lambda: False, note=view.note)
Crew(workers, schedule, view, stop).run()
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from runners._ablation.progress import ArmProgress, in_half_batches
from runners._words import score_words
from runners._workers.messages import Epoch, FoldDone, Job, Raised, Train
from runners._workers.protocol import Died, full_reason
from trials.ablation import ArmPart
from trials.experiment import Experiment
from trials.parts import save_part
from trials.records import Failure
from trials.store import RunStore
from xrays.tasks import task_named


@dataclass
class RepeatSchedule:
    """experiment: with the repeat's seed; waiting: arms that no worker has had yet; stopped: whether the user or the
    clock has ended the ablation; note: shows a line."""

    store: RunStore
    experiment: Experiment
    repeat: int
    waiting: list[ArmProgress]
    stopped: Callable[[], bool]
    note: Callable[[str], None]

    def next_work(self, opened: Sequence[ArmProgress]) -> ArmProgress | None:
        """The next arm."""
        return self.waiting.pop(0) if self.waiting and not self.stopped() else None

    def ended(self, work: ArmProgress) -> bool:
        """When all its folds are trained, or one could not be."""
        return not work.folds

    def next_job(self, work: ArmProgress, busy: Collection[int]) -> Job | None:
        """The arm's next fold."""
        return next((Train(work.trial, fold) for fold in work.folds if fold not in busy), None)

    def sent(self, work: ArmProgress, job: Job) -> None:
        """Nothing is noted: what an arm's folds are is known before, and what comes of them afterwards."""

    def go(self, work: ArmProgress, fold: int, epoch: Epoch) -> bool:
        """No arm is stopped: they are compared."""
        return True

    def fold_done(self, work: ArmProgress, reply: FoldDone) -> None:
        """Writes score and predictions, (N,) with NaN for films that are not of the fold, to the run folder; then
        notes the score."""
        fold = reply.score.fold
        save_part(self.store.path, replace(self._part(work, fold), score=reply.score), reply.predictions)
        task = task_named(self.experiment.task)
        self.note(f"{work.name}, fold {fold}: {score_words(task, reply.score.metrics[task.objective])}")
        work.folds.remove(fold)

    def halved(self, work: ArmProgress) -> ArmProgress:
        """All folds of the arm again: the first one that is kept takes the place of those before."""
        return in_half_batches(work, list(range(self.experiment.folds)))

    def failed(self, work: ArmProgress, job: Job, reason: str, failure: Failure) -> None:
        """Costs the rest of the arm: what cannot be trained on one fold is not compared."""
        fold = job.fold if isinstance(job, Train) else work.folds[0]
        save_part(self.store.path, replace(self._part(work, fold), error=reason, failure=failure))
        self.note(f"{work.name}, fold {fold} could not be trained: {reason}")
        work.folds.clear()

    def save_error(self, work: ArmProgress, reply: Raised | Died) -> None:
        """Under the winner's number, which has no error of its own."""
        self.store.save_error(work.trial.number, f"ablation, {work.name}: {full_reason(reply)}")

    def _part(self, work: ArmProgress, fold: int) -> ArmPart:
        """A fold of it on record, nothing being known of it yet."""
        return ArmPart(
            configuration=work.configuration,
            repeat=self.repeat,
            seed=self.experiment.seed,
            fold=fold,
            score=None,
            halved=work.halved,
        )
