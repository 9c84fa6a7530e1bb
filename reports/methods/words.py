"""Small words of a methods section.

many(1, "trial"), many(1200, "trial")       # "1 trial", "1,200 trials"
were(1), were(3)                            # "was", "were"
"""

from __future__ import annotations

from reports._drawing.numbers import count


def many(number: int, thing: str) -> str:
    """So many of it."""
    return f"{count(number)} {thing}{'s' * (number != 1)}"


def were(number: int) -> str:
    """The verb for so many."""
    return "was" if number == 1 else "were"
