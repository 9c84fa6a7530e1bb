"""Measures how fast a space's networks are trained here: in workers, in turns, for about ten seconds.

rates = measured_rates(space, experiment, ("float32", "mixed"), (2, 1), opened)
rates.precisions, rates.workers, rates.lacking        # {"float32": 920, "mixed": 1480}, {2: 3100, 1: 2500}, ""
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import dataclass
from typing import TypeVar

from runners._workers.conversation import JobFailed, answers
from runners._workers.messages import Raised, Rate, Rated
from runners._workers.protocol import Died, Workers
from search_spaces._space import Space
from trials.experiment import Experiment
from trials.records import Trial

Key = TypeVar("Key", str, int)
Open = Callable[[int], AbstractContextManager[Workers]]

GAIN = 1.1  # times as fast: less is no reason to compute less exactly
TURNS = 3
# For all of it, from the start: from a cold disk a backend loads slowly. Three workers take about 10 s on two cores
# that nobody else uses: to load 2.4 s of a core each, to make networks in both precisions 2 s, and the turns.
SECONDS = 30.0
OWN = 0.8  # cores that every worker has for itself, at least: with less others use them


@dataclass(frozen=True)
class Rates:
    """Films that are trained on. precisions: in a second of the processor, which others may use meanwhile; workers:
    in a second, by the number of workers that share all cores, of all of them together, in the fastest precision.
    lacking: why what is not there was not measured, "" where all is."""

    precisions: Mapping[str, float]
    workers: Mapping[int, float]
    lacking: str = ""


def faster(films: Mapping[str, float]) -> str:
    """The precision to train in, of those that were rated. films: a second, of one or both of them."""
    both = len(films) > 1
    return ("mixed" if films["mixed"] / films["float32"] >= GAIN else "float32") if both else next(iter(films))


def measured_rates(
    space: Space, experiment: Experiment, precisions: Sequence[str], counts: Sequence[int], open_workers: Open
) -> Rates:
    """The medians of several turns, in which all workers of a number train at the same time, and no others. See
    `rates`. Raises JobFailed."""
    trial = Trial(number=0, params=space.first, recipe={}, max_epochs=experiment.epochs, results_known=0, started="")
    by_precision, by_count = dict[str, list[float]](), dict[int, list[list[Rated]]]()
    lacking, deadline = "measured no further, since the time for it was up", time.monotonic() + SECONDS
    with suppress(TimeoutError), ExitStack() as stack:  # workers that are late are ended at once
        crews = {count: stack.enter_context(open_workers(count)) for count in counts}

        def turn(count: int, names: Sequence[str]) -> list[Rated]:
            return _rated(crews[count], [Rate(trial, tuple(names))] * count, deadline)

        turn(counts[0], precisions)  # networks are built in the first
        for _ in range(TURNS if len(precisions) > 1 else 0):
            for rated in turn(counts[0], precisions):
                for name, films in rated.of_processor.items():
                    by_precision.setdefault(name, []).append(films)
        winner = [faster(_medians(by_precision)) if by_precision else precisions[0]]
        for count in counts[1:]:
            turn(count, winner)
        for _ in range(TURNS if len(counts) > 1 else 0):
            for count in counts:
                rated_together = turn(count, winner)
                by_count.setdefault(count, []).append(rated_together)
        lacking = ""
    if not all(map(_undisturbed, by_count.values())):
        lacking = "numbers of workers were not compared, since others use the processor"
    elif len(by_count) == len(counts):
        together = {count: [_together(turn) for turn in turns] for count, turns in by_count.items()}
        return Rates(_medians(by_precision), _medians(together), lacking)
    return Rates(_medians(by_precision), {}, lacking)


def _together(turn: Sequence[Rated]) -> float:
    """Films a second of all workers, in the one precision that they were asked for."""
    return sum(sum(rated.films.values()) for rated in turn)


def _medians(turns: Mapping[Key, Sequence[float]]) -> dict[Key, float]:
    return {key: statistics.median(own) for key, own in turns.items()}


def _undisturbed(turns: Sequence[Sequence[Rated]]) -> bool:
    """Whether the workers had their cores: how many seconds of the processor they took in one of the clock. The
    system's load average would be that of the minute before, in which films may have been prepared."""
    own = [
        films / rated.of_processor[name] for turn in turns for rated in turn for name, films in rated.films.items()
    ]
    return statistics.median(own) >= OWN


def _rated(workers: Workers, jobs: Sequence[Rate], deadline: float) -> list[Rated]:
    """What each of them says. deadline: of time.monotonic(). Raises TimeoutError, and JobFailed."""
    rated = []
    for _, reply in answers(workers, jobs, late=lambda: time.monotonic() >= deadline):
        if isinstance(reply, Raised | Died):
            raise JobFailed("training could not be timed", reply)
        assert isinstance(reply, Rated)
        rated.append(reply)
    return rated
