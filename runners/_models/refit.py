"""The best configuration trained once more, on all development films together, for the model that is exported.

refitted = refit(run, best, Path("best_age.h5"), watch)          # Refitted; the file is there
"""

from __future__ import annotations

from pathlib import Path

from runners._training.handler import training
from runners._training.reopened import ReopenedRun
from runners._workers.conversation import Watch, ask
from runners._workers.local import LocalWorkers
from runners._workers.messages import Refit, Refitted
from trials.records import TrialResult


def refit(run: ReopenedRun, best: TrialResult, target: Path, watch: Watch) -> Refitted:
    """Trains in a worker, which writes the predictor to `target` (.h5). watch: is given Ready, Epoch and Busy. Raises
    JobFailed."""
    with LocalWorkers(run.setup(), make=training) as workers:
        return ask(workers, Refit(best, target.resolve()), Refitted, failed="refitting failed", watch=watch)
