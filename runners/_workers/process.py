"""A worker's process as the system sees it: how it is started, and how it ended.

    process, connection = start_process(setup, Path("worker.log"), gpu=None, make=training)
    exit_reason(process.exitcode, Path("worker.log"))      # "the worker was killed by SIGABRT"
    last_lines(Path("worker.log"))                          # what it wrote before, and where it was

Processes are spawned, not forked: TensorFlow does not survive a fork, and the driver does not load it, but for
KerasTuner's sake.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from pathlib import Path

from runners._workers.main import MakeHandler, main
from runners._workers.messages import Setup

LINES, WIDTH = 60, 300  # of a log that are kept: a stack of Python, and what a library said before it


def start_process(setup: Setup, log: Path, gpu: str | None, make: MakeHandler) -> tuple[SpawnProcess, Connection]:
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


def exit_reason(exitcode: int | None, log: Path) -> str:
    """In words, with the last line that it wrote."""
    if exitcode is not None and exitcode < 0:
        return f"the worker was killed by {signal.Signals(-exitcode).name}"
    said = last_lines(log).rpartition("\n")[2]
    return f"the worker ended with exit code {exitcode}{f': {said}' if said else ''}"


def last_lines(log: Path) -> str:
    """At most LINES of WIDTH characters, without a line end."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - 10**6))
            lines = file.read().decode(errors="replace").strip().splitlines()
    except FileNotFoundError:
        return ""
    return "\n".join(line[:WIDTH] for line in lines[-LINES:])
