"""What the command line gives to a search, and which search that is.

options = SearchOptions(task="age", data=Path("data/nih64"), trials=50)
check(options)
experiment = identity(options, arrays, plan, space, weights)
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from runners import DEFAULT, load_runner, runner_names
from runners._backend import VARIABLE, backend_of_keras, check_backend
from runners._inputs.features import CACHE_GB
from runners._inputs.weights import Weights
from runners._race.race import PRUNERS
from search_spaces import load_space
from search_spaces._narrow import narrowing
from search_spaces._space import Space, fingerprint
from trials.experiment import Experiment
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import FoldPlan, make_plan, unscorable
from xrays.names import check_name
from xrays.next_command import command
from xrays.tasks import TASKS, task_named


@dataclass(frozen=True)
class Limits:
    """When a search ends before its trials are used up. seconds: of this call; fold_seconds: after which a fold is
    given up; the rest as in runners._search.budget.Budget."""

    seconds: float = math.inf
    fold_seconds: float = math.inf
    fold_epochs: float = math.inf
    patience: int = 0
    stop_at_noise: bool = False


@dataclass(frozen=True)
class Place:
    """Where the folds are trained. workers: at once, 0 for what suits the machine; memory_gb: what one may take, 0
    for its share of the machine; ray: address of a cluster or `local`, "" for processes of this machine; cpus, gpus:
    what a worker gets of a cluster, parts of one allowed, None for what suits it."""

    workers: int = 0
    memory_gb: float = 0.0
    ray: str = ""
    cpus: float | None = None
    gpus: float | None = None


@dataclass(frozen=True)
class SearchOptions:
    """What the command line gives.

    runner: None for the first that has the sampler; sampler: None for the runner's first. sets, fixes: `depth=3..4`,
    `batch_size=32`, see search_spaces._narrow. weights: imagenet, none or a path, for spaces with a backbone.
    max_params: largest network, 0 for any. cache_gb: what cached features may take beside the films. start_from: a
    run whose best configurations are tried first, enqueue: a file of such. fork: a folder that holds another search
    is learnt from, not refused; fork_from: that run is. tensorboard: curves for it are written. runs: folder of run
    folders; name: of this run's, else from its identity.
    """

    task: str
    data: Path
    trials: int
    space: str = "cnn"
    sets: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    weights: str | None = None
    max_params: int = 0
    cache_gb: float = CACHE_GB
    runner: str | None = None
    sampler: str | None = None
    pruner: str = "race"
    folds: int = 5
    epochs: int = 30
    seed: int = 0
    split_seed: int = 0
    grid_points: int = 3
    precision: str = "float32"
    limits: Limits = field(default_factory=Limits)
    place: Place = field(default_factory=Place)
    start_from: str | None = None
    enqueue: Path | None = None
    fork: bool = False
    fork_from: str | None = None
    tensorboard: bool = False
    name: str | None = None
    runs: Path = Path("runs")
    command: str = ""

    @property
    def forks(self) -> bool:
        return self.fork or self.fork_from is not None


def seconds(text: str, option: str = "--timeout") -> float:
    """`90m`, `8h`, `45s`, `2d`, or plain seconds; no limit for an empty text. Raises UserError."""
    if not text:
        return math.inf
    number, unit = (text[:-1], text[-1]) if text[-1].isalpha() else (text, "s")
    try:
        found = float(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit.lower()]
    except (ValueError, KeyError):
        found = -1
    if not 0 < found < math.inf:
        raise UserError(f"{option} {text}", "a time like 90m, 8h, 2d or 45s, seconds without a unit", f"{option} 90m")
    return found


def runner_of(options: SearchOptions) -> str:
    """The runner that was named, else the first that has the sampler."""
    having = (name for name in runner_names() if options.sampler in (None, *load_runner(name).SAMPLERS))
    return options.runner or next(having, DEFAULT)


def sampler_of(options: SearchOptions) -> str:
    """The sampler that was named, else the runner's first."""
    return options.sampler or next(iter(load_runner(runner_of(options)).SAMPLERS))


