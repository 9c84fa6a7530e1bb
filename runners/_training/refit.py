"""The best configuration on all development films together, written as a file that a stranger can load.

refit(context, Refit(trial, Path("best_age.h5")))        # Written
"""

from __future__ import annotations

import time

from runners._training.context import TrainingContext
from runners._training.portable import save_portable
from runners._training.written import in_float32, written
from runners._workers.messages import Epoch, Refit, Written
from xrays.assignment import in_folds


def refit(context: TrainingContext, job: Refit) -> Written:
    """Trains, and writes the predictor to `job.target`. Raises TrainingDiverged, NotPortable."""
    begun = time.perf_counter()
    trainer = context.refit_trainer(job)
    plain = in_float32(context, trainer.recipe)
    save_portable(plain, job.target)  # what cannot be written is known before hours of training
    trainer.fit(
        context.labels,
        context.rows(in_folds(context.setup.assignment)),
        fold=-1,
        watch=lambda epoch, loss: context.report(Epoch(epoch, float("nan"), loss)),
    )
    plain.set_weights(trainer.predictor().get_weights())
    return written(context, plain, job.target, begun, trainer.films_at_once)
