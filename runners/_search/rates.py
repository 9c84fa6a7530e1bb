"""What this machine trains a space's networks fastest with: which precision, and how many threads a worker.

    known = rates(space, experiment, ("float32", "mixed"), (2, 1), opened, say)
    fastest(known, "float32")    # Fastest("mixed", workers=2, why="mixed: bfloat16 is 1.5× as fast as float32 here")

Measured in workers, with the space's first configuration, in about ten seconds and never more than thirty, and kept
for this user: once a machine, configuration and size. What could not be measured, since the time was up or others use
the processor, is as usual; the next search measures it anew. A run records what was chosen and why, and is never
measured for again.
"""

from __future__ import annotations

import json
import math
import os
import platform
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

from runners._search.measuring import Open, Rates, faster, measured_rates
from runners._workers.processor import processor
from search_spaces._space import Space
from trials.experiment import Experiment
from trials.files import write_atomically
from xrays.cores import usable_cores
from xrays.strict_json import as_json

SHARED_GAIN = 1.05  # times as fast: less is no reason to have more workers, each of which takes memory


@dataclass(frozen=True)
class Fastest:
    """precision: of training; workers: at once, 0 where nothing was found about that; why: in a line."""

    precision: str
    workers: int
    why: str


def fastest(rates: Rates, usual: str) -> Fastest:
    """What to train with. Of two precisions float32, and of two numbers of workers the lower one, unless the other is
    faster by enough. usual: the precision where they were not compared."""
    precision, told = usual, list[str]()
    if len(rates.precisions) > 1:
        precision = faster(rates.precisions)
        ratio = rates.precisions["mixed"] / rates.precisions["float32"]
        told.append(f"{precision}: bfloat16 is {ratio:.1f}× as fast as float32 here")
    workers = 0
    if len(rates.workers) > 1:
        fewer, more = sorted(rates.workers)
        ratio = rates.workers[more] / rates.workers[fewer]
        workers = more if ratio >= SHARED_GAIN else fewer
        told.append(f"{_workers(workers)}: {_workers(more)} train {ratio:.1f}× as fast as {_workers(fewer)}")
    return Fastest(precision, workers, "; ".join([*told, *filter(None, [rates.lacking])]))


def rates(
    space: Space,
    experiment: Experiment,
    precisions: Sequence[str],
    counts: Sequence[int],
    open_workers: Open,
    say: Callable[[str], None],
    folder: Path | None = None,
) -> Rates:
    """From the cache, else measured, and kept there where all could be. counts: numbers of workers; the precisions
    are compared in the first, the numbers in the precision that is the fastest; open_workers: so many; folder: of the
    cache, by default this user's. Raises JobFailed."""
    file = (folder or _cache()) / "rates.json"
    key = as_json([*_machine(experiment), space.name, experiment.size, dict(space.first), [*precisions], [*counts]])
    if known := _kept(file).get(key):
        return known
    say(f"measuring once what trains {space.name} at {experiment.size} px fastest here")
    measured = measured_rates(space, experiment, precisions, counts, open_workers)
    if measured.lacking:
        return measured
    with suppress(OSError):  # it is measured again
        file.parent.mkdir(parents=True, exist_ok=True)
        kept = {each: asdict(own) for each, own in {**_kept(file), key: measured}.items()}
        write_atomically(file, as_json(kept, indent=1).encode())
    return measured


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
