"""Worker processes of this machine: each has a pipe, a log, and at most one job.

    with LocalWorkers(setup, count=1) as workers:
        workers.send(0, Train(trial=0, params={…}, fold=0))
        for slot, reply in workers.receive(timeout=0.5): …     # a reply, or Died

Processes are spawned, not forked: TensorFlow does not survive a fork, and the driver does not load
it, but for KerasTuner's sake.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from runners._messages import Job, Reply, Setup, Verdict
from runners._worker import main

PATIENCE = 2.0  # seconds for a worker to end by itself when its pipe is closed
ENDING = 20.0  # seconds until a process that has closed its pipe is gone, on a machine that is busy


def usable_cores() -> int:
    """Cores that this process may use: fewer than the machine has in a container or under a scheduler."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Died:
    """The worker is gone. reason: how it ended, with the last line it wrote."""

    reason: str


class Workers(Protocol):
    """Slots that hold one trial each."""

    @property
    def slots(self) -> Sequence[int]: ...
    def send(self, slot: int, message: Job | Verdict) -> None: ...
    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]: ...
    def replace(self, slot: int) -> None: ...


@dataclass
class _Slot:
    process: SpawnProcess
    connection: Connection
    log: Path


class LocalWorkers:
    """Spawned processes. A class because it owns processes that must end with it."""

    def __init__(self, setup: Setup, count: int = 1) -> None:
        self._setup = setup
        self._logs = tempfile.TemporaryDirectory(prefix="cxr-automl-")
        self._started = 0
        self._slots = {slot: self._start() for slot in range(count)}

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
        """Whatever came within `timeout` seconds, at most one message a slot."""
        numbers = {slot.connection: number for number, slot in self._slots.items()}
        return [(numbers[ready], self._read(self._slots[numbers[ready]])) for ready in wait(list(numbers), timeout)]  # type: ignore[index]

    def replace(self, slot: int) -> None:
        """A fresh process in the place of one that died."""
        self._slots[slot].connection.close()
        self._slots[slot] = self._start()

    def _read(self, slot: _Slot) -> Reply | Died:
        try:
            reply: Reply = slot.connection.recv()
            return reply
        except (EOFError, ConnectionError):
            slot.process.join(ENDING)
            return Died(_how_it_ended(slot.process.exitcode, slot.log))

    def _start(self) -> _Slot:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        log = Path(self._logs.name) / f"worker-{self._started}.log"
        self._started += 1
        process = context.Process(target=main, args=(theirs, self._setup, str(log)), daemon=True)
        process.start()
        theirs.close()
        return _Slot(process, ours, log)


def _how_it_ended(exitcode: int | None, log: Path) -> str:
    if exitcode is not None and exitcode < 0:
        return f"the worker was killed by {signal.Signals(-exitcode).name}"
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    said = f": {lines[-1][:300]}" if lines else ""
    return f"the worker ended with exit code {exitcode}{said}"