def check(options: SearchOptions) -> None:
    """Raises UserError for an option that fits nothing."""
    again = command("search", task=options.task, data=options.data, runner=options.runner, runs=options.runs)
    task_named(options.task)
    load_space(options.space)
    runners = [options.runner] if options.runner else runner_names()
    samplers = [sampler for runner in runners for sampler in load_runner(runner).SAMPLERS]
    for name, given, accepted in (
        ("sampler", sampler_of(options), samplers),
        ("pruner", options.pruner, PRUNERS),
        ("precision", options.precision, ("float32", "mixed")),
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
        ("worker-memory", options.place.memory_gb, 0, "4   (0: its share)"),
    ):
        check_number(f"--{name}", number, lowest, f"{again} --{name} {usual}")
    if options.limits.fold_epochs != math.inf:
        check_number("--max-fold-epochs", options.limits.fold_epochs, 1, f"{again} --max-fold-epochs 5000")
    check_place(options.place, again)
    if not options.place.ray:  # the nodes of a cluster have their own
        check_backend(backend_of_keras(), f"a search with {VARIABLE}={backend_of_keras()}")
    for name, share in (("worker-cpus", options.place.cpus), ("worker-gpus", options.place.gpus)):
        if share is not None and not options.place.ray:
            raise UserError(
                f"--{name} without a cluster", "--ray with it, or --workers", f"{again} --ray auto --{name} {share:g}"
            )
        if share is not None and not (0 < share < math.inf or (share == 0 and name == "worker-gpus")):
            raise UserError(f"--{name} {share:g}", "a share like 0.5, 1 or 2", f"{again} --{name} 1")


def check_place(place: Place, again: str) -> None:
    """again: the command, for the remedy. Raises UserError."""
    check_number("--workers", place.workers, 0, f"{again} --workers 1   (0: what suits the machine)")


def check_number(name: str, number: float, lowest: float, remedy: str) -> None:
    """Raises UserError for one below `lowest` and for what is no finite number."""
    if not lowest <= number < math.inf:
        raise UserError(f"{name} {number}", f"a number from {lowest}", remedy)


def check_labels(arrays: XrayArrays, plan: FoldPlan, name: str, split_seed: int = 0) -> None:
    """Every fold needs films of the task, and for a binary one both classes. Raises UserError."""
    task = task_named(name)
    labels = arrays.targets(task)
    for fold in unscorable(task, labels, plan.assignment):
        own = labels[plan.fold(fold)]
        found = [f"{(own == value).sum()} {word}" for value, word in enumerate(task.class_names)]
        raise UserError(
            f"--task {name}: fold {fold} of {arrays.path} has "
            f"{' and '.join(found) or np.isfinite(own).sum()} films with that label",
            "at least two films in every fold, of both classes if there are classes",
            _searchable(arrays, plan, name, split_seed),
        )


def _searchable(arrays: XrayArrays, plan: FoldPlan, name: str, split_seed: int) -> str:
    """The search that these films do serve: the task in fewer folds, or else another task."""
    for folds in range(plan.folds - 1, 1, -1):
        fewer = make_plan(arrays, folds=folds, split_seed=split_seed)
        if not unscorable(TASKS[name], arrays.targets(TASKS[name]), fewer.assignment):
            return command("search", task=name, data=arrays.path, folds=folds, split_seed=split_seed or None)
    for other in TASKS.values():
        if not unscorable(other, arrays.targets(other), plan.assignment):
            return command(
                "search", task=other.name, data=arrays.path, folds=plan.folds, split_seed=split_seed or None
            )
    return f"{command('prepare', 'DIR')}   (with more films that have a label)"


def identity(
    options: SearchOptions, arrays: XrayArrays, plan: FoldPlan, space: Space, weights: Weights | None
) -> Experiment:
    """Which search these options mean: what decides its result, without what is only budget. space: as narrowed."""
    return Experiment(
        task=options.task,
        data=arrays.name,
        plan=plan.fingerprint,
        pixels=arrays.pixels,
        size=arrays.size,
        space=options.space,
        ranges=fingerprint(space),
        narrowing=narrowing(load_space(options.space), space),
        weights=weights.label if weights else "",
        max_parameters=options.max_params,
        runner=runner_of(options),
        sampler=sampler_of(options),
        grid_points=options.grid_points if sampler_of(options) == "grid" else 0,
        pruner=options.pruner,
        folds=options.folds,
        epochs=options.epochs,
        seed=options.seed,
        precision=options.precision,
        backend=backend_of_keras(),
    )
