"""The jobs of a search's worker.

jobs = TrainingJobs(setup, connection)
jobs.do(Train(trial, fold=0))       # FoldDone; reports every epoch through the connection
"""

from __future__ import annotations

from multiprocessing.connection import Connection

from runners._training.context import TrainingContext
from runners._training.fold import train_fold
from runners._training.joined import join
from runners._training.rating import Rating
from runners._training.refit import refit
from runners._training.timing import measure
from runners._training.written import write
from runners._workers.messages import Job, Join, Measure, Rate, Ready, Refit, Reply, Setup, Train, Write


class TrainingJobs:
    """Measures and rates, trains folds and refits, writes and joins networks, all in one context."""

    def __init__(self, setup: Setup, connection: Connection) -> None:
        """Opens the films. connection: to the driver."""
        self._context = TrainingContext(setup, connection)
        self._rating: Rating | None = None  # in the precisions of the first that was asked for

    def ready(self) -> Ready:
        """What the driver is told before the first job."""
        return Ready(self._context.device)

    def do(self, job: Job) -> Reply:
        """Raises whatever training raises, and TypeError for a job of another kind."""
        match job:
            case Measure():
                return measure(self._context, job)
            case Rate():
                self._rating = self._rating or Rating(self._context, job)
                return self._rating.turn(job.precisions)
            case Train():
                return train_fold(self._context, job)
            case Refit():
                return refit(self._context, job)
            case Write():
                return write(self._context, job)
            case Join():
                return join(self._context, job)
        raise TypeError(f"a worker that trains was sent {type(job).__name__}")
