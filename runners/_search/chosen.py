"""What a search that was not told how to compute is trained with, when it is begun: measured, where that can pay.

precision, chosen = choose(options, space, setup, films=80_000, say=print)

Not measured, and trained in float32 by the usual number of workers, is what nobody has seen another precision's
accuracy of: on GPUs, and in spaces with a backbone. Of the latter numbers of workers are not compared either: what
takes their time is to train a backbone's layers, which no few seconds can show, and their first configuration trains
a head on features that were computed once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from runners._search.options import AUTO, SearchOptions
from runners._search.place import SHARING, open_workers, settle
from runners._search.rates import fastest, rates
from runners._workers.conversation import JobFailed
from runners._workers.devices import gpus
from runners._workers.memory import memory_limit
from runners._workers.messages import Setup
from runners._workers.processor import has_bfloat16
from runners._workers.protocol import Workers
from search_spaces._cost import extremes
from search_spaces._space import Space
from trials.provenance import Chosen
from xrays.cores import usable_cores

LEAST = 30_000  # films that all epochs of a trial train on: with fewer, making its network is most of what it takes
MOST = (
    16  # workers that are started to be compared: each takes 3 s of a core to load, and of memory what a process does
)
PROCESS = 10**9  # bytes that a worker takes beside its largest network


def choose(
    options: SearchOptions, space: Space, setup: Setup, films: int, say: Callable[[str], None]
) -> tuple[str, Chosen]:
    """(precision, what else was found). space: as narrowed; setup: of the search, in float32; films: that all epochs
    of a trial train on. What cannot be measured is float32 and the usual number of workers."""
    experiment, place = setup.experiment, options.place
    left = options.precision == AUTO
    given = "float32" if left else options.precision
    here = place.ray in ("", "local")
    if given == "mixed" and here and not gpus(experiment.backend) and not has_bfloat16():
        say("CAUTION  --precision mixed: this processor only imitates bfloat16, so that training takes longer")
    if (
        films < LEAST
        or space.build_head is not None
        or space.takes == "vectors"
        or (here and gpus(experiment.backend))
    ):
        return given, Chosen(precision=left)
    faster = left and (has_bfloat16() or not here)
    precisions = space.precisions if faster else (given,)
    counts = [1] if place.workers or place.ray else _counts(space, experiment.size)
    if len(precisions) == len(counts) == 1:
        return given, Chosen(precision=left)

    def opened(count: int) -> AbstractContextManager[Workers]:
        settled = settle(replace(place, workers=count), count, experiment.backend)
        usual = replace(setup, threads=max(1, usable_cores() // (place.workers or SHARING)))
        return open_workers(setup if len(counts) > 1 else usual, settled)

    try:
        found = fastest(rates(space, experiment, precisions, counts, opened, say), given)
    except JobFailed as error:
        return given, Chosen(precision=left, why=f"{given}, {error.reply.reason}")
    threads = usable_cores() // found.workers if found.workers else 0
    return found.precision, Chosen(threads, left, found.why)


def _counts(space: Space, size: int) -> list[int]:
    """Numbers of workers to compare: one a core, as far as there is memory for the largest network in each, and the
    usual number; or one with all cores. Those that have as many cores each."""
    cores, limit = usable_cores(), memory_limit(())
    most = min(cores, MOST)
    if limit is not None:
        _, largest = extremes(space, (size, size, 1))
        most = max(1, min(most, limit // (largest.training_bytes + PROCESS)))
    most, fewer = (cores // math.ceil(cores / count) for count in (most, SHARING))
    return [most, fewer if most > fewer else 1] if most > 1 else [1]
