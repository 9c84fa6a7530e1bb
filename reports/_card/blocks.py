"""What a card is made of: parts of small blocks, which know nothing of Markdown or HTML.

    Part("compute", "Compute", (Facts((("Core-hours", "4.2"),)),))

All of it is plain text; whoever writes it in a language escapes it there.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Link:
    """Words that lead to a part of the card, by its slug."""

    words: str
    to: str


Cell = str | Link


@dataclass(frozen=True)
class Paragraph:
    """note: smaller, on how to read what follows."""

    words: str
    note: bool = False


@dataclass(frozen=True)
class Warned:
    """What nobody may overlook."""

    title: str
    words: str


@dataclass(frozen=True)
class Figure:
    """A score in large digits. ends: its interval in words, "" for none."""

    label: str
    value: str
    unit: str
    ends: str
    caption: str


@dataclass(frozen=True)
class Figures:
    """Side by side."""

    of: tuple[Figure, ...]


@dataclass(frozen=True)
class Facts:
    """Names with what is known of them."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Items:
    """Sentences, one below the other."""

    of: tuple[str, ...]


@dataclass(frozen=True)
class Rows:
    """A table. numbers: columns whose digits stand below each other; long: those that may break into lines."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    numbers: frozenset[int] = frozenset()
    long: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Flow:
    """A picture of what the block before it says: how many films came in, were left out and went where. rows: as of
    reports/_drawing/flow.py."""

    title: str
    rows: tuple[Mapping[Hashable, Any], ...]


@dataclass(frozen=True)
class Code:
    """Lines to type, or to put into a program."""

    lines: tuple[str, ...]


Block = Paragraph | Warned | Figures | Facts | Items | Rows | Flow | Code


@dataclass(frozen=True)
class Part:
    """A section. slug: what links lead to."""

    slug: str
    title: str
    blocks: tuple[Block, ...]


def facts(pairs: Mapping[str, str]) -> Facts:
    """Those of them that are known."""
    return Facts(tuple((name, value) for name, value in pairs.items() if value))


def table(caption: str, head: Sequence[str], rows: Sequence[Sequence[Cell]], *, long: Sequence[int] = ()) -> Rows:
    """Of which the first column heads the rows, and all others are numbers unless they are long."""
    numbers = frozenset(range(1, len(head))) - set(long)
    return Rows(caption, tuple(head), tuple(map(tuple, rows)), numbers, frozenset(long))
