"""A worker for tests of what carries messages: says at once what the trial's parameters tell it to.

RayWorkers(setup, 1, address, start=Puppet)
workers.send(0, Train(play("epochs", 3), fold=0))
"""

from __future__ import annotations

import os
import queue
import signal
import time
from collections.abc import Sequence
from types import TracebackType

import numpy as np
from run_folders import fold_score, trial

from runners._workers.messages import (
    Busy,
    Epoch,
    FoldDone,
    Job,
    Raised,
    Ready,
    Reply,
    Setup,
    Verdict,
)
from runners._workers.protocol import Died
from trials.records import TrialResult
from xrays.arrays import XrayArrays
from xrays.tasks import TASKS


def play(act: str, number: int = 2) -> TrialResult:
    """A trial that makes the puppet act: epochs, raise, die, hang, kill (its whole process), stop (likewise)."""
    return trial(0, [], params={"act": act, "number": number})


class Puppet:
    """One worker of this machine. It reads the films, and says where it found them."""

    def __init__(self, setup: Setup, count: int, memory: float) -> None:
        films = XrayArrays.open(setup.arrays)
        self._said: queue.Queue[Reply | Died] = queue.Queue()
        about = (setup.arrays, int(films.images.sum()), setup.threads, memory)
        self._say(Ready(" ".join(map(str, about))))
        self._job: Job | None = None
        self._epoch = 0

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    @property
    def slots(self) -> Sequence[int]:
        return [0]

    @property
    def pids(self) -> list[int]:
        return [os.getpid()]

    def send(self, slot: int, message: Job | Verdict) -> None:
        if isinstance(message, Verdict):
            assert self._job is not None
            more = message.go and self._epoch < int(self._job.trial.params["number"])
            return self._next_epoch() if more else self._say(self._done())
        self._job, self._epoch = message, 0
        match message.trial.params["act"]:
            case "epochs":
                self._say(Busy("films", 1, 2))
                return self._next_epoch()
            case "raise":
                return self._say(Raised(f"ValueError: {os.getpid()}", "Traceback", "raised"))
            case "die":
                return self._say(Died("the puppet fell", "out of memory"))
            case "kill":
                return os.kill(os.getpid(), signal.SIGKILL)
            case "stop":
                return os.kill(os.getpid(), signal.SIGSTOP)
            case "hang":
                return None
        raise AssertionError(message)

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        try:
            return [(0, self._said.get(timeout=timeout))]
        except queue.Empty:
            return []

    def replace(self, slot: int) -> None: ...
    def refresh(self, slot: int) -> None: ...
    def end(self, slot: int) -> None: ...

    def _say(self, reply: Reply | Died) -> None:
        self._said.put(reply)

    def _next_epoch(self) -> None:
        self._epoch += 1
        self._say(Epoch(self._epoch, 10.0 - self._epoch, 1.0))

    def _done(self) -> FoldDone:
        predictions = np.full(200_000, self._epoch, np.float32)  # too many to travel with the message itself
        return FoldDone(fold_score(TASKS["age"], 0, 9.0, self._epoch), predictions)


class Sleepy(Puppet):
    """Takes long to start."""

    def __init__(self, setup: Setup, count: int, memory: float) -> None:
        time.sleep(5)
        super().__init__(setup, count, memory)
