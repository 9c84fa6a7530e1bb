"""Where a search's folds are trained: processes of this machine, or actors of a Ray cluster.

place = place_with_workers(options.place, 50, "tensorflow")
with open_workers(setup, place) as workers: …

backend: what is computed with. A run that is trained again has its own, which may see other GPUs.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial

from runners._search.options import Place
from runners._training.handler import training
from runners._workers.devices import gpus
from runners._workers.local import LocalWorkers
from runners._workers.memory import memory_limit
from runners._workers.messages import Setup
from runners._workers.protocol import Workers
from xrays.cores import usable_cores

# Two workers that share the cores train 1.18 times as many trials an hour as one that has them all
# (benchmarks/workers.py: two cores, the space cnn, 64 px). More were not measured.
SHARING = 2


def place_with_workers(place: Place, trials: int, backend: str) -> Place:
    """With as many workers as suit this machine where the user has not said how many: one a GPU, else SHARING. Never
    more than there are trials, of the whole search: the workers' number decides what each of them may take, and what
    is too large must be so in every call. On a cluster it is for the cluster to say."""
    if place.ray:
        return place
    count = place.workers or len(gpus(backend)) or min(SHARING, usable_cores())
    return replace(place, workers=max(1, min(count, trials)))


def memory_of(place: Place, backend: str) -> int | None:
    """place: settled. Bytes that one worker may take for training: its share of the machine, or what was given;
    None where that is not known."""
    if place.memory_gb:
        return int(place.memory_gb * 1e9)
    if place.ray not in ("", "local"):
        return None  # what this machine has says nothing about the nodes
    cards = gpus(backend)
    limit = memory_limit(cards)
    # A GPU is one worker's; the machine's memory is shared.
    return limit if limit is None or place.ray or cards else limit // place.workers


def resident_of(place: Place, backend: str) -> float:
    """place: settled. Bytes that a worker's process may grow to. What a GPU holds says nothing about its process."""
    memory = memory_of(place, backend) if place.memory_gb or not gpus(backend) else None
    return float("inf") if memory is None else memory


def open_workers(setup: Setup, place: Place) -> AbstractContextManager[Workers]:
    """place: settled. Raises UserError when there is no such cluster, or Ray is not installed."""
    if place.ray:
        from runners._ray.workers import RayWorkers

        return RayWorkers(
            setup,
            place.workers or None,
            place.ray,
            cpus=place.cpus,
            gpus=place.gpus,
            memory=place.memory_gb * 1e9 or float("inf"),
            start=partial(LocalWorkers, make=training),
        )
    return LocalWorkers(setup, place.workers, resident_of(place, setup.experiment.backend), make=training)
