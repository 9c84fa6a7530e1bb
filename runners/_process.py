"""A worker's process as the system sees it: how it is started, and how it ended.

    process, connection = started(setup, Path("worker.log"), gpu=None, make=training)
    how_it_ended(process.exitcode, Path("worker.log"))

Processes are spawned, not forked: TensorFlow does not survive a fork, and the driver does not load it, but for
KerasTuner's sake.
"""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from runners._messages import Setup
from runners._training.worker import MakeWorks, main


def started(setup: Setup, log: Path, gpu: str | None, make: MakeWorks) -> tuple[SpawnProcess, Connection]:
    """The process and the driver's end of its pipe. gpu: the only one that it may see."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=main, args=(theirs, setup, str(log), gpu, make), daemon=True)
    # Ctrl-C goes to the whole group, also to a process that only begins to load: one that inherits it as blocked is
    # not ended by it, and says nothing. The driver decides.
    resource_tracker.ensure_running()  # when it is started with the first worker it unblocks the signal
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    theirs.close()
    return process, ours


def how_it_ended(exitcode: int | None, log: Path) -> str:
    """In words, with the last line that it wrote."""
    if exitcode is not None and exitcode < 0:
        return f"the worker was killed by {signal.Signals(-exitcode).name}"
    lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    said = f": {lines[-1][:300]}" if lines else ""
    return f"the worker ended with exit code {exitcode}{said}"
