"""Trained networks of folds that a search has kept: the part of a run folder that `export` averages without training.

    save_network(run.path, FoldNetwork(trial=7, seed=0, fold=3), arrays)      # before the fold itself is on record
    read_network(run.path, FoldNetwork(7, 0, 3))                              # None where it was not kept
    keep_promising(store, 5)              # while trials may still come: forgets those of trials that are far behind
    keep_best(store, 5)                   # at the end: those of what can be exported without training

A file a fold in `networks/`: the arrays of what was trained, in the order in which Keras gives a model's weights. Of
a head on a frozen backbone these are the head's alone.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trials.files import save_arrays
from trials.final import standings
from trials.kept import DamagedRun, read_arrays
from trials.pool import members_of, pool_of
from trials.store import RunStore
from xrays.tasks import task_named

FOLDER = "networks"
SPARE = 3  # times as many trials as are asked for, the best by their own loss, while a search runs

Arrays = tuple[NDArray[np.float32], ...]


@dataclass(frozen=True, order=True)
class FoldNetwork:
    """A network that was trained on all folds but one. seed: of training."""

    trial: int
    seed: int
    fold: int

    @property
    def file(self) -> str:
        """Its name in the folder."""
        return f"{self.trial:05d}-{self.seed}-{self.fold}.npz"


def save_network(run: Path, network: FoldNetwork, arrays: Sequence[NDArray[np.float32]]) -> None:
    """In the place of one that is there: the fold was trained once more."""
    (run / FOLDER).mkdir(exist_ok=True)
    save_arrays(run / FOLDER / network.file, {f"{number:04d}": array for number, array in enumerate(arrays)})


def read_network(run: Path, network: FoldNetwork) -> Arrays | None:
    """None where it was not kept. Raises DamagedRun."""
    file = run / FOLDER / network.file
    found = read_arrays(file)
    if any(array.dtype != np.float32 for array in found.values()):
        raise DamagedRun(file, "holds other numbers than float32")
    return tuple(found[name] for name in sorted(found)) or None


def kept_networks(run: Path) -> list[FoldNetwork]:
    """All that are there, in order."""
    named = re.compile(r"(\d+)-(\d+)-(\d+)\.npz")
    matched = (named.fullmatch(file.name) for file in (run / FOLDER).glob("*.npz"))
    return sorted(FoldNetwork(*map(int, found.groups())) for found in matched if found)


def keep_promising(store: RunStore, best: int) -> None:
    """Forgets networks of trials that `keep_best` is not likely to ask for at the end. Nobody knows the members of an
    ensemble before, but that they are good by themselves: those of (1 + SPARE) × best trials stay, at most, and of
    trials that are not at their end."""
    held = {network.trial for network in kept_networks(store.path)}
    by_loss = dict.fromkeys(member.trial.number for member in pool_of(store, held))
    _keep(store, {*_leading(store, best), *list(by_loss)[: SPARE * best]})


def keep_best(store: RunStore, best: int) -> None:
    """Forgets all networks but those of so many of the best trials, of the members of an ensemble of so many and of
    the mean of so many, which `export` compares, and of trials that are not at their end: of 3 × best trials at
    most."""
    wanted = _leading(store, best)
    if pool := pool_of(store):
        wanted |= members_of(pool, store.films(), task_named(store.experiment.task), best)
    _keep(store, wanted)


def _leading(store: RunStore, best: int) -> set[int]:
    return {one.result.number for one in standings([store])[:best]}


def _keep(store: RunStore, trials: Collection[int]) -> None:
    wanted = {*trials, *(trial.number for trial in store.open_trials())}
    for network in kept_networks(store.path):
        if network.trial not in wanted:
            (store.path / FOLDER / network.file).unlink(missing_ok=True)
