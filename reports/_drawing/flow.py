"""The flow of films as a picture: boxes one below the other, beside them what was left out, at the bottom the splits.

    drawn("Flow of films of nih64", "age-1-flow-drawn-1", rows)      # Html, an <svg>

It has no colours of its own but that of the text around it, so that it suits light, dark and paper. Whoever hears the
page is told all of it by its description.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

from reports._drawing.html import Html, attribute, join
from reports._drawing.numbers import count
from reports._drawing.words import sentence_case

WIDTH, BOX, GAP = 480, 228, 24  # units: at 420 pixels of a screen these are 0.8 of one, and letters 11 high
LINE, PAD = 18, 8  # height of a line, around the lines
SIGNS, BOLD = 30, 27  # letters in a line
# Steps: what comes in and goes on, what is left out on the way from the one before, and where it ends.
LISTED, OUT, PREPARED, SPLIT = "listed", "out", "prepared", "split"
MOST = 8  # reasons in a box; the table below has all

Row = Mapping[Hashable, Any]


def drawn(title: str, slug: str, rows: Sequence[Row]) -> Html:
    """rows: with step (LISTED, OUT, PREPARED or SPLIT, of which one or two come last), what, films, patients (NaN
    where unknown). slug: no other picture of the page has it."""
    parts: list[str] = []
    top, middle = 0.0, BOX / 2
    beside: list[Row] = []
    splits = [row for row in rows if row["step"] == SPLIT]
    for row in rows:
        if row["step"] == OUT:
            beside.append(row)
        elif row["step"] != SPLIT:
            top = _onward(parts, beside, top, middle)
            top += _box(parts, 0, top, BOX, _said(row))
            beside = []
    top = _onward(parts, beside, top, middle)
    places = [0, WIDTH - BOX][: len(splits)]
    heights = [_box(parts, x, top, BOX, _said(row)) for x, row in zip(places, splits, strict=True)]
    if len(splits) > 1:
        parts += [_line(middle, top - GAP / 2, WIDTH - BOX / 2, top - GAP / 2)]
        parts += [_line(WIDTH - BOX / 2, top - GAP / 2, WIDTH - BOX / 2, top, arrow=True)]
    heard = "; ".join(f"{row['what']}: {_number(row)}" for row in rows)
    return Html(
        f'<svg class="flow" role="img" viewBox="-1 -1 {WIDTH + 2} '
        f'{top + max(heights) + 2:g}" aria-labelledby="{attribute(slug)}-t {attribute(slug)}-d" font-size="13" '
        f'font-family="system-ui, sans-serif" fill="currentColor">'
        f'<title id="{attribute(slug)}-t">{attribute(title)}</title>'
        f'<desc id="{attribute(slug)}-d">{attribute(sentence_case(heard), 4000)}.</desc>{join(parts)}</svg>'
    )


def _onward(parts: list[str], beside: Sequence[Row], top: float, middle: float) -> float:
    """The arrow down from what was drawn so far, with what is left out on the way; returns where the next box
    begins."""
    if not parts:
        return top
    end = top + GAP
    if beside:
        height = _box(parts, WIDTH - BOX, top + GAP / 2, BOX, list(_left_out(beside)))
        end += height + GAP / 2  # below it there is room for the line that branches off to the splits
        parts.append(_line(middle, top + (GAP + height) / 2, WIDTH - BOX, top + (GAP + height) / 2, arrow=True))
    parts.append(_line(middle, top, middle, end, arrow=True))
    return end


def _left_out(rows: Sequence[Row]) -> Iterator[str]:
    yield f"Not used: {count(sum(row['films'] for row in rows))}"
    shown, others = (rows, ()) if len(rows) <= MOST else (rows[: MOST - 1], rows[MOST - 1 :])
    for row in shown:
        yield f"{count(row['films'])} {row['what']}"
    if others:
        yield f"{count(sum(row['films'] for row in others))} for {len(others)} more reasons"


def _said(row: Row) -> list[str]:
    return [sentence_case(str(row["what"])), _number(row)]


def _number(row: Row) -> str:
    films = f"{count(row['films'])} film{'s' * (row['films'] != 1)}"
    if math.isnan(row["patients"]):
        return films
    return f"{films} of {count(row['patients'])} patient{'s' * (row['patients'] != 1)}"


def _box(parts: list[str], x: float, y: float, width: float, said: Sequence[str]) -> float:
    """Draws it with these texts, the first one bold; returns its height."""
    lines = [(line, n == 0) for n, each in enumerate(said) for line in textwrap.wrap(each, SIGNS if n else BOLD)]
    height = LINE * len(lines) + 2 * PAD
    parts.append(
        f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="4" fill="none" stroke="currentColor"/>'
    )
    for number, (line, bold) in enumerate(lines):
        weight = ' font-weight="600"' if bold else ""
        place = f'x="{x + PAD:g}" y="{y + PAD + LINE * (number + 0.75):g}"'
        parts.append(f"<text {place}{weight}>{attribute(line)}</text>")
    return height


def _line(x: float, y: float, to_x: float, to_y: float, *, arrow: bool = False) -> str:
    path = f"M{x:g} {y:g}L{to_x:g} {to_y:g}"
    if arrow:
        path += "m-4 -6l4 6l4 -6" if x == to_x else "m-6 -4l6 4l-6 4"
    return f'<path d="{path}" fill="none" stroke="currentColor"/>'
