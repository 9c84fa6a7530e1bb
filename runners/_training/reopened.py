"""A finished run and all that its networks are trained from, for whatever trains one of its trials again.

    run = reopen(run_named("age-nih64-cnn-…", runs), trial, data=None, weights=None, say=print)
    with writing(run.store, command), LocalWorkers(run.setup(), make=training) as workers: …

Films and weights are compared with what they were then.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._backend import check_backend
from runners._inputs.features import CACHE_GB
from runners._inputs.weights import NO_WEIGHTS, Say, Weights, weights_named
from runners._workers.messages import Setup
from runners._workers.setup import setup_of
from trials.commands import note_command
from trials.experiment import Experiment
from trials.files import locked
from trials.records import Trial
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.intact import begin_check
from xrays.tasks import Task, task_named
from xrays.vectors import vectors_of


@dataclass(frozen=True)
class ReopenedRun:
    """weights: that the backbones of the trials start from; cache_limit: bytes that cached features may take."""

    store: RunStore
    arrays: XrayArrays
    weights: Weights
    cache_limit: int

    @property
    def task(self) -> Task:
        """What the run's networks answer."""
        return task_named(self.store.experiment.task)

    @property
    def taken(self) -> NDArray[Any]:
        """What the run's networks take: the films (N, S, S, 1) uint8, or their vectors (N, D) float32."""
        vectors = vectors_of(self.arrays) if self.store.experiment.vectors else None
        return vectors.values if vectors else self.arrays.images

    def setup(
        self, experiment: Experiment | None = None, assignment: NDArray[np.int8] | None = None, threads: int = 0
    ) -> Setup:
        """For workers. experiment, assignment: None for those of the run; assignment: (R, N), see
        xrays/assignment.py; threads: to be shared by all workers, 0 for as many as there are usable cores."""
        return setup_of(
            self.arrays.path,
            self.store.films().assignment if assignment is None else assignment,
            experiment or self.store.experiment,
            self.weights,
            self.cache_limit,
            threads,
        )


def reopen(
    store: RunStore,
    trial: Trial,
    data: Path | None,
    weights: str | None,
    say: Say,
    *,
    here: bool = True,
    others: Sequence[Trial] = (),
) -> ReopenedRun:
    """For training this trial, and others. data, weights: where they are now, None for where they were. here:
    whether it is trained on this machine, which then must have the run's backend. Raises UserError for films and
    weights that are gone or others."""
    if here:
        check_backend(store.experiment.backend, f"the run {store.path.name}")
    found = _weights_of(store, [trial, *others], weights, say)
    return ReopenedRun(store, arrays_of(store, data), found, _cache_limit(store))


@contextmanager
def writing(store: RunStore, command: str) -> Iterator[None]:
    """Holds the run's folder, and notes the command that writes into it. Raises UserError where another holds it."""
    with locked(store.path):
        note_command(store.path, command)
        yield


def arrays_of(store: RunStore, data: Path | None) -> XrayArrays:
    """The prepared films of the run. data: where they are now, None for where they were. Raises UserError for others,
    DamagedFilms for pixels that are not what was prepared."""
    path = data or Path(store.provenance.arrays)
    if not (path / "meta.json").exists():
        raise UserError(
            f"{path}, the prepared films of {store.path.name}, is not there",
            f"the folder that was prepared as {store.experiment.data}",
            "--data DIR with that folder",
        )
    arrays = XrayArrays.open(path)
    if arrays.pixels != store.experiment.pixels:
        raise UserError(
            f"{path} does not hold the films that {store.path.name} was trained on",
            f"the folder that was prepared as {store.experiment.data}",
            "--data DIR with that folder",
        )
    vectors = vectors_of(arrays)
    if store.experiment.vectors not in ("", vectors.label if vectors else None):
        raise UserError(
            f"{path} does not hold the vectors that {store.path.name} was trained on ({store.experiment.vectors})",
            f"the folder that was prepared as {store.experiment.data}",
            "--data DIR with that folder",
        )
    begin_check(arrays).result()
    return arrays


def _cache_limit(store: RunStore) -> int:
    """As the search was given it (--cache-gb)."""
    return int(store.budget().get("cache_gb", CACHE_GB) * 1e9)


def _weights_of(store: RunStore, trials: Sequence[Trial], given: str | None, say: Say) -> Weights:
    label = store.experiment.weights
    if not label:
        return NO_WEIGHTS
    names = list(dict.fromkeys(str(trial.params["backbone"]) for trial in trials))
    weights = weights_named(given or store.provenance.weights, names, say)
    for name in names:
        known = store.provenance.weight_files.get(name)
        found = weights.files[name].fingerprint if name in weights.files else None
        if found != known:
            raise UserError(
                f"{weights.given} holds other weights of {name} than {store.path.name} was trained from",
                f"the weights of {label}",
                "--weights PATH with them",
            )
    return weights
