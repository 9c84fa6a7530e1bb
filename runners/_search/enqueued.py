"""Configurations that the user wants to have tried before the searcher proposes any (--start-from, --enqueue).

store.enqueue(enqueued_by(options, space))
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runners._search.options import SearchOptions
from search_spaces._domains import nearest, spelled
from search_spaces._hyperparameters import Scalar
from search_spaces._space import Space, domains
from trials.final import standings
from trials.records import Enqueued
from trials.store import run_named
from xrays.errors import UserError
from xrays.next_command import command

BEST = 5  # configurations that `--start-from` takes over


def enqueued_by(options: SearchOptions, space: Space) -> list[Enqueued]:
    """Those of this call, the other run's first. Raises UserError."""
    best = best_of(options.start_from, options.runs, space) if options.start_from else []
    return best + (configurations_in(options.enqueue, space) if options.enqueue else [])


def best_of(name: str, runs: Path, space: Space) -> list[Enqueued]:
    """The best configurations of another run, of any task, fitted into the space: what it lacks is as in the space's
    first configuration, what lies outside of a range moves to its nearest value. Raises UserError."""
    store = run_named(name, runs)
    best = [one.result for one in standings([store])][:BEST]
    if not best or store.experiment.space != space.name:
        raise UserError(
            f"--start-from {name}: a run of space {store.experiment.space} with {len(best)} trials in full",
            f"a run of space {space.name} with a trial that was trained on all folds",
            f"{command('runs', runs=runs)}, or --space {store.experiment.space}",
        )
    known = domains(space)
    return [
        Enqueued(
            {key: nearest(domain, result.params.get(key, space.first[key])) for key, domain in known.items()},
            f"{store.path.name}, trial {result.number}",
        )
        for result in best
    ]


def configurations_in(file: Path, space: Space) -> list[Enqueued]:
    """Configurations from a JSON file: an object, or a list of objects, of parameters and values; what is missing is
    as in the space's first configuration. Raises UserError."""
    try:
        read = json.loads(file.read_text())
        entries = read if isinstance(read, list) else [read]
        found = [Enqueued(_complete(file, entry, space), f"{file.name} {n}") for n, entry in enumerate(entries, 1)]
    except OSError as error:
        raise _refused(file, f"cannot be read: {error.strerror}", space) from None
    except RecursionError:
        raise _refused(file, "is nested too deeply", space) from None
    except ValueError as error:
        raise _refused(file, f"is no JSON: {error}", space) from None
    if not found:
        raise _refused(file, "holds no configuration", space)
    return found


def _complete(file: Path, entry: Any, space: Space) -> dict[str, Scalar]:
    known = domains(space)
    if not isinstance(entry, Mapping):
        raise _refused(file, f"{json.dumps(entry)[:60]} is no object of parameters and values", space)
    if unknown := [name for name in entry if name not in known]:
        raise _refused(file, f"{space.name} has no parameter {unknown[0]}; it has {', '.join(known)}", space)
    for name, value in entry.items():
        # A whole number may stand for a real one that is as large, and nothing for a truth value but itself.
        wanted = type(space.first[name])
        whole = wanted is float and type(value) is int and abs(value) <= sys.float_info.max
        if type(value) is not wanted and not whole:
            raise _refused(file, f"{name} is {json.dumps(value)[:60]}; it takes {spelled(known[name])}", space)
    params = {name: type(space.first[name])(entry.get(name, space.first[name])) for name in known}
    try:
        space.recipe(params)
    except ValueError as error:
        raise _refused(file, str(error), space) from None
    return params


def _refused(file: Path, why: str, space: Space) -> UserError:
    example = json.dumps([dict(list(space.first.items())[:2])])
    return UserError(f"--enqueue {file}: {why}", f"JSON like {example}", command("spaces", space.name))
