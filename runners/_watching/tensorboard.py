"""Learning curves for TensorBoard, beside the live view: one run a fold, `RUN/tensorboard/trial_00003/fold_1`.

with TensorBoardView(folder, experiment, trials=50, results=[], workers=1) as view: …
tensorboard --logdir runs
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from runners._watching.view import TerminalView
from trials.experiment import Experiment
from trials.records import FoldScore, Trial, TrialResult
from xrays.errors import UserError


class TensorBoardView(TerminalView):
    """The terminal's view that also writes."""

    def __init__(
        self, folder: Path, experiment: Experiment, trials: int, results: Sequence[TrialResult], workers: int
    ) -> None:
        super().__init__(experiment, trials, results, workers)
        self._folder = folder

    def fold_ends(self, trial: Trial, score: FoldScore) -> None:
        super().fold_ends(trial, score)
        from tensorboard.summary import Writer

        writer = Writer(str(self._folder / f"trial_{trial.number:05d}" / f"fold_{score.fold}"))
        for epoch, (value, loss) in enumerate(zip(score.curve, score.losses, strict=True), 1):
            writer.add_scalar(self._task.objective, value, epoch)
            writer.add_scalar("training loss", loss, epoch)
        writer.close()


def check_tensorboard() -> None:
    """Raises UserError where it is not installed. With it TensorBoard is told to do without TensorFlow, which the
    driver of a search does not load: this module being there is how it is told."""
    try:
        import tensorboard  # noqa: F401
    except ImportError:
        raise UserError(
            "--tensorboard: TensorBoard is not installed", "the extra `dashboard`", "pip install -e '.[dashboard]'"
        ) from None
    sys.modules.setdefault("tensorboard.compat.notf", ModuleType("tensorboard.compat.notf"))
