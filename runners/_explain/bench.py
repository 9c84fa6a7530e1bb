"""What a worker of `explain` does: the network of a fold trained again, or an exported model, and its maps.

LocalWorkers(setup, make=of_fold)        # for ExplainFold
LocalWorkers(setup, make=of_model)       # for ExplainModel; needs neither films nor folds
"""

from __future__ import annotations

from multiprocessing.connection import Connection
from typing import Any

from runners._explain.messages import ExplainFold, ExplainModel
from runners._workers.main import Works
from runners._workers.messages import Busy, Job, Ready, Setup, Train


def of_fold(setup: Setup, connection: Connection) -> Works:
    """Trains as in the search. Loads the backend, for which the environment must have been set."""
    from runners._explain.gradcam import explained
    from runners._training.bench import Bench

    class Explainer(Bench):
        def do(self, job: Job) -> Any:
            if not isinstance(job, ExplainFold):
                return super().do(job)
            self._train(Train(job.trial, job.fold))
            predictor = self._fold_trainer(job).predictor()
            return explained(predictor, self.arrays.images[job.rows], seed=job.trial.number, tell=_told(connection))

    return Explainer(setup, connection)


def of_model(setup: Setup, connection: Connection) -> Works:
    """Loads what `export` has written, and the backend before it."""
    import keras

    from runners._explain.gradcam import explained

    class Explainer:
        def ready(self) -> Ready:
            return Ready(keras.backend.backend())

        def do(self, job: Job) -> Any:
            if not isinstance(job, ExplainModel):
                raise TypeError(f"a worker that explains a model was sent {type(job).__name__}")
            model = keras.models.load_model(job.model, compile=False)
            return explained(model, job.films, seed=job.trial.number, tell=_told(connection))

    return Explainer()


def _told(connection: Connection) -> Any:
    return lambda done, total: connection.send(Busy("maps", done, total))
