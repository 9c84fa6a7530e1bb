"""What makes a worker train. The driver hands it to its workers and loads no backend by that.

with LocalWorkers(setup, make=training) as workers: …
"""

from __future__ import annotations

from multiprocessing.connection import Connection

from runners._workers.main import Handler
from runners._workers.messages import Setup


def training(setup: Setup, connection: Connection) -> Handler:
    """Trains networks. Loads the backend, for which the environment must have been set."""
    from runners._training.jobs import TrainingJobs

    return TrainingJobs(setup, connection)
