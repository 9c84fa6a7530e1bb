"""Answers as lines of a terminal: columns that stand below each other, though nobody knows what is still to come.

lines = Lines(["film.png", "side.dcm"], TASKS["age"])
lines.of(answer)                    # "side.dcm       is a lateral view"
tally = Tally()
tally.add(answer)
tally.words(films=3)                # "2 of 3 films answered; 1 lateral (--force answers it, …)"
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from runners._predict.answer import WITHHELD, Answer
from xrays.tasks import Task

WIDEST = 60  # characters of a name, beyond which others are not moved by it


class Lines:
    """A class because how wide a column is hangs on all films."""

    def __init__(self, names: Sequence[str], task: Task, *, bounded: bool = False) -> None:
        """names: of all that answers may be of; bounded: whether a number has an interval."""
        self._task = task
        self._name = min(WIDEST, max(map(len, names), default=0))
        widest = Answer("", 100.0, half_width=20.0 if bounded else None)
        longest = widest.words(task) if task.kind == "regression" else ""
        self._answer = len(longest) if len(names) > 1 else 0

    def of(self, answer: Answer) -> str:
        """What is said of a film; its doubts stand in parentheses beside an answer."""
        words, doubts = answer.words(self._task), [doubt.words for doubt in answer.doubts]
        said = [words.rjust(self._answer), *(f"({doubt})" for doubt in doubts)] if words else doubts
        of = [f"of {answer.films} film{'s' * (answer.films > 1)}"] if answer.films else []
        return "  ".join([answer.name.ljust(self._name), *said[:1], *of, *said[1:]])


class Tally:
    """How many films were answered, and why the others were not. A class because answers come one by one."""

    def __init__(self, what: str = "film") -> None:
        """Of none yet. what: there is an answer of."""
        self.answered, self._what = 0, what
        self._missing: Counter[str] = Counter()

    def add(self, answer: Answer) -> None:
        """One more."""
        if answer.value is None:
            self._missing[next((code for code in answer.codes if code in WITHHELD), answer.codes[-1])] += 1
        else:
            self.answered += 1

    @property
    def missing(self) -> int:
        """Films without an answer."""
        return sum(self._missing.values())

    def words(self, films: int) -> str:
        """films: how many were given."""
        asked = self.answered + self.missing
        more = f"; {films - asked:,} were not looked at" if asked < films else ""
        reasons = ", ".join(f"{count:,} {code}" for code, count in sorted(self._missing.items()))
        withheld = sum(count for code, count in self._missing.items() if code in WITHHELD)
        forced = f" (--force answers {withheld:,} of them, for what it is worth)" if withheld else ""
        return (
            f"{self.answered:,} of {asked:,} {self._what}s answered"
            + (f": {reasons}{forced}" if reasons else "")
            + more
        )
