"""What a further fold costs besides its steps: our trainer put back to its start, against a fresh model a fold.

    python benchmarks/fold_reuse.py [--size 64] [--folds 5]

The fixed cost is the time of a fold of one epoch, one step and one scoring, less a step and a scoring measured on
their own. Folds score slightly different numbers of films, as real ones do.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from runners._training.network import film_inputs
from runners._training.trainer import Trainer
from search_spaces import load_space
from xrays.tasks import TASKS

FILMS, SCORED = 256, 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--folds", type=int, default=5)
    options = parser.parse_args()
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (FILMS, options.size, options.size, 1), dtype=np.uint8)
    labels = rng.uniform(20, 90, FILMS).astype(np.float32)

    reused = _trainer(images)
    _fold(reused, labels, 0)  # traces
    step = _step_seconds(reused, images, labels)
    ours = [_fold(reused, labels, fold) - step for fold in range(1, options.folds + 1)]
    fresh = []
    for fold in range(options.folds):
        keras.utils.clear_session()
        begun = time.perf_counter()
        trainer = _trainer(images)
        built = time.perf_counter() - begun
        fresh.append(built + _fold(trainer, labels, fold) - step)
    print(f"one step and one scoring {1000 * step:.0f} ms, {options.size} px, {options.folds} folds each")
    print(f"fixed cost of a further fold, median: reused {statistics.median(ours):.3f} s")
    print(f"fixed cost of a fold with a fresh model, median: {statistics.median(fresh):.3f} s")
    print(f"ratio {statistics.median(fresh) / statistics.median(ours):.0f}×")


def _trainer(images: np.ndarray) -> Trainer:
    space = load_space("cnn")
    params = {**space.first, "augment_mode": "combined", "augment_rotation": True, "augment_contrast": True}
    recipe = space.recipe(params)
    material = SimpleNamespace(images=images)
    return Trainer(space, recipe, TASKS["age"], material, steps=1, epochs=1, seed=0, trial=0)


def _fold(trainer: Trainer, labels: np.ndarray, fold: int) -> float:
    begun = time.perf_counter()
    trainer.fit(labels, np.arange(FILMS), fold=fold, watch=lambda epoch, loss: True)
    trainer.predict(np.arange(SCORED + fold))
    return time.perf_counter() - begun


def _step_seconds(trainer: Trainer, images: np.ndarray, labels: np.ndarray) -> float:
    network, inputs = trainer.network(trainer.parts[0]), film_inputs(images, 32)
    step, rng = np.arange(32)[None], np.random.default_rng(0)
    begun = time.perf_counter()
    for _ in range(10):
        network.epoch(inputs, labels, step, rng)
        trainer.predict(np.arange(SCORED))
    return (time.perf_counter() - begun) / 10


if __name__ == "__main__":
    main()
