"""Every command that README.md shows is one: read as the command line reads it, and not carried out."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from cli_process import COMMANDS
from readme import README

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINES = [
    words[2:]
    for block in BLOCK.findall(README.read_text(encoding="utf-8"))
    for line in block.splitlines()
    for words in [[word for word in shlex.split(line, comments=True) if word != "…"]]
    if words[:2] == ["python", "cli.py"]
]


@pytest.mark.parametrize("words", LINES, ids=" ".join)
def test_it_is_a_command_of_ours(words: list[str]) -> None:
    COMMANDS.commands[words[0]].make_context(words[0], words[1:])  # type: ignore[attr-defined]


def test_every_part_of_the_readme_is_looked_at() -> None:
    assert {"prepare", "search", "report", "export"} <= {words[0] for words in LINES} and len(LINES) > 30


@pytest.mark.parametrize("page", sorted(README.parent.glob("*.md")), ids=lambda page: page.name)
def test_no_page_was_left_in_the_middle_of_a_merge(page: Path) -> None:
    assert not re.search(r"^(<{7}|={7}$|>{7})", page.read_text(encoding="utf-8"), re.MULTILINE)
