"""Fresh processes that have the backend loaded: its start takes seconds, many times as long as what tests do with it.

    with starts(): …                                   # workers, and what `export` loads its files with
    done = program("import keras, sys; …", path)       # as `python -c` would run it

They are forked from one process that has loaded Keras (`loaded.py`) and computed nothing: no threads, no graph, no
seed. Of what they are told by the environment when they load it (CUDA, the backend) they know what stood there at the
first start.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator
from multiprocessing import forkserver
from multiprocessing.context import ForkServerContext
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import cli
from runners._models import reload
from runners._models.formats import _made
from runners._workers import process


def context() -> ForkServerContext:
    """What starts processes as others of multiprocessing do."""
    own = multiprocessing.get_context("forkserver")
    own.set_forkserver_preload(["loaded"])
    with pytest.MonkeyPatch.context() as patch:  # the server is not told where this process finds its modules
        patch.setenv("PYTHONPATH", os.pathsep.join([str(Path(__file__).parent), str(Path(cli.__file__).parent)]))
        forkserver.ensure_running()
    return own


def run(command: list[str], **given: Any) -> subprocess.CompletedProcess[str]:
    """In the place of subprocess.run, for `python -c` and `python -P -c`."""
    executable, *words = [word for word in command if word != "-P"]
    assert (executable, words[0]) == (sys.executable, "-c"), command
    return program(*words[1:])


@contextlib.contextmanager
def starts() -> Iterator[None]:
    """What of ours starts such a process itself, workers and the proof of an export, starts one of these."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(process, "multiprocessing", SimpleNamespace(get_context=lambda name: context()))
        for module in (reload, _made):
            patch.setattr(module, "subprocess", SimpleNamespace(run=run))
        yield


def program(text: str, *arguments: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Its exit code, and what it wrote, libraries of C included."""
    words = ["-c", *map(str, arguments)]
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder, name) for name in ("out", "err")]
        own = context().Process(target=_run, args=(text, words, *files, cwd))
        own.start()
        own.join()
        out, err = (file.read_text(errors="replace") if file.exists() else "" for file in files)
    return subprocess.CompletedProcess([sys.executable, *words], own.exitcode or 0, out, err)


def _run(text: str, words: list[str], out: Path, err: Path, cwd: Path | None) -> None:
    for descriptor, file in enumerate((out, err), 1):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), descriptor)
    if cwd:
        os.chdir(cwd)
    sys.argv, code = words, 0
    try:
        exec(compile(text, "<string>", "exec"), {"__name__": "__main__"})
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
