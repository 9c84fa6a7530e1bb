"""Workers without processes or networks: scores come from a formula, misfortunes from a script."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import run_folders

from runners._workers.messages import (
    Busy,
    Epoch,
    FoldDone,
    Job,
    Measure,
    Measured,
    Raised,
    Ready,
    Reply,
    StageCost,
    Train,
    Verdict,
)
from runners._workers.protocol import Died
from trials.experiment import Experiment
from trials.records import Failure, FoldScore, Scalar, Trial, TrialResult
from xrays.tasks import task_named

FILMS = 40


def experiment(**changes: Any) -> Experiment:
    """Eight epochs and no pruner, unless changed."""
    return run_folders.experiment(**{"pruner": "none", "epochs": 8, **changes})


class FakeWorkers:
    """One slot. `score(params, fold, epoch)` is the objective after an epoch, a further seed of the job being among
    the params as `seed`; `misfortune(job)` may return a reply that comes instead of training."""

    def __init__(
        self,
        experiment: Experiment,
        score: Callable[[Mapping[str, Scalar], int, int], float],
        misfortune: Callable[[Train], Reply | Died | None] = lambda job: None,
        films: int = FILMS,
    ) -> None:
        self.experiment, self.score, self.misfortune, self.films = experiment, score, misfortune, films
        self.trained: list[tuple[int, int]] = []
        self.seeds: list[int | None] = []
        self.replaced = 0
        self._replies: deque[Reply | Died] = deque([Ready("fake")])
        self._job: Train | None = None
        self._curve: list[float] = []

    @property
    def slots(self) -> Sequence[int]:
        return [0]

    def refresh(self, slot: int) -> bool:
        return False

    def end(self, slot: int) -> None:
        self._replies = deque([Died("the worker was killed by SIGKILL")])

    def send(self, slot: int, message: Job | Verdict) -> None:
        match message:
            case Measure():
                self._replies.append(Measured((StageCost("train", 8, 1, 0.001, 0.001),), 0.001))
            case Train():
                self._job, self._curve = message, []
                self.trained.append((message.trial.number, message.fold))
                self.seeds.append(message.seed)
                unlucky = self.misfortune(message)
                if unlucky is None:
                    self._next_epoch()
                else:
                    self._replies.append(unlucky)
            case Verdict(go):
                if go and self._job and len(self._curve) < self._job.trial.max_epochs:
                    self._next_epoch()
                else:
                    self._replies.append(self._done())

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        return [(0, self._replies.popleft())] if self._replies else []

    def replace(self, slot: int) -> None:
        self.replaced += 1
        self._replies = deque([Ready("fake")])

    def starts_with(self, reply: Died) -> None:
        """The process that was just put in its place dies before it is ready, and with it what it was sent."""
        self._replies = deque([reply])

    def _next_epoch(self) -> None:
        assert self._job is not None
        params = dict(self._job.trial.params) | ({} if self._job.seed is None else {"seed": self._job.seed})
        self._curve.append(self.score(params, self._job.fold, len(self._curve) + 1))
        self._replies.append(Epoch(len(self._curve), self._curve[-1], 1.0))

    def _done(self) -> FoldDone:
        assert self._job is not None
        task, fold = task_named(self.experiment.task), self._job.fold
        metrics = dict.fromkeys(task.metrics, self._curve[-1])
        predictions = np.full(self.films, np.nan, np.float32)
        k, repeat = self.experiment.folds, fold // self.experiment.folds
        predictions[(fold - repeat) % k :: k] = self._curve[-1]  # as `assigned` of tests/drawing.py has them
        complete = len(self._curve) == self._job.trial.max_epochs
        curve = tuple(self._curve)
        done = FoldScore(
            fold, metrics, len(curve), 0.0, curve, curve, complete, 10, 0.1, self.films // 3, repeat=repeat
        )
        network = (np.array([self._job.trial.number, fold], np.float32),) if self._job.network and complete else ()
        return FoldDone(done, predictions, network)


class SeveralWorkers:
    """As many slots, one message of one slot at a time, in turn. A slot in `silent` says nothing."""

    def __init__(
        self,
        count: int,
        experiment: Experiment,
        score: Callable[[Mapping[str, Scalar], int, int], float],
        misfortune: Callable[[Train], Reply | Died | None] = lambda job: None,
    ) -> None:
        self.each = [FakeWorkers(experiment, score, misfortune) for _ in range(count)]
        self.silent: set[int] = set()
        self._turn = 0

    @property
    def slots(self) -> Sequence[int]:
        return range(len(self.each))

    def refresh(self, slot: int) -> bool:
        return False

    def end(self, slot: int) -> None:
        self.each[slot].end(0)

    def replace(self, slot: int) -> None:
        self.each[slot].replace(0)

    def send(self, slot: int, message: Job | Verdict) -> None:
        self.each[slot].send(0, message)

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        for _ in self.each:
            self._turn = (self._turn + 1) % len(self.each)
            if self._turn not in self.silent and (heard := self.each[self._turn].receive(timeout)):
                return [(self._turn, heard[0][1])]
        return []


class SilentView:
    """Sees everything and shows nothing; `notes` keeps what would be printed."""

    def __init__(self) -> None:
        self.notes: list[str] = []

    def cost_so_far(self) -> None: ...
    def ready(self, reply: Ready) -> None: ...
    def progress(self, reply: Busy, trial: Trial | None = None) -> None: ...
    def measured(self, cost: Measured) -> None: ...
    def fold_begins(self, trial: Trial, fold: int) -> None: ...
    def epoch(self, trial: Trial, fold: int, epoch: Epoch) -> None: ...
    def fold_ends(self, trial: Trial, score: FoldScore) -> None: ...
    def trial_ends(self, result: TrialResult, results: Sequence[TrialResult]) -> None: ...
    def drop(self, trial: Trial) -> None: ...
    def stopping(self) -> None: ...
    def note(self, text: str) -> None:
        self.notes.append(text)


def raised(reason: str, failure: Failure = "raised") -> Raised:
    return Raised(reason, "the whole traceback", failure)


def learning_rate_score(params: Mapping[str, Any], fold: int, epoch: int) -> float:
    """An error in years that is least at a learning rate of 2e-3 and falls with the epochs."""
    return 8 + abs(math.log10(float(params["learning_rate"]) / 2e-3)) * 4 + 0.1 * fold + 6 / epoch


def fits(recipe: object) -> None:
    """No configuration is too large."""
