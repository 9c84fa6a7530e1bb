"""The notebooks run as they stand, without Kaggle on the sample, and are kept without outputs."""

from __future__ import annotations

import json
import re
import shlex
import sys
from html import unescape
from pathlib import Path

import pytest
from cli_process import CLI, COMMANDS
from notebook import Cell, code_cells, run_cells

from xrays.phantom.sample import VERSION, write_sample

BOOKS = sorted((CLI.parent / "notebooks").glob("*.ipynb"))
SPR = CLI.parent / "notebooks/spr.ipynb"
SMALL = {"SIZE": 16, "TRIALS": 1, "FOLDS": 2, "EPOCHS": 1}


def typed(cell: Cell) -> list[list[str]]:
    """Words after `cli.py` of each of our commands in a cell."""
    parts = [part for line in cell.commands for part in re.split(r"\|\||&&|;", line)]
    return [words[2:] for words in map(shlex.split, parts) if words[:2] == ["python", "cli.py"]]


@pytest.mark.parametrize("book", BOOKS, ids=lambda book: book.stem)
class TestKept:
    def test_nothing_that_came_out_is_kept(self, book: Path) -> None:
        content = json.loads(book.read_text(encoding="utf-8"))
        for cell in content["cells"]:
            assert not cell.get("outputs") and cell.get("execution_count") is None, cell["id"]
        assert (content["nbformat"], content["nbformat_minor"]) == (4, 5), "what Colab and Kaggle read"
        names = [cell["id"] for cell in content["cells"]]
        assert len(set(names)) == len(names)

    def test_its_commands_are_commands_of_ours(self, book: Path) -> None:
        """Read as the command line reads them, and not carried out."""
        found = 0
        for cell in code_cells(book):
            for word, *rest in typed(cell):
                found += 1
                if not word.startswith("-"):
                    rest = [re.sub(r"^\{\w+\}", "3", text) for text in rest]
                    COMMANDS.commands[word].make_context(word, rest)  # type: ignore[attr-defined]
        assert found > 5


@pytest.mark.long
def test_every_cell_runs_and_without_kaggle_on_the_sample(tmp_path: Path) -> None:
    (tmp_path / "cli.py").symlink_to(CLI)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    write_sample(tmp_path / f"data/sample-films-{VERSION}", films=40)
    nowhere = "http://127.0.0.1:1"  # refuses: nothing is fetched, wherever this runs
    cells = code_cells(SPR)
    assert [cell.id for cell in cells if cell.settings] == ["settings"]
    said = run_cells(
        cells, tmp_path, SMALL, HTTPS_PROXY=nowhere, HTTP_PROXY=nowhere, KAGGLEHUB_CACHE=str(tmp_path / "cache")
    )
    assert "cannot be fetched" in said["films"] and "SYNTHETIC films: drawn" in said["films"]
    assert "picture of" in said["look"]
    assert "baseline constant" in said["search"] and "best trials" in said["search"]
    for name, told in (("audit", "Labels from the order"), ("report", "Leaderboard"), ("export", "hold-out")):
        page = re.search(r'<iframe srcdoc="([^"]*)"', said[name])
        assert page and told in unescape(page[1]), "the report is shown within the page"
    assert (tmp_path / "best_age.h5").exists() and "opened once" in said["export"]
    assert re.search(r"train/\d{6}\.png  -?\d+\.\d years", said["predict"])
