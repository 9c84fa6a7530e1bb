"""Parts of a card as one HTML file that works offline, in the look of the reports.

page("Model card", (), parts)
"""

from __future__ import annotations

from collections.abc import Sequence
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
from reports._drawing.flow import drawn
from reports._drawing.html import Html, Long, Number, join, text
from reports._drawing.html import table as html_table
from reports._page.document import USE, document
from trials.products import CARD_PAGE

MOST = 4000  # characters of one text
MANY = 15  # facts, of which as many stand side by side as have room


def page(title: str, top: Sequence[Block], parts: Sequence[Part]) -> str:
    """The whole file."""
    links = join(f'<li><a href="#{part.slug}">{text(part.title)}</a></li>' for part in parts)
    head = Html(
        f"<header><h1>{text(title)}</h1><p>{USE}</p>{join(map(_block, top))}"
        f'<nav aria-label="Contents"><ul>{links}</ul></nav></header>'
    )
    return document(CARD_PAGE, Html(f'<div class="card">{head}{join(map(_part, parts))}</div>'), plots=False)


def _part(part: Part) -> Html:
    return Html(f'<section id="{part.slug}"><h2>{text(part.title)}</h2>{join(map(_block, part.blocks))}</section>')


@singledispatch
def _block(block: object) -> Html:
    raise TypeError(f"a card has no {type(block).__name__}")


@_block.register
def _(block: Paragraph) -> Html:
    return Html(f"<p{' class=note' * block.note}>{text(block.words, MOST)}</p>")


@_block.register
def _(block: Warned) -> Html:
    said = f"<strong>{text(block.title)}</strong> {text(block.words, MOST)}"
    return Html(f'<p class="banner" role="note">{said}</p>')


@_block.register
def _(block: Figures) -> Html:
    return Html(f'<div class="answer"><div class="figures">{join(map(_figure, block.of))}</div></div>')


def _figure(figure: Figure) -> Html:
    ends = f'<p class="ends">95 % interval {text(figure.ends)}</p>' if figure.ends else ""
    return Html(
        f'<div><p class="score"><span>{text(figure.label)}</span><strong>{text(figure.value)}</strong>'
        f"<span>{text(figure.unit)}</span></p>{ends}<p>{text(figure.caption, MOST)}</p></div>"
    )


@_block.register
def _(block: Facts) -> Html:
    pairs = join(f"<div><dt>{text(name)}</dt><dd>{text(value, MOST)}</dd></div>" for name, value in block.pairs)
    return Html(f'<dl class="values">{pairs}</dl>' if len(block.pairs) > MANY else f"<dl>{pairs}</dl>")


@_block.register
def _(block: Items) -> Html:
    return Html(f"<ul>{join(f'<li>{text(one, MOST)}</li>' for one in block.of)}</ul>")


@_block.register
def _(block: Flow) -> Html:
    return drawn(block.title, "flow-drawn", block.rows)


@_block.register
def _(block: Code) -> Html:
    lines = "\n".join(text(line, MOST) for line in block.lines)
    return Html(f"<pre><code>{lines}</code></pre>")


@_block.register
def _(block: Rows) -> Html:
    """Under its caption, which a reader of the page sees as well."""
    shapes = {**dict.fromkeys(block.numbers, Number), **dict.fromkeys(block.long, Long)}
    rows = [
        [shapes.get(column, Html)(_cell(cell, column in block.numbers)) for column, cell in enumerate(row)]
        for row in block.rows
    ]
    return Html(f"<h3>{text(block.caption)}</h3>{html_table(block.caption, block.head, rows)}")


def _cell(cell: Cell, number: bool) -> Html:
    """A number stays in one line; its interval in brackets may have one of its own."""
    if isinstance(cell, Link):
        return Html(f'<a href="#{cell.to}">{text(cell.words)}</a>')
    if not number:
        return text(cell, MOST)
    first, bracket, rest = cell.partition(" (")
    return Html(f"<span>{text(first)}</span>" + f" <span>{text(f'({rest}')}</span>" * bool(bracket))
