"""Where a search is seen, and what it tells whoever shows it. The terminal implements both (`runners/_terminal/`).

with screen.view(store, budget, workers=2) as view:
    view.note("training the baselines")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from runners._search.budget import Budget
from runners._workers.messages import Busy, Epoch, Measured, Ready
from trials.records import FoldScore, Trial, TrialResult
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.folds import FoldPlan


class View(Protocol):
    """Is told of whatever happens in a search, after it is on disk."""

    def cost_so_far(self) -> None:
        """The search begins: what the trials of earlier calls have cost stands for those to come."""

    def ready(self, reply: Ready) -> None:
        """A worker is."""

    def progress(self, reply: Busy, trial: Trial | None = None) -> None:
        """trial: what waits for it."""

    def measured(self, cost: Measured) -> None:
        """Of the first trial, before it is trained."""

    def fold_begins(self, trial: Trial, fold: int) -> None:
        """Its worker is sent the fold, maybe once more."""

    def epoch(self, trial: Trial, fold: int, epoch: Epoch) -> None:
        """An epoch of the fold is over."""

    def fold_ends(self, trial: Trial, score: FoldScore) -> None:
        """The fold is trained, to its end or until its trial was stopped."""

    def trial_ends(self, result: TrialResult, results: Sequence[TrialResult]) -> None:
        """results: of the whole search, this one the last."""

    def left(self, trial: Trial) -> None:
        """The trial stays open: whoever trained it has left it."""

    def note(self, text: str) -> None:
        """A line for the user."""

    def stopping(self) -> None:
        """The user has asked for it: the running folds are finished."""


class Screen(Protocol):
    """Where a search is seen."""

    def check(self) -> None:
        """Raises UserError where it cannot be shown."""

    def head(self, store: RunStore, arrays: XrayArrays, plan: FoldPlan) -> Iterator[str]:
        """Lines that are said before the search begins."""

    def view(self, store: RunStore, budget: Budget, workers: int) -> AbstractContextManager[View]:
        """Of a search with so many workers, from here on."""
