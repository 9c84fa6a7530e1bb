"""What a worker of `explain` does: the network of a fold, kept or trained again, or an exported model, and its maps.

LocalWorkers(setup, make=fold_explainer)        # for ExplainFold and AskAltered
LocalWorkers(setup, make=model_explainer)       # for ExplainModel; needs neither films nor folds
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

from runners._explain.messages import AskAltered, ExplainFold, ExplainModel
from runners._workers.main import Handler
from runners._workers.messages import Busy, Job, Ready, Setup, Train


def fold_explainer(setup: Setup, connection: Connection) -> Handler:
    """Trains as in the search, where that has kept no network. Loads the backend, for which the environment must have
    been set."""
    from runners._explain.asking import ask_altered
    from runners._explain.gradcam import explain_network, predictions_of
    from runners._training.context import TrainingContext
    from runners._training.fold import train_fold
    from runners._training.written import kept_predictor

    context = TrainingContext(setup, connection)

    class _Explainer:
        def ready(self) -> Ready:
            return Ready(context.device)

        def do(self, job: Job) -> Any:
            if isinstance(job, AskAltered):
                answer = partial(predictions_of, kept_predictor(context, job.trial, job.network))
                return ask_altered(answer, context.arrays.images, job.rows, _reported(connection, "altered films"))
            if not isinstance(job, ExplainFold):
                raise TypeError(f"a worker that explains a fold was sent {type(job).__name__}")
            if network := job.network:
                predictor = kept_predictor(context, job.trial, network)
            else:
                network = train_fold(context, Train(job.trial, job.fold, network=True)).network
                predictor = context.fold_trainer(job).predictor()
            films, reported = context.arrays.images[job.rows], _reported(connection, "maps")
            explained = explain_network(predictor, films, seed=job.trial.number, progress=reported)
            return replace(explained, network=network)

    return _Explainer()


def model_explainer(setup: Setup, connection: Connection) -> Handler:
    """Loads what `export` has written, and the backend before it."""
    import keras

    from runners._explain.gradcam import explain_network
    from runners._models.opened import opened

    class _Explainer:
        def ready(self) -> Ready:
            return Ready(keras.backend.backend())

        def do(self, job: Job) -> Any:
            if not isinstance(job, ExplainModel):
                raise TypeError(f"a worker that explains a model was sent {type(job).__name__}")
            model, seed = opened(job.model), job.trial.number
            return explain_network(model, job.films, seed=seed, progress=_reported(connection, "maps"))

    return _Explainer()


def _reported(connection: Connection, what: str) -> Callable[[int, int], None]:
    return lambda done, total: connection.send(Busy(what, done, total))
