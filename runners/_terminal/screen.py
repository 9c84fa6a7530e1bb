"""Where a search that was begun at a terminal is seen.

session.search(options, deadline, Terminal(tensorboard=False), say=print)
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from runners._search.budget import Budget
from runners._search.view import View
from runners._terminal.head import head
from runners._terminal.tensorboard import TensorBoardView, check_tensorboard
from runners._terminal.view import TerminalView
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.folds import FoldPlan


@dataclass(frozen=True)
class Terminal:
    """tensorboard: curves are written for it, too."""

    tensorboard: bool

    def check(self) -> None:
        """Raises UserError where TensorBoard is wanted and not installed."""
        if self.tensorboard:
            check_tensorboard()

    def head(self, store: RunStore, arrays: XrayArrays, plan: FoldPlan, features: Path | None) -> Iterator[str]:
        """Lines that are said before the search begins."""
        return head(store, arrays, plan, features)

    def view(self, store: RunStore, budget: Budget, workers: int) -> AbstractContextManager[View]:
        """Of a search with so many workers, from here on."""
        if self.tensorboard:
            return TensorBoardView(store, budget, workers)
        return TerminalView(store.experiment, budget, store.trials(), workers)
