"""Trained networks of folds that a search has kept: the part of a run folder that `export` averages without training.

    save_network(run.path, FoldNetwork(trial=7, seed=0, fold=3), arrays)      # before the fold itself is on record
    read_network(run.path, FoldNetwork(7, 0, 3))                              # None where it was not kept
    keep_best(store, 5)                                                       # forgets those of all other trials

A file a fold in `networks/`: the arrays of what was trained, in the order in which Keras gives a model's weights. Of
a head on a frozen backbone these are the head's alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trials.files import save_arrays
from trials.final import standings
from trials.kept import DamagedRun, read_arrays
from trials.store import RunStore

FOLDER = "networks"

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


def keep_best(store: RunStore, best: int) -> None:
    """Forgets all networks but those of so many of the best trials, and of trials that are not at their end."""
    wanted = {one.result.number for one in standings([store])[:best]}
    wanted |= {trial.number for trial in store.open_trials()}
    for network in kept_networks(store.path):
        if network.trial not in wanted:
            (store.path / FOLDER / network.file).unlink(missing_ok=True)
