"""The command line: in a process of its own, as a user starts it, or in this one, which costs no start.

done = run("search", "--task", "age", cwd=tmp_path)
done = called("search", "--task", "height", cwd=tmp_path)      # the same exit code, stdout and stderr
code, said = invoked(["search", "--task", "height"])           # raises UserError
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

import cli

CLI = Path(cli.__file__)
COMMANDS = typer.main.get_command(cli.app)


def run(*words: object, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(CLI), *map(str, words)]
    return subprocess.run(
        command, capture_output=True, text=True, cwd=cwd, env={**os.environ, **env}, check=False, timeout=1200
    )


def called(*words: object, cwd: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """In this process, which has loaded what the command needs; its workers and whatever else it starts are processes
    as always. An error that would end in a traceback is raised here."""
    command, before = ["cli.py", *map(str, words)], dict(os.environ)
    out, err, code = io.StringIO(), io.StringIO(), 0
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        patch.chdir(cwd)
        patch.setattr(sys, "argv", command)
        patch.setattr(sys.modules["__main__"], "__package__", None)  # by which the program's name is told
        os.environ.update(env)
        try:
            cli.main()
        except SystemExit as end:
            code = _code(end)
        finally:
            os.environ.clear()
            os.environ.update(before)
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


def invoked(words: list[str]) -> tuple[int, str]:
    """Exit code and all that is said, without `main`: its errors are raised. The commands are made once, which costs
    more than most calls."""
    said, code = io.StringIO(), 0
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            COMMANDS.main(words, CLI.name)
        except SystemExit as end:
            code = _code(end)
    return code, said.getvalue()


def _code(end: SystemExit) -> int:
    return end.code if isinstance(end.code, int) else 0 if end.code is None else 1
