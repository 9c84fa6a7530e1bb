"""What the command line gives to a search, and which search that is.

options = SearchOptions(task="age", data=Path("data/nih64"), trials=50)
check(options)
experiment = identity(options, arrays, plan, space, weights)
"""

from __future__ import annotations

import json
import math
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from runners import load_runner
from runners._pretrained import Weights
from runners._racing import PRUNERS
from search_spaces import load_space
from search_spaces._narrow import narrowing
from search_spaces._space import Space, fingerprint
from trials.experiment import Experiment
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import FoldPlan
from xrays.tasks import task_named


@dataclass(frozen=True)
class SearchOptions:
    """What the command line gives. sets, fixes: `depth=3..4`, `batch_size=32`, see search_spaces._narrow; weights:
    imagenet, none or a path, for spaces with a backbone; max_params: largest network, 0 for any; cache_gb: what
    cached features may take beside the films; runs: folder of run folders; name: of this run's, else from its
    identity."""

    task: str
    data: Path
    trials: int
    space: str = "cnn"
    sets: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    weights: str | None = None
    max_params: int = 0
    cache_gb: float = 10.0
    runner: str = "optuna"
    sampler: str | None = None
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


def sampler_of(options: SearchOptions) -> str:
    """The sampler that was named, else the runner's first."""
    return options.sampler or next(iter(load_runner(options.runner).SAMPLERS))


def check(options: SearchOptions) -> None:
    """Raises UserError for an option that fits nothing."""
    again = f"python cli.py search --task {options.task} --runner {options.runner}"
    task_named(options.task)
    load_space(options.space)
    samplers = load_runner(options.runner).SAMPLERS
    for name, given, accepted in (
        ("sampler", sampler_of(options), samplers),
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
        ("max-params", options.max_params, 0),
        ("cache-gb", options.cache_gb, 0),
    ):
        if not lowest <= number < math.inf:
            raise UserError(f"--{name} {number}", f"a number from {lowest}", f"{again} --{name} {max(lowest, 10)}")


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
        runner=options.runner,
        sampler=sampler_of(options),
        pruner=options.pruner,
        folds=options.folds,
        epochs=options.epochs,
        seed=options.seed,
        precision=options.precision,
        backend=backend(),
    )


def backend() -> str:
    """The backend that Keras will take, without loading it: from KERAS_BACKEND, else from its configuration file."""
    if "KERAS_BACKEND" in os.environ:
        return os.environ["KERAS_BACKEND"]
    home = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    try:
        return str(json.loads((home / "keras.json").read_text())["backend"])
    except (OSError, ValueError, KeyError):
        return "tensorflow"
