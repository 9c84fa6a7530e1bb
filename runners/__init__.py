"""Searches and everything that trains. Every file here without an underscore is a runner, by its name.

runner_names()                     # ["optuna", "grid", "keras_tuner"]
runner = load_runner("optuna")     # a module with SAMPLERS and open_searcher(space, task, experiment)

A runner's file loads its library when a searcher is opened, not before: `--help` reads every SAMPLERS.
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from xrays.errors import UserError

if TYPE_CHECKING:
    from runners._searcher import Runner


DEFAULT = "optuna"


def runner_names() -> list[str]:
    """Names of all runners, the default first, the others by name. Imports none of them."""
    names = [module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_")]
    return sorted(names, key=lambda name: (name != DEFAULT, name))


def load_runner(name: str) -> Runner:
    """Raises UserError that lists the runners when there is none of that name."""
    if name not in runner_names():
        raise UserError(f"--runner {name}", " or ".join(runner_names()), f"--runner {DEFAULT}")
    runner: Runner = import_module(f"runners.{name}")  # type: ignore[assignment]
    return runner
