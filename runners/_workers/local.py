"""Worker processes of this machine: each has a pipe, a log, and at most one job.

    with LocalWorkers(setup, count=2, make=training) as workers:
        workers.send(0, Train(trial, fold=0))
        for slot, reply in workers.receive(timeout=0.5): …     # a reply, or Died

Several share the cores; where there are GPUs each is given one of them.
"""

from __future__ import annotations

import math
import signal
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from types import TracebackType
from typing import Self

from runners._workers.devices import gpus
from runners._workers.main import Begun, MakeHandler
from runners._workers.memory import oom_kills, resident
from runners._workers.messages import Busy, Epoch, Job, Ready, Reply, Setup, Verdict
from runners._workers.process import exit_reason, last_lines, start_process
from runners._workers.protocol import Died

PATIENCE = 2.0  # seconds for workers to end by themselves when their pipes are closed
LOOK = 2.0  # seconds between looks at how large the workers are
START_LIMIT = 600.0  # seconds until a worker says that it is ready
REPLACEMENT_SHARE = 0.6  # of its memory: a worker as large as that is replaced between trials
ENDING = 20.0  # seconds until a process that has closed its pipe is gone, on a machine that is busy


@dataclass
class _Slot:
    """oom_kills: the kernel's so far that are none of this process; job: sent and not finished; begun: whether the
    worker has it; trials: those that this process has begun; ended: why it was ended from here."""

    process: SpawnProcess
    connection: Connection
    log: Path
    oom_kills: int
    since: float = field(default_factory=time.monotonic)
    ready: bool = False
    job: Job | None = None
    begun: bool = True
    trials: set[int] = field(default_factory=set)
    ended: Died | None = None

    def end(self, why: Died) -> None:
        self.ended = self.ended or why
        self.process.kill()


class LocalWorkers:
    """Spawned processes. A class because it owns processes that must end with it."""

    def __init__(self, setup: Setup, count: int = 1, memory: float = math.inf, *, make: MakeHandler) -> None:
        """setup.threads are shared out among the workers. memory: bytes that one may take; make: called in each
        process, makes what does the jobs there."""
        self._make = make
        self._setup = replace(setup, threads=max(1, setup.threads // count))
        self._memory, self._looked = memory, 0.0
        self._gpus = [card.name for card in gpus(setup.experiment.backend)]
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
            # In the middle of a job it only looks at the pipe after the epoch, and nobody wants what comes of it.
            if kind or slot.job or not slot.ready:
                slot.process.kill()
        end = time.monotonic() + PATIENCE
        for slot in self._slots.values():
            slot.process.join(max(0.0, end - time.monotonic()))
            slot.process.kill()
            slot.process.join()
        self._logs.cleanup()

    @property
    def slots(self) -> Sequence[int]:
        """From 0."""
        return list(self._slots)

    @property
    def pids(self) -> list[int]:
        """Of the processes, by slot."""
        return [slot.process.pid or 0 for slot in self._slots.values()]

    def send(self, slot: int, message: Job | Verdict) -> None:
        """To a worker that has died this does nothing: `receive` tells of the death."""
        to = self._slots[slot]
        if isinstance(message, Job):
            to.job, to.begun = message, False
        try:
            to.connection.send(message)
        except OSError:
            return

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        """Whatever came within `timeout` seconds, at most one message a slot; of a death it tells once. A worker that
        has outgrown its memory, or does not start, is ended here."""
        if time.monotonic() - self._looked > LOOK:
            self._looked = time.monotonic()
            for slot in self._slots.values():
                self._look_at(slot)
        numbers: dict[object, int] = {
            slot.connection: number for number, slot in self._slots.items() if not slot.connection.closed
        }
        heard = [(numbers[ready], self._read(self._slots[numbers[ready]])) for ready in wait(list(numbers), timeout)]  # type: ignore[arg-type]
        return [(number, reply) for number, reply in heard if reply]

    def replace(self, slot: int) -> None:
        """A fresh process in the place of one that died or is to go."""
        self._slots[slot].connection.close()
        self._slots[slot].process.kill()
        self._slots[slot].process.join()
        self._slots[slot] = self._start(slot)

    def refresh(self, slot: int) -> bool:
        """TensorFlow keeps about 10 MB of every trial: a worker is replaced before that costs a fold."""
        process = self._slots[slot].process
        stale = not process.is_alive() or resident(process.pid or 0) > REPLACEMENT_SHARE * self._memory
        if stale:
            self.replace(slot)
        return stale

    def end(self, slot: int) -> None:
        """Ends the worker at once; `receive` tells of its death."""
        self._slots[slot].end(Died("the worker was ended"))

    def _look_at(self, slot: _Slot) -> None:
        """Ends a worker that is too large, or takes too long to start. What nobody has read yet counts, too."""
        if not slot.process.is_alive():
            return
        if (size := resident(slot.process.pid or 0)) > self._memory:
            grown = f"the worker grew to {size / 1e9:.1f} GB (--worker-memory {self._memory / 1e9:.1f})"
            slot.end(Died(grown, "out of memory"))
        elif not slot.ready and time.monotonic() - slot.since > START_LIMIT and not slot.connection.poll():
            slot.end(Died(f"the worker did not start within {START_LIMIT:.0f} s"))

    def _read(self, slot: _Slot) -> Reply | Died | None:
        try:
            said: Reply | Begun = slot.connection.recv()
        except (EOFError, OSError):  # in the middle of a message it is no EOFError
            slot.connection.close()
            slot.process.join(ENDING)
            return replace(self._death(slot), begun=slot.begun and slot.job is not None)
        match said:
            case Begun():
                assert slot.job
                slot.begun = True
                slot.trials.add(slot.job.trial.number)
                return None
            case Ready():
                slot.ready = True
            case Busy() | Epoch():
                pass
            case _:
                slot.job = None
        return said

    def _death(self, slot: _Slot) -> Died:
        if slot.ended:
            # What earlier trials have left behind is no fault of this one: alone in a process it will show.
            shared = slot.ended.failure == "out of memory" and len(slot.trials) > 1
            return replace(slot.ended, failure="killed") if shared else slot.ended
        kills = oom_kills()
        if slot.process.exitcode == -signal.SIGKILL and kills > slot.oom_kills:
            for each in self._slots.values():
                each.oom_kills = min(each.oom_kills + 1, kills)
            return Died("the worker was killed by the kernel, which had no memory left", "out of memory")
        return Died(exit_reason(slot.process.exitcode, slot.log), log=last_lines(slot.log))

    def _start(self, slot: int) -> _Slot:
        log = Path(self._logs.name) / f"worker-{self._started}.log"
        self._started += 1
        gpu = self._gpus[slot % len(self._gpus)] if self._gpus else None
        kills = oom_kills()
        return _Slot(*start_process(self._setup, log, gpu, self._make), log, kills)
