"""A report as a reader and a parser see it.

page = build_report([run], tmp_path / "report.html")
assert "Hold-out: not opened." in words(page)
"""

from __future__ import annotations

import html.parser
import re
from pathlib import Path
from typing import Any

from reports import load
from reports._drawing.html import Html
from reports._evidence.groups import Group, run_groups
from reports._page.document import document
from trials.store import RunStore


def group_of(*runs: RunStore) -> Group:
    """The runs as one group: they have one task and one plan."""
    (group,) = run_groups(runs)
    return group


def body(page: Path) -> str:
    """What stands before the scripts: the part of the page that is made from the runs."""
    return page.read_text().split("</footer>")[0].split("<body>")[1]


def words(page: Path) -> str:
    """The text that a reader sees, with single spaces; without the glossary, and as if no word led to it."""
    found: list[str] = []
    parser = html.parser.HTMLParser()
    parser.handle_data = found.append  # type: ignore[method-assign]
    parser.feed(re.sub('<a class="term"[^>]*>([^<]*)</a>', r"\1", body(page).split('<section id="glossary">')[0]))
    return " ".join(" ".join(found).split()).replace(" .", ".").replace(" :", ":")


def rows_of(markup: str) -> list[list[str]]:
    """The text of every cell, row by row."""
    return [
        [re.sub("<[^>]*>", "", cell) for cell in re.findall("<t[hd][ >].*?</t[hd]>", line)]
        for line in re.findall("<tr.*?</tr>", markup)
    ]


def balanced(markup: str) -> bool:
    """Every tag that is opened is closed in order."""
    stack: list[str] = []

    class Parser(html.parser.HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[Any]) -> None:
            stack.append(tag)

        def handle_endtag(self, tag: str) -> None:
            assert stack and stack.pop() == tag, tag

    Parser().feed(markup + "</footer>")
    return not stack


def alone(group: Group, page: Path) -> Path:
    """The leaderboard without the rest of its page, whose plots take a browser seconds to draw."""
    section = load("leaderboard")
    (panel,) = section.show(section.data(group))
    body = (
        f'<section class="group" id="{group.slug}"><section id="{group.slug}-leaderboard">{panel}</section></section>'
    )
    page.write_text(document("<title>Leaderboard</title>", Html(body)))
    return page
