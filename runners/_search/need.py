"""What a trial lacks, and the time that it needs beside what is left.

Lacking(candidate, 5), Lacking(other, 3, (12.2, 11.8))
Need(seconds=240.0, rest=900.0, kept=0.0).words        # "may take 4 min, and 15 min are left"
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from runners._search.candidate import Candidate
from runners._words import duration


@dataclass(frozen=True)
class Lacking:
    """A trial and how many folds it lacks. seconds: of those that it has, trained to their ends."""

    candidate: Candidate
    folds: int
    seconds: Sequence[float] = ()


@dataclass(frozen=True)
class Need:
    """In seconds: until a trial would end; rest: left for it; kept: for the final, beside these."""

    seconds: float
    rest: float
    kept: float

    @property
    def met(self) -> bool:
        """Whether it would end in time."""
        return self.seconds <= self.rest

    @property
    def words(self) -> str:
        """What is said of a trial that would not."""
        return f"may take {duration(self.seconds)}, and {left_words(self.rest, self.kept)}"

    @property
    def timeout(self) -> str:
        """An option with which it would end."""
        return f"--timeout {math.ceil((self.seconds + self.kept) / 60) + 1}m"


def left_words(rest: float, kept: float) -> str:
    """What is left for trials, beside what is kept for the final."""
    final = f" before the final, which takes about {duration(kept)}" if kept else ""
    return f"{duration(max(0.0, rest))} are left{final}"
