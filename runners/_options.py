"""What the command line gives to a search, and which search that is.

options = SearchOptions(task="age", data=Path("data/nih64"), trials=50)
check(options)
experiment = identity(options, arrays, plan)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runners import load_runner
from runners._racing import PRUNERS
from search_spaces import load_space
from search_spaces._space import fingerprint
from trials.experiment import Experiment
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import FoldPlan
from xrays.tasks import task_named


@dataclass(frozen=True)
class SearchOptions:
    """What the command line gives. runs: folder of run folders; name: of this run's, else from its identity."""

    task: str
    data: Path
    trials: int
    space: str = "cnn"
    runner: str = "optuna"
    sampler: str = "tpe"
    pruner: str = "race"
    folds: int = 5
    epochs: int = 30
    seed: int = 0
    split_seed: int = 0
    precision: str = "float32"
    timeout: float = math.inf
    name: str | None = None
    runs: Path = Path("runs")
    command: str = ""


def seconds(text: str) -> float:
    """`90m`, `8h`, `45s`, `2d`, or plain seconds; no limit for an empty text. Raises UserError."""
    if not text:
        return math.inf
    number, unit = (text[:-1], text[-1]) if text[-1].isalpha() else (text, "s")
    try:
        found = float(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit.lower()]
    except (ValueError, KeyError):
        found = -1
    if not 0 < found < math.inf:
        raise UserError(f"--timeout {text}", "a time like 90m, 8h, 45s or 2d", "--timeout 90m")
    return found


def check(options: SearchOptions) -> None:
    """Raises UserError for an option that fits nothing."""
    again = f"python cli.py search --task {options.task}"
    task_named(options.task)
    load_space(options.space)
    samplers = load_runner(options.runner).SAMPLERS
    for name, given, accepted in (
        ("sampler", options.sampler, samplers),
        ("pruner", options.pruner, PRUNERS),
        ("precision", options.precision, ("float32", "mixed")),
    ):
        if given not in accepted:
            raise UserError(f"--{name} {given}", " or ".join(accepted), f"{again} --{name} {next(iter(accepted))}")
    if options.name is not None and (options.name in ("", ".", "..") or Path(options.name).name != options.name):
        raise UserError(f"--name {options.name}", "a folder's name without /", f"{again} --name mine --runs DIR")
    for name, number, lowest in (
        ("trials", options.trials, 1),
        ("epochs", options.epochs, 1),
        ("seed", options.seed, 0),
    ):
        if number < lowest:
            raise UserError(
                f"--{name} {number}", f"a whole number from {lowest}", f"{again} --{name} {max(lowest, 10)}"
            )


def check_labels(arrays: XrayArrays, plan: FoldPlan, name: str) -> None:
    """Every fold needs films of the task, and for a binary one both classes."""
    task = task_named(name)
    labels = arrays.labels(task)
    for fold in range(plan.folds):
        found = labels[plan.fold(fold) & np.isfinite(labels)]
        if len(found) < 2 or (task.kind == "binary" and len(np.unique(found)) < 2):
            raise UserError(
                f"fold {fold} of {arrays.path} has {len(found)} films that serve --task {name}",
                "at least two films in every fold, of both classes if there are classes",
                f"python cli.py search --task {name} --folds {max(2, plan.folds - 1)}, or another --task",
            )


def identity(options: SearchOptions, arrays: XrayArrays, plan: FoldPlan) -> Experiment:
    """Which search these options mean: what decides its result, without what is only budget."""
    return Experiment(
        task=options.task,
        data=arrays.name,
        plan=plan.fingerprint,
        pixels=arrays.pixels,
        size=arrays.size,
        space=options.space,
        ranges=fingerprint(load_space(options.space)),
        runner=options.runner,
        sampler=options.sampler,
        pruner=options.pruner,
        folds=options.folds,
        epochs=options.epochs,
        seed=options.seed,
        precision=options.precision,
    )
