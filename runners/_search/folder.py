"""Which run folder a search writes into: a new one, its own from an earlier call, or a fork of another's.

path = run_path(resolved)
with locked(path):
    store = open_run(path, resolved)
"""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from pathlib import Path

from runners._samplers.domains import run_domains
from runners._search.as_begun import parent_given, run_folder
from runners._search.forks import differences, fork_path, is_run, parent_of
from runners._search.known import known_trials
from runners._search.resolved import ResolvedSearch
from runners._search.searched_space import vectors_for
from runners._versions import versions
from runners._workers.devices import gpus
from trials.commands import commands_of
from trials.films import Films
from trials.provenance import Provenance
from trials.store import RunStore
from xrays.cores import usable_cores
from xrays.errors import UserError
from xrays.names import check_name

# What is there before a folder is a run.
LEFTOVERS = (".lock", "open", "oof", "plan.npz", "known.jsonl")


def run_path(resolved: ResolvedSearch) -> Path:
    """The folder of these options. With --fork the first of NAME, NAME-2, … that is the fork or free; raises
    UserError where there is nothing to learn from, before a folder is made."""
    options, experiment = resolved.options, resolved.experiment
    path = run_folder(options, experiment)
    check_name("the folder of this run,", path.name, "the same command with --name NAME")
    if not is_run(path):
        _check_free(path)
    if options.forks:
        path = fork_path(path, experiment, parent_given(options))
        if not is_run(path):
            parent_of(run_folder(options, experiment), experiment, parent_given(options))
    return path


def open_run(path: Path, resolved: ResolvedSearch) -> RunStore:
    """The run in this folder, or a new one in it. The caller holds the lock: two drivers must not both make it.

    Raises UserError, with what differs, for a folder that holds another search.
    """
    options, experiment, arrays, weights = resolved.options, resolved.experiment, resolved.arrays, resolved.weights
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
    base, given = run_folder(options, experiment), parent_given(options)
    parent = RunStore.open(parent_of(base, experiment, given)) if options.forks else None
    vectors = vectors_for(resolved.space, arrays)
    cards = [f"GPU {card.name}" for card in gpus(experiment.backend)]
    provenance = Provenance(
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        synthetic=arrays.synthetic,
        films=len(arrays.ids),
        rejected=arrays.meta["rejected"],
        films_fingerprint=arrays.meta["films"],
        splits=options.splits,
        split_notes=resolved.plan.notes,
        arrays=str(arrays.path),
        weights=weights.given if experiment.weights else "",
        weight_files={name: file.fingerprint for name, file in weights.files.items()},
        device=", ".join([platform.machine(), f"{usable_cores()} cores", *cards]),
        chosen=resolved.chosen,
        versions=versions(),
        domains=run_domains(resolved.space),
        fork_of=parent.path.name if parent else "",
        fork_differs=tuple(differences(parent.path, experiment)) if parent else (),
        vectors_origin=vectors.origin if vectors else "",
    )
    films = Films(arrays.ids, arrays.groups, arrays.labels, resolved.plan.assignment)
    older = [*parent.known(), *parent.trials()] if parent else []
    known = known_trials(older, resolved.space, f"fork of {parent.path.name}") if parent else []
    return RunStore.create(path, experiment, films, provenance, known)


def _check_free(path: Path) -> None:
    """Raises UserError for a folder that holds more than a search leaves that was killed while it made its run."""
    names = sorted(each.name for each in path.iterdir()) if path.is_dir() else []
    odd = [name for name in names if name not in LEFTOVERS and not (name.startswith(".") and name.endswith(".tmp"))]
    if odd:
        raise UserError(
            f"{path} is there and is no run: it holds {', '.join(odd[:3])}",
            "a new folder, or that of a run",
            "--name NAME",
        )
