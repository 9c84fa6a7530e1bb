"""What a crew is to train: which trial and which fold is next, and what a result means. A search and what comes after
it differ in these alone (`runners/_search/loop.py`, `runners/_workers/parts.py`); what becomes of workers is the
crew's.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from runners._workers.messages import Busy, Epoch, FoldDone, Job, Measured, Raised, Ready, Train
from runners._workers.protocol import Died
from trials.records import Failure, Trial


class Work(Protocol):
    """A trial whose folds are trained, with whatever its schedule keeps beside."""

    @property
    def trial(self) -> Trial:
        """As its jobs have it."""

    @property
    def batch_size(self) -> int:
        """Films a training step, of its recipe."""

    @property
    def name(self) -> str:
        """For the user: `trial 3`."""


W = TypeVar("W", bound=Work)


@dataclass
class SlotWork(Generic[W]):
    """What a slot is busy with. since: when its job was sent, infinite while no time of a fold passes; begun: when
    its worker had it, or it was sent to one that still loads; overdue: why its worker was ended from here; died:
    whether a worker has died of the job; dropped: whether nobody waits for what comes of it any more."""

    work: W
    job: Job
    since: float = float("inf")
    begun: float = 0.0
    overdue: Died | None = None
    died: bool = False
    dropped: bool = False

    @property
    def name(self) -> str:
        """For the user: `trial 3, fold 1`."""
        return f"{self.work.name}, fold {self.job.fold}" if isinstance(self.job, Train) else self.work.name


class Schedule(Protocol[W]):
    """The crew writes nothing: whatever must survive a kill the schedule has on disk before it returns."""

    def next_work(self, opened: Sequence[W]) -> W | None:
        """What a free slot is to begin; None where nothing is now. opened: begun, and not at its end."""

    def ended(self, work: W) -> bool:
        """Whether it has come to its end, which is on record then. Asked when it begins and after everything that
        comes of a job; what else is being trained of it counts for nothing."""

    def next_job(self, work: W, busy: Collection[int]) -> Job | None:
        """What one more worker of it is to do; None where nothing is left that it could. busy: folds that its other
        workers train."""

    def sent(self, work: W, job: Job) -> None:
        """The job goes to the worker, for the first time or once more."""

    def measured(self, work: W, cost: Measured) -> None:
        """What its steps take, where it was asked for; nothing of it is trained yet."""

    def go(self, work: W, fold: int, epoch: Epoch) -> bool:
        """Whether the fold is trained on after this epoch."""

    def fold_done(self, work: W, reply: FoldDone) -> None:
        """A fold is trained, or was stopped."""

    def halved(self, work: W) -> W:
        """What begins in its place, in two half batches a step. What it has trained is forgotten: folds must be
        trained alike."""

    def failed(self, work: W, job: Job, reason: str, failure: Failure) -> None:
        """The job cannot be done, and nothing of it that would come later is begun."""

    def save_error(self, work: W, reply: Raised | Died) -> None:
        """Keeps what tells why a job came to nothing, for whoever looks into it."""


class Observer(Protocol):
    """Shows what a crew does."""

    def ready(self, reply: Ready) -> None:
        """A worker has loaded its backend and opened the films, and waits for a job."""

    def progress(self, reply: Busy, trial: Trial | None = None) -> None:
        """A worker does what takes long and is no epoch. trial: what waits for it."""

    def measured(self, cost: Measured) -> None:
        """Of the first trial, before it is trained."""

    def drop(self, trial: Trial) -> None:
        """The trial stays open: whoever trained it has left it."""

    def note(self, text: str) -> None:
        """A line for the user."""

    def stopping(self) -> None:
        """The user has asked for it: the running folds are finished."""
