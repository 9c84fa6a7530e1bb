"""A worker's main loop: receives jobs, answers with results, writes nothing into the run folder.

    Process(target=main, args=(connection, setup)).start()       # spawned by runners/_workers.py

Holds one trial at a time: the trainer of the last job is kept, since its graph serves all folds of the trial.
"""

from __future__ import annotations

import os
import signal
import threading
import time
import traceback
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING

from runners._messages import Job, Raised, Reply, Setup

if TYPE_CHECKING:
    from runners._bench import Bench

ASK_ALIVE = 0.5  # seconds between looks at whether the driver is still there


def main(connection: Connection, setup: Setup, log: str) -> None:
    """Runs until the driver closes the connection or is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the whole group; the driver decides
    _write_to(log)
    driver = os.getppid()
    threading.Thread(target=_end_with, args=(driver,), daemon=True).start()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    os.environ["TF_NUM_INTRAOP_THREADS"] = os.environ["OMP_NUM_THREADS"] = str(setup.threads)
    from runners._bench import Bench  # after the environment is set: it loads the backend

    try:
        # The driver may be gone at any point, which is no error of the worker.
        bench = Bench(setup, connection)
        connection.send(bench.ready())
        while True:
            connection.send(_answer(bench, connection.recv()))
    except (EOFError, ConnectionError):
        return


def _answer(bench: Bench, job: Job) -> Reply:
    try:
        return bench.do(job)
    except (EOFError, ConnectionError):
        raise
    except Exception as error:
        line = next(iter(str(error).strip().splitlines()), "")
        return Raised(f"{type(error).__name__}: {line}"[:300], traceback.format_exc())


def _write_to(log: str) -> None:
    """Standard output and error of this process, C libraries included, go to the log: the screen is the driver's."""
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _end_with(driver: int) -> None:
    """Ends this process when the driver is gone, in whatever it is busy with."""
    while os.getppid() == driver:
        time.sleep(ASK_ALIVE)
    os._exit(1)
