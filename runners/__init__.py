"""Searches and everything that trains. Every file here without an underscore is a runner, by its name.

runner_names()                     # ["keras_tuner", "optuna"]
runner = load_runner("optuna")     # a module with SAMPLERS and open_searcher(space, task, experiment)
"""

from __future__ import annotations

import pkgutil
from importlib import import_module
from typing import TYPE_CHECKING

from xrays.errors import UserError

if TYPE_CHECKING:
    from runners._searcher import Runner


def runner_names() -> list[str]:
    """Names of all runners. Imports none of them."""
    return sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))


def load_runner(name: str) -> Runner:
    """Raises UserError that lists the runners when there is none of that name."""
    if name not in runner_names():
        raise UserError(f"--runner {name}", " or ".join(runner_names()), "--runner optuna")
    runner: Runner = import_module(f"runners.{name}")  # type: ignore[assignment]
    return runner
