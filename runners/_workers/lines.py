"""What the user sees of a crew whose whole story is what comes of its folds: lines, indented below its head."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runners._words import stopping_words
from runners._workers.messages import Busy, Measured, Ready
from trials.records import Trial


@dataclass(frozen=True)
class LinesView:
    """fold_cost: seconds that a fold may take; spent: gives the seconds that the running ones have taken."""

    say: Callable[[str], None]
    fold_cost: float
    spent: Callable[[], Sequence[float]]

    def note(self, text: str) -> None:
        """A line for the user."""
        self.say(f"  {text}")

    def stopping(self) -> None:
        """The user has asked for it: the running folds are finished."""
        self.say(stopping_words(max(0.0, self.fold_cost - min(self.spent(), default=0.0))))

    def ready(self, reply: Ready) -> None:
        """No line: what is trained, and how long that takes, was said before."""

    def progress(self, reply: Busy, trial: Trial | None = None) -> None:
        """No line: what is shown are folds."""

    def measured(self, cost: Measured) -> None:
        """Never called: no steps are timed where it is known what a fold cost in the search."""

    def drop(self, trial: Trial) -> None:
        """No line: nothing of a running trial is shown."""
