"""Strings that come from outside (run names, parameters, error lines) become text, never markup.

text("<script>")                       # Html("&lt;script&gt;")
table("Runs", ["run", "seed"], [[text(name), number(seed)]])
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Sequence


class Html(str):
    """Markup that is safe as it stands. Plain `str` has to go through `text` first."""

    __slots__ = ()


class Number(Html):
    """Markup of a table cell whose digits stand below each other."""

    __slots__ = ()


class Long(Html):
    """Markup of a table cell that may break into several lines."""

    __slots__ = ()


class Narrow(Html):
    """Markup of a table cell that is never wide and may break inside of a word."""

    __slots__ = ()


class Table(Html):
    """Markup of a whole table, which keeps what it was made of for whatever is no page: captions and headings are
    plain text, cells markup."""

    __slots__ = ("caption", "head", "rows")
    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[Html]]


# Embeddings, overrides and isolates of direction: they can make a text read as another one.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def text(value: object, limit: int = 300) -> Html:
    """The value as HTML text, clipped to `limit` characters. Words of ours stand outside of it: in another direction
    than theirs they would change places with it."""
    escaped = html.escape("".join("�" if _unseen(c) else c for c in _clip(value, limit)))
    # Letters that are written from right to left must not turn round what follows them.
    return Html(escaped if escaped.isascii() else f"<bdi>{escaped}</bdi>")


def attribute(value: object, limit: int = 300) -> Html:
    """The value as text between the quotes of an attribute."""
    return Html(html.escape(visible(_clip(value, limit))))


def plain(value: object, limit: int = 44) -> str:
    """The value as text inside a Plotly figure, which reads a few HTML tags and has no way to isolate directions."""
    return html.escape(visible(_clip(value, limit)), quote=False)


def join(parts: Iterable[str], separator: str = "") -> Html:
    """Markup after markup."""
    return Html(separator.join(parts))


def script_data(value: object) -> Html:
    """JSON for the page's script, which cannot end the element that it stands in."""
    content = json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    for sign in "<>&":
        content = content.replace(sign, f"\\u{ord(sign):04x}")
    return Html(content)


def table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[Html]], classes: Iterable[str] | None = None
) -> Table:
    """A table in a box of its own that scrolls when it is wider than the page. The first cell of a row heads it.

    head: plain headings. classes: one class name a row.
    """
    shapes = [_shape(cell) for cell in rows[0]] if rows else [""] * len(head)
    columns = join(f'<th scope="col"{shape}>{text(cell)}</th>' for cell, shape in zip(head, shapes, strict=True))
    lines = join(_line(row, name) for row, name in zip(rows, classes or [""] * len(rows), strict=True))
    # tabindex: a box that scrolls must be reachable by keyboard.
    made = Table(
        f'<div class="scroll" tabindex="0" role="region" aria-label="{attribute(caption)}"><table>'
        f"<caption>{text(caption)}</caption><thead><tr>{columns}</tr></thead><tbody>{lines}</tbody></table></div>"
    )
    made.caption, made.head, made.rows = caption, head, rows
    return made


def plain_text(markup: Html) -> str:
    """What a reader sees of it, in one line: of markup whose lines are broken, with semicolons between them."""
    return " ".join(html.unescape(re.sub("<[^>]*>", "", markup.replace("<br>", "; "))).split())


def _line(cells: Sequence[Html], name: str) -> Html:
    first = f'<th scope="row"{_shape(cells[0])}>{cells[0]}</th>'
    rest = join(f"<td{_shape(cell)}>{cell}</td>" for cell in cells[1:])
    return Html(f'<tr class="{name}">{first}{rest}</tr>' if name else f"<tr>{first}{rest}</tr>")


def _shape(cell: Html) -> str:
    shapes = {Number: "number", Long: "long", Narrow: "narrow"}
    return f' class="{shapes[type(cell)]}"' if type(cell) in shapes else ""


def _clip(value: object, limit: int) -> str:
    given = str(value)
    return given if len(given) <= limit else given[: limit - 1] + "…"


def _unseen(c: str) -> bool:
    return c in TURNING or (unicodedata.category(c) in ("Cc", "Cs") and c != "\n")


def visible(value: str) -> str:
    """Without what is not seen or turns the direction of writing, a sign in the place of each."""
    return "".join("�" if unicodedata.category(c) in ("Cc", "Cf", "Cs") else c for c in value)
