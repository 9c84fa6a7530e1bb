"""What a search tells whoever shows it. The terminal's view implements it (`runners/_terminal/view.py`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from runners._workers.messages import Busy, Epoch, Measured, Ready
from trials.records import FoldScore, Trial, TrialResult


class View(Protocol):
    def ready(self, reply: Ready) -> None: ...
    def progress(self, reply: Busy, trial: Trial | None = None) -> None:
        """trial: what waits for it."""

    def measured(self, cost: Measured) -> None: ...
    def fold_begins(self, trial: Trial, fold: int) -> None: ...
    def epoch(self, trial: Trial, fold: int, epoch: Epoch) -> None: ...
    def fold_ends(self, trial: Trial, score: FoldScore) -> None: ...
    def trial_ends(self, result: TrialResult, results: Sequence[TrialResult]) -> None: ...
    def left(self, trial: Trial) -> None:
        """The trial stays open: whoever trained it has left it."""

    def note(self, text: str) -> None: ...
    def stopping(self) -> None:
        """The user has asked for it: the running folds are finished."""
