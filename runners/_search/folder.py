"""Which run folder a search writes into: a new one, its own from an earlier call, or a fork of another's.

path = run_path(options, experiment)
with locked(path):
    store = open_run(path, options, experiment, arrays, plan, weights, space)
"""

from __future__ import annotations

import platform
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from runners._inputs.weights import Weights
from runners._samplers.domains import run_domains
from runners._search.forks import differences, fork_path, is_run, parent_of
from runners._search.options import SearchOptions
from runners._search.priors import usable
from runners._versions import versions
from runners._workers.devices import gpus
from search_spaces._older import older_spaces
from search_spaces._space import Space, domains
from trials.commands import commands_of
from trials.experiment import Experiment
from trials.films import Films
from trials.provenance import Provenance
from trials.store import RunStore, run_folders
from xrays.arrays import XrayArrays
from xrays.cores import usable_cores
from xrays.errors import UserError
from xrays.folds import FoldPlan
from xrays.names import check_name

# What is there before a folder is a run.
BEGUN = (".lock", "open", "oof", "plan.npz", "known.jsonl")


def as_begun(
    options: SearchOptions, space: Space, identify: Callable[[Space], Experiment]
) -> tuple[Space, Experiment]:
    """The space and the search that these options mean: where they have a folder from before an operation of
    augmentation was added, those that it was begun with."""
    given = {text.partition("=")[0] for text in (*options.sets, *options.fixes)}
    for each in (space, *older_spaces(space)):
        experiment = identify(each)
        path = _base(options, experiment)
        if not options.forks and is_run(path) and not differences(path, experiment) and given <= set(domains(each)):
            return each, experiment
    return space, identify(space)


def run_path(options: SearchOptions, experiment: Experiment) -> Path:
    """The folder of these options. With --fork the first of NAME, NAME-2, … that is the fork or free; raises
    UserError where there is nothing to learn from, before a folder is made."""
    path = _base(options, experiment)
    check_name("the folder of this run,", path.name, "the same command with --name NAME")
    if not is_run(path):
        _check_free(path)
    if options.forks:
        path = fork_path(path, experiment, _given(options))
        if not is_run(path):
            parent_of(_base(options, experiment), experiment, _given(options))
    return path


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
    if is_run(path):
        if different := differences(path, experiment):
            started = commands_of(path)
            raise UserError(
                f"{path} holds another search: {', '.join(different)}",
                "the options it was started with; budgets like --trials and --timeout may change",
                f"--fork for a new folder that learns from this one, --name NAME for one that does not "
                f"(it was started with: {started[0].command if started else '?'})",
            )
        return RunStore.open(path)
    base, given = _base(options, experiment), _given(options)
    parent = RunStore.open(parent_of(base, experiment, given)) if options.forks else None
    provenance = Provenance(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        synthetic=arrays.synthetic,
        films=len(arrays.ids),
        rejected=arrays.meta["rejected"],
        films_fingerprint=arrays.meta["films"],
        split_seed=options.split_seed,
        arrays=str(arrays.path),
        weights=weights.given if weights else "",
        weight_files={name: file.fingerprint for name, file in weights.files.items()} if weights else {},
        device=", ".join([platform.machine(), f"{usable_cores()} cores", *(f"GPU {card.name}" for card in gpus())]),
        versions=versions(),
        domains=run_domains(space),
        fork_of=parent.path.name if parent else "",
        fork_differs=tuple(differences(parent.path, experiment)) if parent else (),
    )
    films = Films(arrays.ids, arrays.groups, arrays.labels, plan.assignment)
    older = [*parent.known(), *parent.trials()] if parent else []
    known = usable(older, space, f"fork of {parent.path.name}") if parent else []
    return RunStore.create(path, experiment, films, provenance, known)


def _check_free(path: Path) -> None:
    """Raises UserError for a folder that holds more than a search leaves that was killed while it made its run."""
    there = sorted(each.name for each in path.iterdir()) if path.is_dir() else []
    odd = [name for name in there if name not in BEGUN and not (name.startswith(".") and name.endswith(".tmp"))]
    if odd:
        raise UserError(
            f"{path} is there and is no run: it holds {', '.join(odd[:3])}",
            "a new folder, or that of a run",
            "--name NAME",
        )


def _given(options: SearchOptions) -> Path | None:
    return run_folders([options.fork_from], options.runs)[0] if options.fork_from else None


def _base(options: SearchOptions, experiment: Experiment) -> Path:
    return options.runs / (options.name or experiment.folder_name)
