"""How `portfolio.py` collects: a search in every context, and the best of each tried in all of them.

    collect(collection, WAVES)                   # goes on where it stopped

In each context a search finds configurations: of the space's first one, its portfolio as it is, those of --starts,
some that differ from one of these in a few values, since what is drawn anywhere hardly ever comes near, and what the
sampler makes of all that. After every wave the best of every context so far, those of --starts, a few drawn at random
and the space's own first one are tried, there and in all contexts before, each raced like any trial.
"""

from __future__ import annotations

import hashlib
import json
import random
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from _contexts import Collection, Context, films_of, key_of
from _portfolio import plain

from runners._commands.search import search
from runners._search.options import Place, SearchOptions
from search_spaces import load_space
from search_spaces._cost import draw
from search_spaces._hyperparameters import Scalar
from search_spaces._space import Space, domains
from trials.files import write_atomically
from trials.records import ranked
from trials.store import RunStore
from xrays.splits import Splits
from xrays.strict_json import as_json
from xrays.tasks import task_named

BEST = 2  # of a context's search that are tried everywhere
DRAWN = 5  # configurations that nothing is known of, the same everywhere
# Wider networks take minutes a trial there, and nobody's quarter of an hour would see them.
AFFORDED = {64: ("filters=8,16,24,32",), 128: ("filters=8,16,24",)}
WIDEST = 24
GIVEN = "given"  # where a configuration of --starts comes from
NEAR = 10  # configurations of a search that differ from one that it begins with
CHANGED = 3  # parameters in which they do


def collect(collection: Collection, waves: Sequence[Sequence[Context]]) -> None:
    """All of the waves, each search and comparison once."""
    begun: list[Context] = []
    for wave in waves:
        for context in wave:
            begun.append(context)
            told(f"search in {context.name}")
            to_the_end(collection, context)
            searched(collection, context)
        candidates = write_candidates(collection, begun)
        for context in begun:
            told(f"{candidates} configurations in {context.name}")
            compared(collection, context, candidates)
    told("all of it is there: choose")


def told(line: str) -> None:
    """With the time of day."""
    print(f"{datetime.now(UTC):%d %b %H:%M:%S}  {line}", flush=True)


def to_the_end(collection: Collection, context: Context) -> None:
    """The space's first configuration, which a portfolio is held against, and those of --starts, of which one may be
    for a first answer soon: against better ones the race would stop them."""
    given = replace(asked(collection, context, collection.whole), pruner="none", enqueue=collection.starts)
    run(replace(given, trials=1 + len(given_by_hand(collection))))


def given_by_hand(collection: Collection) -> list[dict[str, Scalar]]:
    """Of --starts."""
    return json.loads(collection.starts.read_text()) if collection.starts else []


def searched(collection: Collection, context: Context) -> None:
    """Of every context another seed, so that each begins with other configurations."""
    seed = int.from_bytes(hashlib.sha256(context.name.encode()).digest()[:2], "big")
    file = collection.out / "near" / f"{context.name}.json"
    file.parent.mkdir(parents=True, exist_ok=True)
    space = load_space(collection.space)
    starts = [dict(entry.params) for entry in space.portfolio]
    starts += given_by_hand(collection)
    near = neighbours(space, [dict(space.first), *starts], seed)
    write_atomically(file, as_json([*starts, *near]).encode())
    given = replace(asked(collection, context, collection.searches), trials=collection.trials, seed=seed)
    run(replace(given, enqueue=file, sets=AFFORDED.get(context.size, ())))


def compared(collection: Collection, context: Context, candidates: int) -> None:
    """All candidates so far, and what every search begins with after what it is given: the space's first
    configuration and its portfolio."""
    trials = candidates + 1 + len(load_space(collection.space).portfolio)
    given = replace(asked(collection, context, collection.comparisons), trials=trials, sampler="random")
    run(replace(given, enqueue=collection.candidates))


def run(options: SearchOptions) -> None:
    """Whoever stops a search stops the collection."""
    _, outcome = search(options)
    if outcome.kind == "stopped":
        sys.exit(130)


def asked(collection: Collection, context: Context, runs: Path) -> SearchOptions:
    """Whose run has the context's name."""
    return SearchOptions(
        task=context.task,
        data=films_of(collection, context),
        trials=1,
        space=collection.space,
        portfolio=False,
        folds=collection.folds,
        epochs=context.epochs or collection.epochs,
        splits=Splits(holdout=0.0),
        place=Place(workers=1),
        name=context.name,
        runs=runs,
    )


def write_candidates(collection: Collection, contexts: Sequence[Context]) -> int:
    """candidates.json for `--enqueue`, and beside it where each comes from: those of an earlier call, too, which has
    tried them. How many there are."""
    space, file = load_space(collection.space), collection.sources
    known = json.loads(file.read_text()) if file.exists() else {key_of(one): "" for one in drawn_at_random(space)}
    found: list[tuple[str, dict[str, Scalar]]] = [(where, json.loads(key)) for key, where in known.items()]
    for params in given_by_hand(collection):
        if params not in [one for _, one in found]:
            found.append((GIVEN, params))
    for context in contexts:
        store, task = RunStore.open(collection.searches / context.name), task_named(context.task)
        for _, result in ranked(store.trials(), task)[:BEST]:
            params = plain(space, task, space.completed(result.params))
            if params not in [one for _, one in found] and params != space.first:
                found.append((context.name, params))
    write_atomically(collection.candidates, as_json([params for _, params in found]).encode())
    sources = {key_of(params): where for where, params in found}
    write_atomically(file, as_json(sources, indent=1).encode())
    return len(found)


def neighbours(space: Space, starts: Sequence[Mapping[str, Scalar]], seed: int) -> Iterator[dict[str, Scalar]]:
    """One of the starts with CHANGED values drawn anew. A third of them augment films by two operations more: of an
    operation mode and flag are two parameters, which alone do nothing."""
    rng, known = random.Random(seed), domains(space)
    flags = [name for name in known if name.startswith("augment_") and isinstance(space.first[name], bool)]
    others = [name for name in known if not name.startswith("augment_")]
    for number in range(NEAR):
        params = dict(rng.choice(starts))
        for name in rng.sample(others, CHANGED):
            few = [value for value in (draw(known[name], rng) for _ in range(20)) if afforded(name, value)]
            params[name] = next((value for value in few if value != params[name]), params[name])
        if number % 3 == 0:
            params |= {"augment_mode": "combined", **dict.fromkeys(rng.sample(flags, 2), True)}
        yield params


def afforded(name: str, value: Scalar) -> bool:
    """Whether a configuration with this value is tried in every context."""
    return name != "filters" or int(value) <= WIDEST


def drawn_at_random(space: Space) -> Iterator[dict[str, Scalar]]:
    """Evenly over the space, but for the widest networks."""
    rng = random.Random(0)
    for _ in range(DRAWN):
        drawn = {name: [draw(domain, rng) for _ in range(20)] for name, domain in domains(space).items()}
        yield {name: next(value for value in few if afforded(name, value)) for name, few in drawn.items()}
