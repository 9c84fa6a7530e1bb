"""A search from its options to its end: opens the folder, trains the baselines, runs the loop.

    run, outcome = search(options)       # SearchOptions
    run.trials()

Everything that decides the result is in the Experiment; the rest of the options is budget.
"""

from __future__ import annotations

import platform
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import numpy as np

from runners import load_runner
from runners._baselines import train_baselines
from runners._chosen import chosen
from runners._cost import memory_limit, within
from runners._lineage import WARNING, films_seen
from runners._messages import Setup
from runners._options import SearchOptions, check, check_labels, identity
from runners._pretrained import NO_WEIGHTS, Weights
from runners._racing import PRUNERS
from runners._search import Budget, Outcome, Search, Stop
from runners._view import TerminalView, shown
from runners._workers import LocalWorkers, usable_cores
from search_spaces._space import Recipe
from trials.experiment import Experiment
from trials.files import locked
from trials.store import Films, RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import FoldPlan, make_plan
from xrays.tasks import task_named

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


def search(options: SearchOptions, say: Callable[[str], None] = print) -> tuple[RunStore, Outcome]:
    """Runs or resumes the search. Raises UserError for options that fit nothing, or a folder of another search."""
    check(options)
    arrays = XrayArrays.open(options.data)
    plan = make_plan(arrays, folds=options.folds, split_seed=options.split_seed)
    check_labels(arrays, plan, options.task)
    space, weights = chosen(options, arrays.size, say)
    experiment = identity(options, arrays, plan, space, weights)
    task = task_named(options.task)
    path = options.runs / (options.name or experiment.folder_name)
    path.mkdir(parents=True, exist_ok=True)
    with locked(path):
        store = _open_store(path, options, experiment, arrays, plan, weights)
        done = len(store.trials())
        for line in _head(store, arrays, plan, done):
            say(line)
        if store.about["weights_saw_films"]:
            say(WARNING)
        if done >= options.trials:
            say(
                f"This search is finished: {done} trials. To go on: --trials {done + 10}. "
                "For another one beside it: --seed 1 --name NAME."
            )
            return store, "finished"
        searcher = load_runner(options.runner).open_searcher(space, task, experiment)
        setup = Setup(
            arrays.path.resolve(),
            plan.assignment[0],
            experiment,
            usable_cores(),
            weights or NO_WEIGHTS,
            int(options.cache_gb * 1e9),
        )
        deadline = time.monotonic() + options.timeout
        stop = Stop()
        # The worker loads its backend while the driver trains the baselines.
        with LocalWorkers(setup) as workers, TerminalView(experiment, options.trials, store.trials()) as view:
            view.cost_so_far()
            if not store.baselines():
                view.note("training the baselines: a constant and a linear probe, on the same folds")
                store.save_baselines(*train_baselines(arrays, task, plan.assignment[0], options.folds))
            for baseline in store.baselines():
                mean = float(np.mean([fold.metrics[task.objective] for fold in baseline.folds]))
                view.note(f"baseline {baseline.name}: {shown(task, mean)}")
            with _ctrl_c(stop):
                budget = Budget(options.trials, deadline)
                pruner, limit = PRUNERS[options.pruner], memory_limit()

                def too_large(recipe: Recipe) -> str:
                    cost = space.footprint(recipe, (arrays.size, arrays.size, 1))
                    return within(cost, recipe.fit.batch_size, options.max_params or None, limit)

                outcome = Search(store, space, searcher, workers, pruner, too_large, budget, view, stop).run()
    return store, outcome


def _open_store(
    path: Path,
    options: SearchOptions,
    experiment: Experiment,
    arrays: XrayArrays,
    plan: FoldPlan,
    weights: Weights | None,
) -> RunStore:
    """The run in this folder, or a new one in it. The caller holds the lock: two drivers must not both make it."""
    if not (path / "experiment.json").exists():
        about = {
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            "command": options.command,
            "synthetic": arrays.synthetic,
            "films": len(arrays.ids),
            "arrays": str(arrays.path),
            "weights": weights.given if weights else "",
            "weights_saw_films": weights is not None and arrays.meta["films"] in films_seen(weights),
            "weight_files": {name: file.fingerprint for name, file in weights.files.items()} if weights else {},
            "device": f"{platform.machine()}, {usable_cores()} cores",
            "versions": {"python": platform.python_version(), **{name: version(name) for name in VERSIONS}},
        }
        films = Films(arrays.ids, arrays.groups, arrays.age, arrays.gender, plan.assignment)
        return RunStore.create(path, experiment, films, about)
    store = RunStore.open(path)
    if different := store.experiment.differences(experiment):
        listed = ", ".join(
            FINGERPRINTS.get(name, f"{name} was {old}, now {new}") for name, (old, new) in different.items()
        )
        raise UserError(
            f"{path} holds another search: {listed}",
            "the options it was started with; --trials, --timeout may change",
            f"--name NAME for a folder of its own (it was started with: {store.about.get('command', '?')})",
        )
    return store


def _head(store: RunStore, arrays: XrayArrays, plan: FoldPlan, done: int) -> Iterator[str]:
    experiment = store.experiment
    synthetic = ", SYNTHETIC: nothing here says anything about patients" if arrays.synthetic else ""
    held = int(plan.hold_out().sum())
    yield f"films    {len(arrays.ids)} at {arrays.size}×{arrays.size} px from {arrays.path}{synthetic}"
    yield (
        f"folds    {plan.folds} of about {int(plan.development().sum()) // plan.folds} films, "
        f"{_patients(arrays)}; hold-out of {held} films untouched"
    )
    sampler = load_runner(experiment.runner).SAMPLERS[experiment.sampler]
    narrowed = f" ({', '.join(experiment.narrowing)})" if experiment.narrowing else ""
    if experiment.weights:
        yield f"weights  {experiment.weights}"
    how = f"{experiment.runner} {experiment.sampler} ({sampler.note}), pruner {experiment.pruner}"
    yield f"search   {experiment.space}{narrowed}, {how} → {store.path}"
    if done or store.open_trials():
        open_folds = sum(len(store.saved_folds(trial.number)) for trial in store.open_trials())
        yield f"resume   {done} trials are finished, {open_folds} folds of an interrupted one are kept"


def _patients(arrays: XrayArrays) -> str:
    groups = len(np.unique(arrays.groups))
    if not any(group.startswith("patient ") for group in arrays.groups):
        return "no patient is known: every film counts as a patient of its own"
    return f"{groups} patients kept together"


@contextmanager
def _ctrl_c(stop: Stop) -> Iterator[None]:
    """Once: the running fold is finished. Twice: at once, and the running fold is lost. The handler only counts: it
    may run in the middle of anything."""

    def asked(number: int, frame: object) -> None:
        stop.asked += 1

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def command_line() -> str:
    """The command as it was typed, for the record."""
    return " ".join(["python cli.py", *sys.argv[1:]])
