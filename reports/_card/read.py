"""What is read of a card, which may be a stranger's: of the right kind, or nothing.

at(card, float, "compute", "core_hours")        # 4.2; None where there is none, or something else
known(card, "data.flow.came")                   # whether there is anything
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from trials.typed import typed
from xrays.strict_json import plain

T = TypeVar("T")
Card = Mapping[str, Any]


def at(card: Card, kind: type[T], *path: str) -> T | None:
    """What lies there, if it is of that kind; a number that is null is None, too."""
    given: Any = card
    for name in path:
        if not isinstance(given, Mapping) or (given := given.get(name)) is None:
            return None
    try:
        return typed(kind, given)
    except ValueError:
        return None


def rows_at(card: Card, *path: str) -> list[dict[str, Any]]:
    """The rows that lie there; none where they are no rows."""
    return at(card, list[dict[str, Any]], *path) or []


def word(card: Card, *path: str) -> str:
    """A text, or a number as JSON has it; "" where there is none."""
    for kind in (str, int, float):
        if (found := at(card, kind, *path)) is not None:
            return str(found)
    return ""


def number(given: Any) -> float | None:
    """Of a row's cell; None for what is no finite number."""
    return plain(float(given)) if type(given) in (int, float) else None


def on_vectors(card: Card) -> bool:
    """Whether its model takes no films but vectors that another model has made of them."""
    return len(at(card, list[int], "input", "shape") or []) == 1


def known(card: Card, path: str) -> bool:
    """Whether there is anything at `a.b.c`: no null, nor an empty text, list or mapping."""
    given: Any = card
    for name in path.split("."):
        given = given.get(name) if isinstance(given, Mapping) else None
    return given not in (None, "", [], {}, ())
