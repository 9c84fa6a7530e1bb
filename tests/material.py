"""What trainers train on, without a search around them: drawn films, a cache folder, random or given weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import run_folders
from numpy.typing import NDArray

from runners._inputs.weights import NO_WEIGHTS, Weights
from runners._workers.messages import Busy, Setup
from xrays.arrays import XrayArrays
from xrays.seal import VECTORS
from xrays.vectors import Vectors, vectors_of


def drawn(films: int, size: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Films that are brighter the older, and the ages."""
    rng = np.random.default_rng(5)
    ages = rng.uniform(20, 90, films).astype(np.float32)
    images = rng.normal(ages[:, None, None, None] + 60, 40, (films, size, size, 1))
    return images.clip(0, 255).astype(np.uint8), ages


def arrays_of(images: NDArray[np.uint8], folder: Path) -> XrayArrays:
    """With a vector each, of some of its pixels."""
    count = len(images)
    ids = np.arange(count)
    vectors = np.ascontiguousarray(images[:, ::8, ::8, 0].reshape(count, -1), np.float32)
    folder.mkdir(exist_ok=True)
    np.save(folder / VECTORS, vectors)
    kept = Vectors(vectors, "pixels", "", "abc", "")
    meta = {"pixels": f"{int(images.sum())}", "synthetic": True, "vectors": kept.record()}
    return XrayArrays(folder, images, {}, ids, ids.astype(str), meta)


def setup_for(arrays: XrayArrays, *, weights: Weights = NO_WEIGHTS, seed: int = 0, cache_limit: int = 10**9) -> Setup:
    assignment = np.arange(len(arrays.ids), dtype=np.int8)[None] % 3
    vectors = vectors_of(arrays)
    on_vectors = {"vectors": vectors.label, "width": vectors.width} if vectors else {}
    experiment = run_folders.experiment(seed=seed, **on_vectors)
    return Setup(arrays.path, assignment, experiment, 2, weights, cache_limit)


def on_hand(images: NDArray[np.uint8], folder: Path, told: list[Busy] | None = None, **of_setup: object):  # type: ignore[no-untyped-def]
    """The material of a worker, as it has it."""
    from runners._training.material import TrainingMaterial

    arrays = arrays_of(images, folder)
    return TrainingMaterial(arrays, setup_for(arrays, **of_setup), (told if told is not None else []).append)  # type: ignore[arg-type]
