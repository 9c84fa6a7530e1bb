"""What this machine trains a space's networks fastest with: which precision, and how many threads a worker.

    known = rates(space, experiment, ("float32", "mixed"), (2, 1), opened, say)
    fastest(known)           # Fastest("mixed", workers=2, why="mixed: bfloat16 is 1.5× as fast as float32 here; …")

Measured in workers, with the space's first configuration, in a few seconds, and kept for this user: once a machine,
space and size. A run records what was chosen, and is never measured for again.
"""

from __future__ import annotations

import json
import math
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from runners._workers.conversation import JobFailed, answers
from runners._workers.messages import Raised, Rate, Rated
from runners._workers.processor import processor
from runners._workers.protocol import Died, Workers
from search_spaces._space import Space
from trials.experiment import Experiment
from trials.files import write_atomically
from trials.records import Trial
from xrays.cores import usable_cores
from xrays.strict_json import as_json

Open = Callable[[int], AbstractContextManager[Workers]]

GAIN = 1.1  # times as fast: less is no reason to compute less exactly
SHARED_GAIN = 1.05  # or to have more workers, each of which takes memory
TURNS = 3


@dataclass(frozen=True)
class Rates:
    """Films that are trained on. precisions: in a second of the processor; workers: in a second, by the number of
    workers that share all cores, of all of them together."""

    precisions: Mapping[str, float]
    workers: Mapping[int, float]


@dataclass(frozen=True)
class Fastest:
    """precision: of training; workers: at once, 0 where nothing was found about that; why: in a line."""

    precision: str
    workers: int
    why: str


def fastest(rates: Rates) -> Fastest:
    """What to train with. Of two precisions float32, and of two numbers of workers the lower one, unless the other is
    faster by enough."""
    precision, told = next(iter(rates.precisions)), list[str]()
    if len(rates.precisions) > 1:
        ratio = rates.precisions["mixed"] / rates.precisions["float32"]
        precision = "mixed" if ratio >= GAIN else "float32"
        told.append(f"{precision}: bfloat16 is {ratio:.1f}× as fast as float32 here")
    if len(rates.workers) < 2:
        return Fastest(precision, 0, "; ".join(told))
    fewer, more = sorted(rates.workers)
    ratio = rates.workers[more] / rates.workers[fewer]
    workers = more if ratio >= SHARED_GAIN else fewer
    told.append(f"{_workers(workers)}: {_workers(more)} train {ratio:.1f}× as fast as {_workers(fewer)}")
    return Fastest(precision, workers, "; ".join(told))


def rates(
    space: Space,
    experiment: Experiment,
    precisions: Sequence[str],
    counts: Sequence[int],
    open_workers: Open,
    say: Callable[[str], None],
    folder: Path | None = None,
) -> Rates:
    """From the cache, else measured and kept there. counts: numbers of workers, of which the first is measured in
    each of the precisions, others in the last of these; open_workers: so many; folder: of the cache, by default this
    user's. Raises JobFailed."""
    file = (folder or _cache()) / "rates.json"
    key = as_json([*_machine(experiment), space.name, experiment.size, list(precisions), list(counts)])
    if known := _kept(file).get(key):
        return known
    say(f"measuring once what trains {space.name} at {experiment.size} px fastest here")
    measured = _measured(space, experiment, precisions, counts, open_workers)
    with suppress(OSError):  # it is measured again
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = {each: asdict(own) for each, own in {**_kept(file), key: measured}.items()}
        write_atomically(file, as_json(kept, indent=1).encode())
    return measured


def _measured(
    space: Space, experiment: Experiment, precisions: Sequence[str], counts: Sequence[int], open_workers: Open
) -> Rates:
    """The medians of several turns, in which all workers of a number train at the same time, and no others."""
    trial = Trial(number=0, params=space.first, recipe={}, max_epochs=experiment.epochs, results_known=0, started="")
    turns: dict[int, list[list[Rated]]] = {count: [] for count in counts}
    with ExitStack() as stack:
        crews = {count: stack.enter_context(open_workers(count)) for count in counts}
        for _ in range(1 + TURNS):
            for count, workers in crews.items():
                job = Rate(trial, tuple(precisions if count == counts[0] else precisions[-1:]))
                turns[count].append(_rated(workers, [job] * count))
    first = [rated.of_processor for turn in turns[counts[0]][1:] for rated in turn]  # networks are built in the first
    together = {
        count: statistics.median(sum([*rated.films.values()][-1] for rated in turn) for turn in own[1:])
        for count, own in turns.items()
    }
    return Rates({name: statistics.median(own[name] for own in first) for name in first[0]}, together)


def _rated(workers: Workers, jobs: Sequence[Rate]) -> list[Rated]:
    """What each of them says."""
    rated = []
    for _, reply in answers(workers, jobs):
        if isinstance(reply, Raised | Died):
            raise JobFailed("training could not be timed", reply)
        assert isinstance(reply, Rated)
        rated.append(reply)
    return rated


def _workers(count: int) -> str:
    return f"{count} worker{'s' * (count > 1)}"


def _machine(experiment: Experiment) -> list[str | int]:
    """What a rate belongs to: the processor, and what computes on it."""
    libraries = [version(name) for name in ("cxr-automl", "keras", experiment.backend)]
    return [platform.node(), processor(), usable_cores(), experiment.backend, *libraries]


def _cache() -> Path:
    """This user's, as the XDG Base Directory Specification has it."""
    given = os.environ.get("XDG_CACHE_HOME")
    return (Path(given) if given else Path.home() / ".cache") / "cxr-automl"


def _kept(file: Path) -> dict[str, Rates]:
    """What was measured before; nothing of a file that is none of ours."""
    try:
        kept = json.loads(file.read_text())
        return {
            key: Rates(
                {str(name): _rate(films) for name, films in own["precisions"].items()},
                {int(count): _rate(films) for count, films in own["workers"].items()},
            )
            for key, own in kept.items()
        }
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return {}


def _rate(films: float) -> float:
    """Raises ValueError for what is none."""
    if not 0 < float(films) < math.inf:
        raise ValueError(films)
    return float(films)
