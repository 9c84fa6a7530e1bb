"""Which run folder a search writes into: a new one, its own from an earlier call, or a fork of another's.

path = run_path(options, experiment)
store = open_run(path, options, experiment, about, films)          # the caller holds the lock
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

from runners._machine import gpus, usable_cores
from runners._models.lineage import films_seen
from runners._options import SearchOptions
from runners._pretrained import Weights
from runners._priors import usable
from search_spaces._space import Space
from trials.commands import commands_of
from trials.experiment import Experiment
from trials.films import Films
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import FoldPlan

# What it means for a user when one of these differs: the hashes themselves tell nobody anything.
FINGERPRINTS = {
    "plan": "other folds (other films, --folds or --split-seed)",
    "pixels": "other prepared pixels",
    "ranges": "another space (--set, --fix, --weights, --size of the films, or another version)",
}
VERSIONS = (
    "cxr-automl",
    "keras",
    "tensorflow",
    "optuna",
    "keras-tuner",
    "scipy",
    "numpy",
    "pandas",
    "opencv-python-headless",
    "scikit-learn",
)
# A search that goes on under another version of one of these is not the search that was begun.
DECIDING = ("cxr-automl", "keras", "tensorflow", "optuna", "keras-tuner")


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in VERSIONS}}


def run_path(options: SearchOptions, experiment: Experiment) -> Path:
    """The folder of these options. With --fork the first of NAME, NAME-2, … that is this search's or free."""
    path = options.runs / (options.name or experiment.folder_name)
    if not options.fork:
        return path
    names = (path.with_name(f"{path.name}-{n}") if n > 1 else path for n in count(1))
    return next(path for path in names if not (path / "experiment.json").exists() or not _differs(path, experiment))


def open_run(
    path: Path,
    options: SearchOptions,
    experiment: Experiment,
    arrays: XrayArrays,
    plan: FoldPlan,
    weights: Weights | None,
    space: Space,
) -> RunStore:
    """The run in this folder, or a new one in it. The caller holds the lock: two drivers must not both make it.

    Raises UserError, with what differs, for a folder that holds another search.
    """
    if (path / "experiment.json").exists():
        if different := _differs(path, experiment):
            started = commands_of(path)
            raise UserError(
                f"{path} holds another search: {', '.join(different)}",
                "the options it was started with; budgets like --trials and --timeout may change",
                f"--fork for a new folder that learns from this one, --name NAME for one that does not "
                f"(it was started with: {started[0].command if started else '?'})",
            )
        return RunStore.open(path)
    old = options.runs / (options.name or experiment.folder_name)
    forked = RunStore.open(old) if options.fork and old != path else None
    about = {
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "synthetic": arrays.synthetic,
        "films": len(arrays.ids),
        "rejected": arrays.meta["rejected"],
        "films_fingerprint": arrays.meta["films"],
        "split_seed": options.split_seed,
        "arrays": str(arrays.path),
        "weights": weights.given if weights else "",
        "weights_saw_films": weights is not None and arrays.meta["films"] in films_seen(weights),
        "weight_files": {name: file.fingerprint for name, file in weights.files.items()} if weights else {},
        "device": ", ".join(
            [platform.machine(), f"{usable_cores()} cores", *(f"GPU {card}" for card in gpus(os.environ))]
        ),
        "versions": versions(),
        "fork_of": forked.path.name if forked else "",
    }
    films = Films(arrays.ids, arrays.groups, arrays.age, arrays.gender, plan.assignment)
    store = RunStore.create(path, experiment, films, about)
    if forked and forked.experiment.task == experiment.task:
        store.save_known(usable(forked.trials(), space, f"fork of {forked.path.name}"))
    return store


def _differs(path: Path, experiment: Experiment) -> list[str]:
    """What makes the search in the folder another one, in words."""
    there = json.loads((path / "experiment.json").read_text())["experiment"]
    mine = json.loads(json.dumps(experiment.to_json()))
    found = [
        FINGERPRINTS.get(name, f"{name} was {there.get(name)}, now {mine.get(name)}")
        for name in sorted(there.keys() | mine.keys())
        if name != "data" and there.get(name) != mine.get(name)
    ]
    then, now = _about(path).get("versions", {}), versions()
    return found + [
        f"{name} was {then.get(name)}, now {now[name]}" for name in DECIDING if then.get(name) != now[name]
    ]


def _about(path: Path) -> Mapping[str, Any]:
    about: Mapping[str, Any] = json.loads((path / "experiment.json").read_text())["about"]
    return about
