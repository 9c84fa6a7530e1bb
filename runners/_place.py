"""Where a search's folds are trained: processes of this machine, or actors of a Ray cluster.

with open_workers(setup, Place(workers=2)) as workers: …
"""

from __future__ import annotations

import os
from contextlib import AbstractContextManager

from runners._cost import memory_limit
from runners._machine import gpus
from runners._messages import Setup
from runners._options import Place
from runners._workers import LocalWorkers, Workers


def workers_of(place: Place) -> int:
    """How many train at once: as asked for, else one a GPU, or one that has all cores."""
    return place.workers or len(gpus(os.environ)) or 1


def memory_of(place: Place) -> int | None:
    """Bytes that one worker may take for training: its share of the machine, or what was given."""
    if place.memory_gb:
        return int(place.memory_gb * 1e9)
    limit = memory_limit()
    # A GPU is one worker's; the machine's memory is shared.
    return limit if limit is None or place.ray or gpus(os.environ) else limit // workers_of(place)


def resident_of(place: Place) -> float:
    """Bytes that a worker's process may grow to. What a GPU holds says nothing about its process."""
    memory = memory_of(place) if place.memory_gb or not gpus(os.environ) else None
    return float("inf") if memory is None else memory


def open_workers(setup: Setup, place: Place) -> AbstractContextManager[Workers]:
    """Raises UserError when there is no such cluster, or Ray is not installed."""
    if place.ray:
        from runners._ray.workers import RayWorkers

        # What this machine has says nothing about the nodes.
        return RayWorkers(setup, place.workers or None, place.ray, memory=place.memory_gb * 1e9 or float("inf"))
    return LocalWorkers(setup, workers_of(place), resident_of(place))
