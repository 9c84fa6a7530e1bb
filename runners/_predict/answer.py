"""What comes of one film that a model is asked about, and in which words it is said.

Answer("film.png", 63.2).words(TASKS["age"])                          # "63.2 years"
Answer("film.png", 63.2, half_width=18.3).words(TASKS["age"])         # "63.2 years (44.9 to 81.5)"
Answer("side.dcm", None, (Doubt("lateral", "is a lateral view"),))    # no answer, and why
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from trials.explained import can_be, in_words
from xrays.tasks import Task

UNREADABLE, IMPOSSIBLE, NO_VECTOR, COLOUR = "unreadable", "impossible", "no_vector", "colour"
# Of what is not answered: what --force answers all the same.
WITHHELD = ("blank", "lateral", "no_chest", "no_radiograph", COLOUR)


class Doubt(NamedTuple):
    """What is to be said against an answer, or why there is none. code: for programs, one of those above, `negative`,
    `faint` or `unusual`; words: for people."""

    code: str
    words: str


@dataclass(frozen=True)
class Answer:
    """name: of a film its file, as it was given; of a vector its id; of a patient theirs. value: what the model says,
    in the label's unit or as the probability of the second class; None where it was not asked or said what cannot be.
    half_width: of the interval around a number, None where the model has none. films: of a patient, how many the
    answer is put together from, or how many there are where there is none; 0 for a film."""

    name: str
    value: float | None
    doubts: tuple[Doubt, ...] = ()
    half_width: float | None = None
    films: int = 0

    def words(self, task: Task) -> str:
        """The answer, "" where there is none."""
        if self.value is None:
            return ""
        if (ends := self.ends(task)) is None:
            return in_words(task, self.value)
        low, high = (f"{end:.{task.label.decimals}f}" for end in ends)
        return f"{in_words(task, self.value)} ({low} to {high})"

    def ends(self, task: Task) -> tuple[float, float] | None:
        """Of the interval, as far as the label can go; None where there is none."""
        if self.value is None or self.half_width is None:
            return None
        least, most = task.label.least, task.label.most
        low, high = self.value - self.half_width, self.value + self.half_width
        return min(max(low, least), most), max(min(high, most), least)

    @property
    def codes(self) -> tuple[str, ...]:
        """Of the doubts, each once."""
        return tuple(dict.fromkeys(doubt.code for doubt in self.doubts))


def answered(name: str, value: float | None, doubts: tuple[Doubt, ...], task: Task) -> Answer:
    """value: what the model says, None where it was not asked; what cannot be is no answer."""
    if value is None or can_be(task, value):
        return Answer(name, value, doubts)
    said = in_words(task, value) if math.isfinite(value) else "no number"
    return Answer(name, None, (*doubts, Doubt(IMPOSSIBLE, f"the model says {said}")))
