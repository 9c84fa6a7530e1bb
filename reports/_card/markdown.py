"""Parts of a card as Markdown (CommonMark with the tables of GitHub's), in which no text becomes markup.

markdown("Model card", (), parts)
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import singledispatch

from reports._card.blocks import (
    Block,
    Cell,
    Code,
    Facts,
    Figure,
    Figures,
    Flow,
    Items,
    Link,
    Paragraph,
    Part,
    Rows,
    Warned,
)
from reports._drawing.html import visible
from reports._page.document import USE
from trials.products import CARD_TEXT

SIGNS = re.compile(r"([\\`*_{}\[\]<>|#~!&$])")
BEGINS = re.compile(r"^(\d+)([.)])(?=\s|$)|^([-+=:])")


def markdown(title: str, top: Sequence[Block], parts: Sequence[Part]) -> str:
    """The whole file."""
    links = "".join(f"- [{words(part.title)}](#{part.slug})\n" for part in parts)
    body = "\n".join(_part(part) for part in parts)
    above = "\n".join(map(_block, top))
    return f"{CARD_TEXT}\n# {words(title)}\n\n{words(USE)}\n\n{above}\n{links}\n{body}"


def words(given: object) -> str:
    """Text that stays what it is wherever it stands: one line, every sign that Markdown knows escaped."""
    line = visible(" ".join(str(given).split()))
    escaped = SIGNS.sub(r"\\\1", line).replace("://", ":\\/\\/").replace("www.", "www\\.").replace("@", "\\@")
    return BEGINS.sub(lambda found: f"{found[1] or ''}\\{found[2] or found[3]}", escaped)


def _part(part: Part) -> str:
    return f'<a id="{part.slug}"></a>\n\n## {words(part.title)}\n\n' + "\n".join(map(_block, part.blocks))


@singledispatch
def _block(block: object) -> str:
    raise TypeError(f"a card has no {type(block).__name__}")


@_block.register
def _(block: Paragraph) -> str:
    return f"{words(block.words)}\n"


@_block.register
def _(block: Warned) -> str:
    return f"> **{words(block.title)}** {words(block.words)}\n"


@_block.register
def _(block: Figures) -> str:
    return _list(map(_figure, block.of))


def _figure(figure: Figure) -> str:
    score = f"{figure.label} {figure.value} {figure.unit}".strip()
    ends = f"95 % interval {figure.ends}, " if figure.ends else ""
    return f"**{words(score)}**, {words(ends + figure.caption)}"


@_block.register
def _(block: Flow) -> str:
    """Markdown has no pictures: the block before it says the same."""
    return ""


@_block.register
def _(block: Facts) -> str:
    return _list(f"{words(name)}: {words(value)}" for name, value in block.pairs)


@_block.register
def _(block: Items) -> str:
    return _list(map(words, block.of))


def _list(lines: Iterator[str] | map[str]) -> str:
    return "".join(f"- {line}\n" for line in lines)


@_block.register
def _(block: Rows) -> str:
    """Its caption, and a pipe table."""
    rule = (" ---: " if column in block.numbers else " --- " for column in range(len(block.head)))
    lines = ["|".join(f" {words(name)} " for name in block.head), "|".join(rule)]
    lines += ["|".join(f" {_cell(cell)} " for cell in row) for row in block.rows]
    return f"**{words(block.caption)}**\n\n" + "".join(f"|{line}|\n" for line in lines)


def _cell(cell: Cell) -> str:
    return f"[{words(cell.words)}](#{cell.to})" if isinstance(cell, Link) else words(cell)


@_block.register
def _(block: Code) -> str:
    """In a fence that is longer than any in it."""
    lines = [" ".join(visible(line).split("\n")) for line in block.lines]
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([fence, *lines, fence, ""])
