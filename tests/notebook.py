"""Runs a notebook's cells without Jupyter: Python in this process, lines that begin with `!` in a shell.

cells = code_cells(Path("notebooks/spr.ipynb"))
said = run_cells(cells, tmp_path, {"TRIALS": 2}, HTTPS_PROXY="…")      # what every cell has said, by its id

Of Jupyter's language that is all that the notebooks here use. Settings are written over those of the cell with the
tag `parameters`, as papermill does it. A shell line that fails ends the run, which in Jupyter it
would not, unless one wants it so.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

SHELL = re.compile(r"^( *)!(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """id, Jupyter's text of the cell, and whether its values are settings."""

    id: str
    text: str
    settings: bool

    @property
    def python(self) -> str:
        """The text with shell lines as calls of `shell`, whose braces are filled in as Jupyter does it."""
        return SHELL.sub(lambda line: f"{line[1]}shell(f{line[2]!r})", self.text)

    @property
    def commands(self) -> list[str]:
        """The shell lines, braces as they are."""
        return [line[2] for line in SHELL.finditer(self.text)]


def code_cells(book: Path) -> list[Cell]:
    """Those with code, from top to bottom."""
    return [
        Cell(cell["id"], "".join(cell["source"]), "parameters" in cell["metadata"].get("tags", []))
        for cell in json.loads(book.read_text(encoding="utf-8"))["cells"]
        if cell["cell_type"] == "code"
    ]


def run_cells(
    cells: list[Cell], cwd: Path, settings: Mapping[str, Any], *, go_on: bool = False, **env: str
) -> dict[str, str]:
    """Runs all, in `cwd`; returns what was printed, shown and said by shell lines, by the cell's id. Raises
    AssertionError at a shell line that fails, unless it is to go on after it, as Jupyter does."""
    said: dict[str, str] = {}
    out = io.StringIO()

    def shell(line: str) -> None:
        done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        out.write(done.stdout + done.stderr)
        assert go_on or done.returncode == 0, f"{line}\n{out.getvalue()}"

    names: dict[str, Any] = {"shell": shell}
    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(out):
        patch.chdir(cwd)
        patch.setitem(sys.modules, "IPython", ModuleType("IPython"))
        patch.setitem(sys.modules, "IPython.display", _display(out))
        try:
            os.environ.update(env)
            for cell in cells:
                *body, last = ast.parse(cell.python, cell.id).body
                if isinstance(last, ast.Expr):  # Jupyter shows the value of a cell's last line
                    call = ast.Expr(ast.Call(ast.Name("_shown", ast.Load()), [last.value], []))
                    last = ast.fix_missing_locations(ast.copy_location(call, last))
                names["_shown"] = lambda value: None if value is None else out.write(str(value))
                exec(compile(ast.Module([*body, last], []), cell.id, "exec"), names)
                names.update(settings if cell.settings else {})
                said[cell.id] = out.getvalue()
                out.seek(0)
                out.truncate()
        finally:
            os.environ.clear()
            os.environ.update(before)
    return said


def _display(out: io.StringIO) -> ModuleType:
    """IPython.display as far as it is used: HTML is its text, a picture the bytes that it holds."""
    module = ModuleType("IPython.display")
    module.HTML = str  # type: ignore[attr-defined]
    module.Image = lambda file: f"picture of {len(Path(file).read_bytes())} bytes\n"  # type: ignore[attr-defined]
    module.display = lambda value: print(value, file=out)  # type: ignore[attr-defined]
    return module
