"""Where a search's folds are trained: processes of this machine, or actors of a Ray cluster.

settled = settle_run(options.place, 250, store.experiment, store.provenance.chosen, films=760)
settled.place.workers, settled.memory             # 2, 13_500_000_000
with open_workers(setup, settled) as workers: …

A search, its final and its ablation are settled in one way, by what stands in the run: the search keeps time for a
final that is trained by as many workers. The run's backend, not this call's, says which GPUs there are.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial

from runners._search.options import Place
from runners._training.handler import training
from runners._workers.devices import Gpu, gpus
from runners._workers.local import LocalWorkers
from runners._workers.memory import memory_limit
from runners._workers.messages import HELD, Setup
from runners._workers.protocol import Workers
from search_spaces import load_space
from search_spaces._cost import extremes, within
from search_spaces._narrow import narrow
from search_spaces._space import Recipe, Space
from trials.experiment import Experiment
from trials.provenance import Chosen, Provenance
from trials.records import TrialResult
from trials.store import RunStore
from xrays.cores import usable_cores

# Two workers that share the cores train 1.18 times as many trials an hour as one that has them all
# (benchmarks/workers.py: two cores, the space cnn, 64 px). More were not measured.
SHARING = 2
A_CARD = 4  # workers a GPU, at most
ON_CARD = 10**9  # bytes of a GPU that a worker takes beside its networks and films
A_PIXEL = {"tensorflow": 2, "jax": 1}  # bytes of a film's pixel on a GPU (runners/_training/loop_*.py)


@dataclass(frozen=True)
class SettledPlace:
    """place: as given, with its number of workers (0 on a cluster: it is for the cluster to say). memory: bytes that
    one of them may take for training, None where that is not known; resident: bytes that its process may grow to;
    held: bytes of films that a GPU may keep for it beside that."""

    place: Place
    memory: int | None
    resident: float
    held: int = HELD


def settle_run(place: Place, folds: int, experiment: Experiment, chosen: Chosen, films: int) -> SettledPlace:
    """`settle` for whatever is trained of a run: with the threads that were chosen when it was begun, and as its
    narrowed space and its films, so many in all, need it."""
    largest = 0
    if gpus(experiment.backend):
        space = narrow(load_space(experiment.space), experiment.narrowing, ())
        largest = extremes(space, experiment.shape)[1].training_bytes
    a_number = 4 if experiment.vectors else A_PIXEL.get(experiment.backend, 0)
    on_card = films * math.prod(experiment.shape) * a_number
    return settle(place, folds, experiment.backend, chosen.threads, largest, on_card)


def settle_networks(
    place: Place, networks: int, space: Space, recipes: Iterable[Recipe], experiment: Experiment, about: Provenance
) -> SettledPlace:
    """`settle_run` for so many trainings of these recipes on a run's films; one worker where the largest of them do
    not fit side by side."""
    shared = settle_run(place, networks, experiment, about.chosen, about.films)
    fit = (
        not within(space.footprint(recipe, experiment.shape), recipe.fit.batch_size, None, shared.memory)
        for recipe in recipes
    )
    if place.ray or all(fit):
        return shared
    return settle_run(place, 1, experiment, about.chosen, about.films)


def slots(place: Place) -> int:
    """How many workers there will be of a place that is settled; a cluster is asked what it has room for. Raises
    UserError as `open_workers` does."""
    if place.workers or not place.ray:
        return place.workers
    from runners._ray.workers import room

    return room(place.ray, place.cpus, place.gpus)


def settle(
    place: Place, folds: int, backend: str, threads: int = 0, largest: int = 0, films: int = 0
) -> SettledPlace:
    """With as many workers as suit this machine where the user has not said how many: on a GPU as many as have
    room for the largest network each, `largest` bytes, one where that is not known, and for the films, so many bytes
    each, unless the largest network has none beside them; else as many as have so many threads, SHARING where that is
    not known. Never more than `folds`, those of all trials of the whole search: the
    workers' number decides what each of them may take, and what is too large must be so in every call."""
    # What this machine has says nothing about the nodes of another one's cluster.
    cards = () if place.ray not in ("", "local") else gpus(backend)
    if not place.ray:
        cores = usable_cores()
        count = (
            place.workers
            or _on_cards(cards, largest, films, cores)
            or (max(1, cores // threads) if threads else min(SHARING, cores))
        )
        place = replace(place, workers=max(1, min(count, folds)))
    memory = _memory(place, cards)
    # What a GPU holds says nothing about its process.
    bounded = place.memory_gb or not cards
    resident = memory if bounded and memory is not None else float("inf")
    if not cards or place.ray or memory is None:
        return SettledPlace(place, memory, resident)
    held = max(0, memory - largest - ON_CARD)  # films are sent for each call rather than a network left out
    return SettledPlace(place, memory - films if films <= held else memory, resident, held)


def _memory(place: Place, cards: Sequence[Gpu]) -> int | None:
    """What was given, else a worker's share of the machine."""
    if place.memory_gb:
        return int(place.memory_gb * 1e9)
    if place.ray not in ("", "local"):
        return None
    limit = memory_limit(cards)
    if limit is None or place.ray:
        return limit
    # Those of one GPU share it; without any all share the machine's memory.
    return limit // math.ceil(place.workers / max(1, len(cards)))


def _on_cards(cards: Sequence[Gpu], largest: int, films: int, cores: int) -> int:
    """Workers on all GPUs: small networks leave most of one idle. Never more than cores, but one a GPU."""
    limit, needed = memory_limit(cards), largest + ON_CARD
    if limit is not None and needed + films <= limit:
        needed += films
    a_card = limit // needed if largest and limit is not None else 1
    return max(len(cards), min(len(cards) * min(A_CARD, max(1, a_card)), cores)) if cards else 0


def open_workers(setup: Setup, settled: SettledPlace) -> AbstractContextManager[Workers]:
    """Raises UserError when there is no such cluster, or Ray is not installed."""
    place, setup = settled.place, replace(setup, held=settled.held)
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
    return LocalWorkers(setup, place.workers, settled.resident, make=training)


def workers_for(
    store: RunStore, trials: Sequence[TrialResult]
) -> Callable[[Setup, int], AbstractContextManager[Workers]]:
    """What opens as many of them, on this machine, as train or write so many networks of these trials the fastest."""
    experiment, space = store.experiment, load_space(store.experiment.space)
    recipes = [space.recipe(trial.params) for trial in trials]

    def opened(setup: Setup, networks: int) -> AbstractContextManager[Workers]:
        settled = settle_networks(Place(), networks, space, recipes, experiment, store.provenance)
        return open_workers(setup, settled)

    return opened
