"""Every command that README.md and the pages of docs/ show is one: read as the command line reads it, and not carried
out. What these pages link to is there; `make docs` looks at anchors, too.
"""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from cli_process import COMMANDS
from readme import PAGES, README, ROOT

BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\((?!https?:)([^)#]+)")
OTHERS = sorted(ROOT.glob("*.md"))


def commands(text: str) -> list[list[str]]:
    """The words of every `python cli.py …` in its blocks of commands, without these two."""
    lines = [line for block in BLOCK.findall(text) for line in block.splitlines()]
    found = [[word for word in shlex.split(line, comments=True) if word != "…"] for line in lines]
    return [words[2:] for words in found if words[:2] == ["python", "cli.py"]]


LINES = {" ".join(words): words for page in PAGES for words in commands(page.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("words", LINES.values(), ids=LINES)
def test_it_is_a_command_of_ours(words: list[str]) -> None:
    COMMANDS.commands[words[0]].make_context(words[0], words[1:])  # type: ignore[attr-defined]


def test_every_part_of_the_manual_is_looked_at() -> None:
    assert {"prepare", "search", "report", "export"} <= {words[0] for words in LINES.values()} and len(LINES) > 30


def test_readme_shows_a_whole_study() -> None:
    (study,) = re.findall(r"^## A study.*?(?=^## )", README.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert [words[0] for words in commands(study)] == ["prepare", "search", "export", "evaluate", "predict"]


@pytest.mark.parametrize("page", sorted({*PAGES, *OTHERS}), ids=lambda page: page.name)
def test_no_link_is_dead(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", sorted({*PAGES, *OTHERS}), ids=lambda page: page.name)
def test_no_page_was_left_in_the_middle_of_a_merge(page: Path) -> None:
    assert not re.search(r"^(<{7}|={7}$|>{7})", page.read_text(encoding="utf-8"), re.MULTILINE)


@pytest.mark.parametrize("name", COMMANDS.commands)  # type: ignore[attr-defined]
def test_without_a_word_a_command_says_what_it_misses(name: str) -> None:
    """At most: some need nothing."""
    try:
        COMMANDS.commands[name].make_context(name, [])  # type: ignore[attr-defined]
    except Exception as refused:  # of which library it is depends on typer's version
        assert "Missing" in str(refused.args) or "issing" in refused.format_message()  # type: ignore[attr-defined]
