"""What a search that was not told how to compute is trained with, when it is begun: measured, where that can pay.

precision, chosen = choose(options, space, setup, films=80_000, say=print)

Spaces with a backbone, whose features are computed once for all trials, and GPUs, on which nobody has seen what
another precision does to accuracy, are not measured: there it is float32.
"""

from __future__ import annotations

import os
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
    if films < LEAST or space.build_head is not None or (here and gpus(experiment.backend)):
        return given, Chosen(precision=left)
    faster = left and (has_bfloat16() or not here)
    precisions = space.precisions if faster else (given,)
    counts = [1] if place.workers or place.ray or _busy() else _counts(space, experiment.size)
    if len(precisions) == len(counts) == 1:
        return given, Chosen(precision=left)

    def opened(count: int) -> AbstractContextManager[Workers]:
        settled = settle(replace(place, workers=count), count, experiment.backend)
        usual = replace(setup, threads=max(1, usable_cores() // (place.workers or SHARING)))
        return open_workers(setup if len(counts) > 1 else usual, settled)

    try:
        found = fastest(rates(space, experiment, precisions, counts, opened, say))
    except JobFailed as error:
        return given, Chosen(precision=left, why=f"{given}, {error.reply.reason}")
    threads = usable_cores() // found.workers if found.workers else 0
    return found.precision, Chosen(threads, left, found.why)


def _busy() -> bool:
    """Whether others use this machine now: workers would be compared with them."""
    return os.getloadavg()[0] > usable_cores() / 2


def _counts(space: Space, size: int) -> list[int]:
    """Numbers of workers to compare: one a core, as far as there is memory for the largest network in each, and the
    usual number; or one with all cores."""
    most, limit = usable_cores(), memory_limit(())
    if limit is not None:
        _, largest = extremes(space, (size, size, 1))
        most = max(1, min(most, limit // (largest.training_bytes + PROCESS)))
    return [most, SHARING if most > SHARING else 1] if most > 1 else [1]
