"""A worker's main loop: receives jobs, answers with results, writes nothing into the run folder.

    ours, theirs = Pipe()
    Process(target=main, args=(theirs, setup, "worker.log", None, make)).start()     # see process.py
    ours.recv()         # Ready; then Begun and a reply for every job

Holds one trial at a time: the trainer of the last job is kept, since its graph serves all folds of the trial.
"""

from __future__ import annotations

import faulthandler
import os
import signal
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any, Protocol

from runners._backend import VARIABLE
from runners._loading import quick_start, without_scikit_learn
from runners._workers.messages import Job, Raised, Ready, Reply, Setup
from trials.records import Failure

ASK_ALIVE = 0.5  # seconds between looks at whether the driver is still there


@dataclass(frozen=True)
class Begun:
    """Said of every job as soon as it is here, and heard by LocalWorkers alone: a worker that dies before has died of
    something else."""


class Handler(Protocol):
    """What does the jobs of a worker, in its process."""

    def ready(self) -> Ready:
        """What is said to the driver before the first job."""

    def do(self, job: Job) -> Reply:
        """Does a job and returns the last that is said about it. Whatever it raises becomes a Raised."""


# Called in the worker's process. Over the connection the handler sends Busy and Epoch, and hears verdicts.
MakeHandler = Callable[[Setup, Connection], Handler]


def main(connection: Connection, setup: Setup, log: str, gpu: str | None, make: MakeHandler) -> None:
    """Runs until the driver closes the connection or is gone. gpu: the only one that this worker may see."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the driver decides
    _write_to(log)
    driver = os.getppid()
    threading.Thread(target=_end_with, args=(driver,), daemon=True).start()
    set_environment(setup.threads, gpu, setup.experiment.backend)
    line = _Line(os.dup(connection.fileno()))
    connection.close()
    with quick_start(), without_scikit_learn():
        handler = make(setup, line)
    line.send(handler.ready())
    while True:
        job = line.recv()
        line.send(Begun())
        line.send(_answer(handler, job))


class _Line(Connection):
    """To the driver, which may be gone at any point: that ends this process and is no error of its work. Errors of
    the same classes that come from elsewhere, such as the end of a damaged file, are."""

    def send(self, obj: Any) -> None:
        try:
            super().send(obj)
        except OSError:
            raise SystemExit from None

    def recv(self) -> Any:
        try:
            return super().recv()
        except (EOFError, OSError):
            raise SystemExit from None


def _answer(handler: Handler, job: Job) -> Reply:
    try:
        return handler.do(job)
    except Exception as error:
        line = next(iter(str(error).strip().splitlines()), "")
        return Raised(f"{type(error).__name__}: {line}"[:300], traceback.format_exc(), _kind(error))


def set_environment(threads: int, gpu: str | None, backend: str) -> None:
    """Before a backend is loaded: which one, its cores, and its share of GPUs without taking all of their memory at
    once."""
    os.environ[VARIABLE] = backend
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(threads)
    os.environ.setdefault("TF_FORCE_GPU_ALLOW_GROWTH", "true")
    os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
    if gpu is not None:
        os.environ["CUDA_VISIBLE_DEVICES"] = gpu


def _kind(error: Exception) -> Failure:
    """By names: the classes are those of whatever backend runs."""
    name, text = type(error).__name__, str(error)
    if name == "TrainingDiverged":
        return "NaN"
    words = ("RESOURCE_EXHAUSTED", "out of memory", "OOM when allocating")
    if isinstance(error, MemoryError) or name == "ResourceExhaustedError" or any(word in text for word in words):
        return "out of memory"
    return "raised"


def _write_to(log: str) -> None:
    """Standard output and error of this process, C libraries included, go to the log: the screen is the driver's."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    # At a fatal signal the interpreter says where it was: of a numerical library that is all one ever hears. All
    # threads say so, since such a library computes, and dies, in threads of its own, which have no stack of Python.
    faulthandler.enable(2, all_threads=True)


def _end_with(driver: int) -> None:
    """Ends this process when the driver is gone, in whatever it is busy with."""
    while os.getppid() == driver:
        time.sleep(ASK_ALIVE)
    os._exit(1)
