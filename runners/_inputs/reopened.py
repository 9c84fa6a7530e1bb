"""What a run was trained on and from, opened again and compared with what it was then.

arrays = arrays_of(store, data=None)
weights = weights_of(store, trial, given=None, say=print)
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runners._inputs.features import CACHE_GB
from runners._inputs.weights import NO_WEIGHTS, Weights, resolve
from trials.records import Trial
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.intact import begin_check


def arrays_of(store: RunStore, data: Path | None) -> XrayArrays:
    """The prepared films of the run, from where they were or from where the user says that they are now."""
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
    begin_check(arrays).result()
    return arrays


def cache_of(store: RunStore) -> int:
    """Bytes that cached features may take, as its search was told (--cache-gb)."""
    return int(store.budget().get("cache_gb", CACHE_GB) * 1e9)


def weights_of(store: RunStore, trial: Trial, given: str | None, say: Callable[[str], None]) -> Weights:
    """Those that the run's backbones started from."""
    label = store.experiment.weights
    if not label:
        return NO_WEIGHTS
    name = str(trial.params["backbone"])
    weights = resolve(given or store.provenance.weights, [name], say)
    known = store.provenance.weight_files.get(name)
    found = weights.files[name].fingerprint if name in weights.files else None
    if found != known:
        raise UserError(
            f"{weights.given} holds other weights of {name} than {store.path.name} was trained from",
            f"the weights of {label}",
            "--weights PATH with them",
        )
    return weights
