"""What `python cli.py spaces` says: which spaces there are, their parameters, what a search costs on this machine.

for line in describe(SpacesOptions("cnn", "age", None, Path("data"))): print(line)

The seconds come from timed steps of real networks in a worker; where nothing is prepared, on blank films.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from runners._inputs.blank import blank_films
from runners._search.engine import engine_of
from runners._search.options import SearchOptions
from runners._search.resolved import ResolvedSearch, resolve_anew
from runners._training.handler import training
from runners._words import duration
from runners._workers.conversation import JobFailed, ask
from runners._workers.local import LocalWorkers
from runners._workers.messages import Measure, Measured
from search_spaces import load_space, space_names
from search_spaces._cost import extremes, table
from search_spaces._domains import as_option
from search_spaces._hyperparameters import Scalar
from search_spaces._space import domains
from trials.records import Trial
from xrays.arrays import XrayArrays, choose_prepared
from xrays.folds import make_plan
from xrays.next_command import command


@dataclass(frozen=True)
class SpacesOptions:
    """data: a prepared folder, or None for the only one in `root`; sets, fixes: see search_spaces._narrow."""

    space: str
    task: str
    data: Path | None
    root: Path
    sets: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()


def overview() -> Iterator[str]:
    """A line a space: its name, its title, how many parameters it has; then what to type next."""
    for name in space_names():
        space = load_space(name)
        yield f"{name:10s} {space.title}, {len(domains(space))} parameters"
    yield f"next:      python cli.py spaces {space_names()[0]}"


def describe(options: SpacesOptions) -> Iterator[str]:
    """Lines on a space: its parameters and their domains, sizes of its networks, seconds of a trial here. Raises
    UserError for a name, a narrowing or films that do not fit."""
    search = SearchOptions(
        options.task, options.root, 1, options.space, sets=options.sets, fixes=options.fixes, cache_gb=0
    )
    engine = engine_of(search)
    # What a step costs does not depend on the weights.
    weights = None if engine.space.build_head is None else "none"
    with tempfile.TemporaryDirectory() as nowhere:
        folder = choose_prepared(options.data, options.root)
        arrays = XrayArrays.open(folder) if folder else blank_films(Path(nowhere))
        films = f"{len(arrays.ids)} films of {arrays.size} px" + ("" if folder else ", blank: nothing is prepared")
        search = replace(search, data=arrays.path, weights=weights)
        notes: list[str] = []
        resolved = resolve_anew(search, engine, arrays, make_plan(arrays, folds=search.folds), notes.append)
        space = resolved.space
        yield f"{space.name}: {space.title}"
        rows = [("parameter", "range", space.label), *table(space)]
        widths = [max(len(row[column]) for row in rows) for column in range(2)]
        for name, spelled, first in rows:
            yield f"  {name:{widths[0]}}  {spelled:{widths[1]}}  {first}"
        if space.portfolio:
            yield f"early: {len(space.portfolio)} configurations that did well on other films (--no-portfolio)"
        if space.prior:
            yield f"drawn more or less often than others, by the same: values of {', '.join(space.prior)}"
        for note in [*notes, *space.unreachable(arrays.size)]:
            yield f"unreachable: {note}"
        yield from _costs(resolved, films)
    name, domain = next(iter(domains(space).items()))
    again = command(
        "search",
        task=options.task,
        space=space.name,
        data=options.data,
        set=options.sets,
        fix=options.fixes,
    )
    yield f"next: {again}   (narrower: --set {name}={as_option(domain)})"


def _costs(resolved: ResolvedSearch, films: str) -> Iterator[str]:
    space, experiment = resolved.space, resolved.experiment
    shape, limit = resolved.shape, resolved.settled.memory
    smallest, largest = extremes(space, shape)
    parameters = f"{smallest.parameters:,} to {largest.parameters:,} parameters"
    memory = f"{smallest.training_bytes / 1e9:,.2f} to {largest.training_bytes / 1e9:,.2f} GB to train"
    yield f"networks: {parameters}; {memory}" + (f", of {limit / 1e9:,.1f} GB here" if limit else "")
    yield f"a trial of {experiment.folds} folds × {experiment.epochs} epochs on {films}, from timed steps:"
    named: list[tuple[str, Mapping[str, Scalar]]] = [
        (space.label, space.first),
        ("smallest", smallest.training_bytes_at),
        ("largest", largest.training_bytes_at),
    ]
    with LocalWorkers(resolved.setup(), make=training) as workers:
        for number, (name, params) in enumerate(named):
            recipe = space.recipe(params)
            if reason := resolved.too_large(recipe):
                yield f"  {name:9s} not trained: {reason}"
                continue
            timed = Trial(
                number=number, params=params, recipe={}, max_epochs=experiment.epochs, results_known=0, started=""
            )
            yield f"  {name:9s} {_measured(workers, timed, experiment.folds)}"


def _measured(workers: LocalWorkers, trial: Trial, folds: int) -> str:
    try:
        cost = ask(workers, Measure(trial), Measured, failed="not measured")
    except JobFailed as error:
        return f"cannot be trained here: {error.reply.reason}"
    steps = ", ".join(f"{1000 * stage.step_seconds:.0f} ms a step" for stage in cost.stages)
    once = f", {duration(cost.feature_seconds)} of it for features, once" * bool(cost.feature_seconds)
    return f"{duration(cost.trial_seconds(folds))}  ({steps}{once})"
