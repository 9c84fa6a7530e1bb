"""Where a search is seen, and what it tells whoever shows it. The terminal implements both (`runners/_terminal/`).

with screen.view(store, budget, workers=2) as view:
    view.note("training the baselines")
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from runners._search.budget import Budget
from runners._workers.messages import Epoch
from runners._workers.schedule import Observer
from trials.records import FoldScore, Trial, TrialResult
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.folds import FoldPlan


class View(Observer, Protocol):
    """Is told of whatever happens in a search, after it is on disk."""

    def cost_so_far(self) -> None:
        """The search begins: what the trials of earlier calls have cost stands for those to come."""

    def fold_begins(self, trial: Trial, fold: int) -> None:
        """Its worker is sent the fold, maybe once more."""

    def epoch(self, trial: Trial, fold: int, epoch: Epoch) -> None:
        """An epoch of the fold is over."""

    def fold_ends(self, trial: Trial, score: FoldScore) -> None:
        """The fold is trained, to its end or until its trial was stopped."""

    def trial_ends(self, result: TrialResult, results: Sequence[TrialResult]) -> None:
        """results: of the whole search, this one the last."""


class Screen(Protocol):
    """Where a search is seen."""

    def check(self) -> None:
        """Raises UserError where it cannot be shown."""

    def head(self, store: RunStore, arrays: XrayArrays, plan: FoldPlan, features: Path | None) -> Iterator[str]:
        """Lines that are said before the search begins. features: the folder where those of frozen backbones are
        kept, None for a space without any."""

    def view(self, store: RunStore, budget: Budget, workers: int) -> AbstractContextManager[View]:
        """Of a search with so many workers, from here on."""
