"""What a check is, and what it may say: text, numbers, tables, charts and films, none of them drawn yet.

CHECK = Check(order=20, title="Copies", note="…")

def look(collection: Collection) -> Finding:
    return Finding("passed", "No two films are the same picture.")
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from xrays.audit._collection import Collection

Severity = Literal["problem", "hint", "passed", "not applicable"]
SEVERITIES: tuple[Severity, ...] = ("problem", "hint", "passed", "not applicable")


@dataclass(frozen=True)
class Check:
    """order: place among the findings of one severity, the weightiest first. title; note: why it is looked at and how
    to read it, in plain words."""

    order: int
    title: str
    note: str


@dataclass(frozen=True)
class Table:
    """caption: what it shows. head: its columns. rows: their cells as a reader sees them, each as many as the head.
    The first column names the row, the others are numbers unless `words` is set."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    words: bool = False


@dataclass(frozen=True)
class Chart:
    """x, y: titles of the axes. series: name -> (places, heights). kind: how they are drawn."""

    x: str
    y: str
    series: Mapping[str, tuple[Sequence[Any], Sequence[float]]]
    kind: Literal["bars", "lines", "dots"] = "bars"


@dataclass(frozen=True)
class Films:
    """title: what these films have in common. rows: the row of each in the collection, and a caption."""

    title: str
    rows: tuple[tuple[int, str], ...]


Part: TypeAlias = "Table | Chart | Films"


@dataclass(frozen=True)
class Finding:
    """severity: a problem makes scores wrong or films unusable, a hint is for somebody to look at. found: what it is,
    in a sentence or more. command: what mends it, "" where nothing has to be typed. figures: the same as numbers,
    for programs. parts: to look at, in their order."""

    severity: Severity
    found: str
    command: str = ""
    figures: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Part, ...] = ()


class CheckFile(Protocol):
    """A file in `xrays/audit/` whose name has no underscore."""

    @property
    def CHECK(self) -> Check:
        """Its place, title and note."""

    def look(self, collection: Collection) -> Finding:
        """What it says of a collection; "not applicable" where it lacks what is looked at."""
