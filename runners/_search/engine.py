"""What a search runs with, and whether its options fit: both are found once, before anything is opened.

engine = engine_of(options)
engine.runner, engine.sampler, engine.backend, engine.space.name        # "optuna", "tpe", "tensorflow", "cnn"
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from runners import DEFAULT, load_runner, runner_names
from runners._backend import VARIABLE, backend_of_keras, check_backend
from runners._race.pruners import PRUNERS
from runners._search.options import AUTO, PRECISIONS, Place, SearchOptions
from search_spaces import load_space
from search_spaces._portfolio import without_portfolio
from search_spaces._space import Space
from xrays.errors import UserError
from xrays.names import check_name
from xrays.next_command import command
from xrays.tasks import task_named


@dataclass(frozen=True)
class Engine:
    """What a search runs with. space: whole, before it is narrowed, without its portfolio where that is not wanted or
    every combination is tried anyway; runner, sampler: what proposes; backend: what Keras computes with, here."""

    space: Space
    runner: str
    sampler: str
    backend: str


def engine_of(options: SearchOptions) -> Engine:
    """The runner that was named, else the first that has the sampler; the sampler that was named, else the runner's
    first. Raises UserError for these and for every other option that fits nothing."""
    task_named(options.task)
    space = load_space(options.space)
    having = (name for name in runner_names() if options.sampler in (None, *load_runner(name).SAMPLERS))
    runner = options.runner or next(having, DEFAULT)
    sampler = options.sampler or next(iter(load_runner(runner).SAMPLERS))
    if not options.portfolio or sampler == "grid":
        space = without_portfolio(space)
    engine = Engine(space, runner, sampler, backend_of_keras())
    _check(options, engine)
    return engine


def _check(options: SearchOptions, engine: Engine) -> None:
    again = command("search", task=options.task, data=options.data, runner=options.runner, runs=options.runs)
    runners = [options.runner] if options.runner else runner_names()
    samplers = [sampler for runner in runners for sampler in load_runner(runner).SAMPLERS]
    for name, given, accepted in (
        ("sampler", engine.sampler, samplers),
        ("pruner", options.pruner, PRUNERS),
        ("precision", options.precision, (AUTO, *PRECISIONS)),
    ):
        if given not in accepted:
            raise UserError(
                f"--{name} {given}", " or ".join(dict.fromkeys(accepted)), f"{again} --{name} {next(iter(accepted))}"
            )
    if options.name is not None:
        check_name("--name", options.name, f"{again} --name mine")
    for name, number, lowest, usual in (
        ("trials", options.trials, 1, "50"),
        ("epochs", options.epochs, 1, "30"),
        ("seed", options.seed, 0, "0"),
        ("max-params", options.max_params, 0, "100000   (0: any size)"),
        ("cache-gb", options.cache_gb, 0, "10"),
        ("grid-points", options.grid_points, 1, "3"),
        ("patience", options.limits.patience, 0, "10   (0: none)"),
        ("max-concurrent", options.place.max_concurrent, 0, "1   (0: as many as there are workers)"),
        ("worker-memory", options.place.memory_gb, 0, "4   (0: its share)"),
    ):
        check_number(f"--{name}", number, lowest, f"{again} --{name} {usual}")
    if options.limits.fold_epochs != math.inf:
        check_number("--max-fold-epochs", options.limits.fold_epochs, 1, f"{again} --max-fold-epochs 5000")
    check_workers(options.place, again)
    if not options.place.ray:  # the nodes of a cluster have their own
        check_backend(engine.backend, f"a search with {VARIABLE}={engine.backend}")
    for name, share in (("worker-cpus", options.place.cpus), ("worker-gpus", options.place.gpus)):
        if share is not None and not options.place.ray:
            raise UserError(
                f"--{name} without a cluster", "--ray with it, or --workers", f"{again} --ray auto --{name} {share:g}"
            )
        if share is not None and not (0 < share < math.inf or (share == 0 and name == "worker-gpus")):
            raise UserError(f"--{name} {share:g}", "a share like 0.5, 1 or 2", f"{again} --{name} 1")


def check_workers(place: Place, again: str) -> None:
    """again: the command, for the remedy. Raises UserError."""
    check_number("--workers", place.workers, 0, f"{again} --workers 1   (0: what suits the machine)")


def check_number(name: str, number: float, lowest: float, remedy: str) -> None:
    """Raises UserError for one below `lowest` and for what is no finite number."""
    if not lowest <= number < math.inf:
        raise UserError(f"{name} {number}", f"a number from {lowest}", remedy)
