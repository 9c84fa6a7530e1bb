"""Worker processes of this machine: each has a pipe, a log, and at most one job.

    with LocalWorkers(setup, count=2) as workers:
        workers.send(0, Train(trial, fold=0))
        for slot, reply in workers.receive(timeout=0.5): …     # a reply, or Died

Several share the cores; where there are GPUs each is given one of them.

Processes are spawned, not forked: TensorFlow does not survive a fork, and the driver does not load
it, but for KerasTuner's sake.
"""

from __future__ import annotations

import math
import multiprocessing
import os
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from runners._machine import gpus, resident
from runners._messages import Job, Reply, Setup, Verdict
from runners._training.worker import MakeWorks, main, training
from trials.records import Failure

PATIENCE = 2.0  # seconds for a worker to end by itself when its pipe is closed
LOOK = 2.0  # seconds between looks at how large the workers are
GROWN = 0.6  # of its memory: a worker as large as that is replaced between trials
ENDING = 20.0  # seconds until a process that has closed its pipe is gone, on a machine that is busy


@dataclass(frozen=True)
class Died:
    """The worker is gone. reason: how it ended, with the last line it wrote; failure: what kind of end it was."""

    reason: str
    failure: Failure = "killed"


class Workers(Protocol):
    """Slots that hold one trial each."""

    @property
    def slots(self) -> Sequence[int]: ...
    def send(self, slot: int, message: Job | Verdict) -> None: ...
    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]: ...
    def replace(self, slot: int) -> None:
        """A fresh worker in the slot, whether the old one is gone or not."""

    def refresh(self, slot: int) -> bool:
        """Between trials: a fresh worker where the old one has grown and may soon be too large. Whether it is one."""

    def end(self, slot: int) -> None:
        """Ends the worker at once; `receive` tells of its death."""


@dataclass
class _Slot:
    process: SpawnProcess
    connection: Connection
    log: Path
    ended: Died | None = None


class LocalWorkers:
    """Spawned processes. A class because it owns processes that must end with it."""

    def __init__(self, setup: Setup, count: int = 1, memory: float = math.inf, make: MakeWorks = training) -> None:
        """setup.threads are shared out among the workers. memory: bytes that one may take; make: what does
        the jobs."""
        self._make = make
        self._setup = replace(setup, threads=max(1, setup.threads // count))
        self._memory, self._looked = memory, 0.0
        self._gpus = gpus(os.environ)
        self._logs = tempfile.TemporaryDirectory(prefix="cxr-automl-")
        self._started = 0
        self._slots = {slot: self._start(slot) for slot in range(count)}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for slot in self._slots.values():
            slot.connection.close()
        for slot in self._slots.values():
            # In the middle of a fold it only looks at the pipe after the epoch: it is not waited for.
            slot.process.join(0 if kind else PATIENCE)
            if slot.process.is_alive():
                slot.process.kill()
            slot.process.join()
        self._logs.cleanup()

    @property
    def slots(self) -> Sequence[int]:
        return list(self._slots)

    @property
    def pids(self) -> list[int]:
        return [slot.process.pid or 0 for slot in self._slots.values()]

    def send(self, slot: int, message: Job | Verdict) -> None:
        """To a worker that has died this does nothing: `receive` tells of the death."""
        try:
            self._slots[slot].connection.send(message)
        except ConnectionError:
            return

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        """Whatever came within `timeout` seconds, at most one message a slot. A worker that has outgrown its memory
        is ended here."""
        if time.monotonic() - self._looked > LOOK:
            self._looked = time.monotonic()
            for slot in self._slots.values():
                if slot.process.is_alive() and (size := resident(slot.process.pid or 0)) > self._memory:
                    grown = f"the worker grew to {size / 1e9:.1f} GB (--worker-memory {self._memory / 1e9:.1f})"
                    slot.ended = Died(grown, "out of memory")
                    slot.process.kill()
        numbers = {slot.connection: number for number, slot in self._slots.items()}
        return [(numbers[ready], self._read(self._slots[numbers[ready]])) for ready in wait(list(numbers), timeout)]  # type: ignore[index]

    def replace(self, slot: int) -> None:
        """A fresh process in the place of one that died or is to go."""
        self._slots[slot].connection.close()
        self._slots[slot].process.kill()
        self._slots[slot].process.join()
        self._slots[slot] = self._start(slot)

    def refresh(self, slot: int) -> bool:
        """TensorFlow keeps about 10 MB of every trial: a worker is replaced before that costs a fold."""
        grown = resident(self._slots[slot].process.pid or 0) > GROWN * self._memory
        if grown:
            self.replace(slot)
        return grown

    def end(self, slot: int) -> None:
        self._slots[slot].process.kill()

    def _read(self, slot: _Slot) -> Reply | Died:
        try:
            reply: Reply = slot.connection.recv()
            return reply
        except (EOFError, ConnectionError):
            slot.process.join(ENDING)
            return slot.ended or Died(_how_it_ended(slot.process.exitcode, slot.log))

    def _start(self, slot: int) -> _Slot:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        log = Path(self._logs.name) / f"worker-{self._started}.log"
        self._started += 1
        gpu = self._gpus[slot % len(self._gpus)] if self._gpus else None
        process = context.Process(target=main, args=(theirs, self._setup, str(log), gpu, self._make), daemon=True)
        _spawn(process)
        theirs.close()
        return _Slot(process, ours, log)


def _spawn(process: SpawnProcess) -> None:
    """Ctrl-C goes to the whole group, also to a process that only begins to load: one that inherits it as blocked is
    not ended by it, and says nothing. The driver decides."""
    resource_tracker.ensure_running()  # when it is started with the first worker it unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _how_it_ended(exitcode: int | None, log: Path) -> str:
    if exitcode is not None and exitcode < 0:
        return f"the worker was killed by {signal.Signals(-exitcode).name}"
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    said = f": {lines[-1][:300]}" if lines else ""
    return f"the worker ended with exit code {exitcode}{said}"
