"""Learning curves for TensorBoard, beside the live view: one run a fold, `RUN/tensorboard/trial_00003/fold_1`.

with TensorBoardView(store, Budget(trials=50), workers=1) as view: …
tensorboard --logdir runs
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence, Set
from pathlib import Path
from types import ModuleType
from typing import Self

from runners._search.budget import Budget
from runners._terminal.view import TerminalView
from trials.experiment import Experiment
from trials.records import FoldScore, Trial, TrialResult
from trials.store import RunStore
from xrays.errors import UserError
from xrays.extras import with_extra
from xrays.tasks import task_named


class TensorBoardView(TerminalView):
    """The terminal's view that also writes. What it has written is what the store holds: the folds that a trial has
    lost go, and those that were finished before it came are made up for."""

    def __init__(self, store: RunStore, budget: Budget, workers: int) -> None:
        super().__init__(store.experiment, budget, store.trials(), workers)
        self._store = store

    def __enter__(self) -> Self:
        finished = ((result.number, fold) for result in self._store.trials() for fold in result.folds)
        opened = ((trial.number, fold) for trial in self._store.open_trials() for fold in self._saved(trial))
        for number, fold in (*finished, *opened):
            if not self._folder(number, fold.fold).exists():
                self._write(number, fold)
        return super().__enter__()

    def fold_begins(self, trial: Trial, fold: int) -> None:
        """Curves of this fold, and of whatever the trial has lost, are of one that begins again: they go."""
        self._drop_all_but(trial.number, {score.fold for score in self._saved(trial)} - {fold})
        super().fold_begins(trial, fold)

    def trial_ends(self, result: TrialResult, results: Sequence[TrialResult]) -> None:
        """Curves of folds that do not count go."""
        self._drop_all_but(result.number, {score.fold for score in result.folds})
        super().trial_ends(result, results)

    def fold_ends(self, trial: Trial, score: FoldScore) -> None:
        """Its curve is written."""
        super().fold_ends(trial, score)
        self._write(trial.number, score)

    def _drop_all_but(self, number: int, folds: Set[int]) -> None:
        for lost in set(self._store.experiment.every_fold) - folds:
            shutil.rmtree(self._folder(number, lost), ignore_errors=True)

    def _saved(self, trial: Trial) -> list[FoldScore]:
        return [score for score, _ in self._store.unfinished.folds(trial.number)]

    def _folder(self, number: int, fold: int) -> Path:
        return self._store.path / "tensorboard" / f"trial_{number:05d}" / f"fold_{fold}"

    def _write(self, number: int, score: FoldScore) -> None:
        """Under another name first: a kill leaves no half of a curve."""
        folder = self._folder(number, score.fold)
        beginning = folder.with_name(f".{folder.name}")
        shutil.rmtree(beginning, ignore_errors=True)
        write_curves(beginning, self._store.experiment, score)
        beginning.rename(folder)


def write_curves(folder: Path, experiment: Experiment, score: FoldScore) -> None:
    """Objective and training loss after every epoch of the fold."""
    from tensorboard.summary import Writer

    writer = Writer(str(folder))
    for epoch, (value, loss) in enumerate(zip(score.curve, score.losses, strict=True), 1):
        writer.add_scalar(task_named(experiment.task).objective, value, epoch)
        writer.add_scalar("training loss", loss, epoch)
    writer.close()


def check_tensorboard() -> None:
    """Raises UserError where it is not installed. With it TensorBoard is told to do without TensorFlow, which the
    driver of a search does not load: this module being there is how it is told."""
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        raise UserError(
            "--tensorboard: TensorBoard is not installed", "the extra `dashboard`", with_extra("dashboard")
        ) from None
    sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
