"""A bench that loads no backend and trains nothing, for tests of processes: a fold takes as long as a trial says.

LocalWorkers(setup, count=2, make=quick_bench.Bench)

Misfortunes are parameters of the trial: `sleep` seconds an epoch, `grow` megabytes, `die` or `abort` at an epoch
(`aside`: in a thread that is none of Python's, as those are that compute), `break` off in the middle of a message,
read an `empty` file.
"""

from __future__ import annotations

import ctypes
import io
import os
import signal
import struct
import time
from multiprocessing.connection import Connection

import numpy as np

from runners._workers.messages import Epoch, FoldDone, Job, Measure, Measured, Ready, Reply, Setup, StageCost, Train
from trials.records import FoldScore, Trial
from xrays.assignment import of_fold
from xrays.tasks import task_named


def value(trial: Trial, fold: int, epoch: int) -> float:
    """Decided by trial, fold and epoch alone; trials of the same number in other runs are alike."""
    quality = np.random.default_rng((7, trial.number)).uniform(8, 14)
    luck = np.random.default_rng((9, trial.number, fold)).normal(0, 0.3)
    return float(quality + luck + 0.2 * fold + 6 / epoch)


class Bench:
    pause = 0.0  # seconds an epoch

    def __init__(self, setup: Setup, connection: Connection) -> None:
        self.setup, self.connection, self.kept = setup, connection, b""

    def ready(self) -> Ready:
        threads, gpu, backend = map(os.environ.get, ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES", "KERAS_BACKEND"))
        return Ready(f"quick, {threads} threads, {gpu}, {backend}")

    def do(self, job: Job) -> Reply:
        if isinstance(job, Measure):
            return Measured((StageCost("train", job.trial.max_epochs, 1, 0.001, 0.001),), 0.001)
        assert isinstance(job, Train)
        params, curve = job.trial.params, list[float]()
        if "empty" in params:
            np.load(io.BytesIO())
        if "break" in params:
            os.write(self.connection.fileno(), struct.pack("!i", 1000) + b"a part of them")
            os.kill(os.getpid(), signal.SIGKILL)
        for epoch in range(1, job.trial.max_epochs + 1):
            time.sleep(float(params.get("sleep", self.pause)))
            self.kept = b""
            self.kept = b"x" * int(float(params.get("grow", 0)) * 1e6)
            if params.get("die") == epoch:
                os.kill(os.getpid(), signal.SIGKILL)
            if params.get("abort") == epoch:  # as the C library does that finds its heap damaged
                os.write(2, b"chatter " * 500 + b"\nfree(): invalid pointer\n")
                if "aside" in params:
                    _abort_aside()
                os.abort()
            curve.append(value(job.trial, job.fold, epoch))
            self.connection.send(Epoch(epoch, curve[-1], 1.0))
            if not self.connection.recv().go:
                break
        task, scored = task_named(self.setup.experiment.task), of_fold(self.setup.assignment, job.fold)
        metrics = dict.fromkeys(task.metrics, curve[-1])
        done = FoldScore(
            job.fold, metrics, len(curve), 0.01, tuple(curve), tuple(curve), len(curve) == job.trial.max_epochs
        )
        return FoldDone(done, np.where(scored, np.float32(curve[-1]), np.float32(np.nan)))


def _abort_aside() -> None:
    libc = ctypes.CDLL(None)
    libc.pthread_create(ctypes.byref(ctypes.c_ulong()), None, ctypes.cast(libc.abort, ctypes.c_void_p), None)
    time.sleep(60)


class NeverReady(Bench):
    def ready(self) -> Ready:
        time.sleep(600)
        return super().ready()
