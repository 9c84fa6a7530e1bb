"""A frozen backbone whose features are kept, against the same heads trained through the full model.

    python benchmarks/frozen_features.py [--data data/nih128] [--weights none] [--trials 20] [--slow 2]

Both arms train the same configurations of MobileNetV2, frozen, under the same cross-validation, in this process. The
fast arm computes the features in its first trial. The slow arm is a few trials, extrapolated to all: its heads see
every film through the whole backbone in every epoch, and are given no augmentation either. Without --data the films
are the built-in synthetic ones at 128 px; --weights as for a search.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from runners._search.engine import engine_of
from runners._search.options import SearchOptions
from runners._search.resolved import resolve_anew
from runners._training.material import TrainingMaterial
from runners._training.order import steps_per_epoch
from runners._training.trainer import Trainer
from search_spaces import load_space
from search_spaces._space import Space, Stage
from xrays.arrays import XrayArrays
from xrays.assignment import beside_fold, of_fold
from xrays.folds import make_plan
from xrays.prepare import prepare
from xrays.sources import Order, layout_of
from xrays.statistics.metrics import score
from xrays.tasks import TASKS

TASK = TASKS["age"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--weights", default="none")
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--slow", type=int, default=2)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--folds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        arrays = opened(options.data, Path(folder))
        # A cache of its own: the first trial of the fast arm shall have to compute the features.
        arrays = replace(arrays, path=Path(folder))
        frozen = load_space("transfer")
        full = replace(frozen, stages=lambda recipe: (Stage("head", "films", 1.0, recipe.fit.learning_rate),))
        arms = {"features": (frozen, options.trials), "full model": (full, options.slow)}
        spent: dict[str, list[float]] = {}
        scores: dict[str, list[list[float]]] = {}
        for name, (space, trials) in arms.items():
            spent[name], scores[name] = [], []
            for trial in range(trials):
                seconds, folds = train(space, arrays, options.weights, trial, options.epochs, options.folds)
                spent[name].append(seconds)
                scores[name].append(folds)
                print(f"{name:10s} trial {trial:2d} {seconds:7.1f} s   MAE by fold {np.round(folds, 2)}", flush=True)
    later = spent["features"][1:]
    slow = float(np.mean(spent["full model"]))
    print(f"\n{len(arrays.ids)} films of {arrays.size} px, {options.folds} folds, {options.epochs} epochs")
    whole = slow * options.trials / 60
    print(f"full model: {slow:.1f} s a trial, so {whole:.0f} min for {options.trials}, extrapolated")
    print(f"features:   {spent['features'][0]:.1f} s for the first, then {np.mean(later):.2f} s a trial (mean)")
    print(f"ratio from the second trial on: {slow / np.mean(later):.1f}")
    for trial, (a, b) in enumerate(zip(scores["features"], scores["full model"], strict=False)):
        print(
            f"trial {trial}: mean MAE {np.mean(a):.2f} on features, {np.mean(b):.2f} through the full model; "
            f"standard deviation between folds {np.std(b, ddof=1):.2f}"
        )


def opened(data: Path | None, folder: Path) -> XrayArrays:
    if data is not None:
        return XrayArrays.open(data)
    layout = layout_of("sample", Order(folder))
    return prepare(layout, folder / "sample128", size=128)


def train(
    space: Space, arrays: XrayArrays, weights: str, trial: int, epochs: int, folds: int
) -> tuple[float, list[float]]:
    """(seconds, MAE on every fold) of one configuration; graphs of earlier ones are forgotten, as in a worker."""
    keras.utils.clear_session(free_memory=False)
    plan = make_plan(arrays, folds=folds)
    search = SearchOptions(
        TASK.name, arrays.path, 1, "transfer", ("backbone=mobilenetv2",),
        weights=weights, cache_gb=1, folds=folds, epochs=epochs,
    )  # fmt: skip
    setup = resolve_anew(search, engine_of(search), arrays, plan, print).setup()
    recipe = space.recipe(configuration(space, trial))
    labels, assignment = arrays.targets(TASK), plan.assignment
    developed = np.isfinite(labels) & plan.development()
    begun = time.perf_counter()
    material = TrainingMaterial(arrays, setup, lambda told: None)
    steps = steps_per_epoch(developed.sum() * (folds - 1) / folds, recipe.fit.batch_size)
    trainer = Trainer(space, recipe, TASK, material, steps=steps, epochs=epochs, seed=0, trial=trial)
    found = []
    for fold in range(folds):
        scored = np.flatnonzero(developed & of_fold(assignment, fold))

        def watch(epoch: int, loss: float, scored: np.ndarray = scored) -> bool:
            trainer.predict(scored)  # as in a search, where every epoch is scored
            return True

        trainer.fit(labels, np.flatnonzero(developed & beside_fold(assignment, fold)), fold=fold, watch=watch)
        found.append(score(TASK, labels[scored], trainer.predict(scored))[TASK.objective])
    return time.perf_counter() - begun, found


def configuration(space: Space, trial: int) -> dict[str, str | int | float | bool]:
    """Heads of all widths, batches and rates; the backbone frozen, its features of the film itself."""
    rng = np.random.default_rng(trial)
    own: dict[str, str | int | float | bool] = {
        "backbone": "mobilenetv2",
        "views": "none",
        "unfreeze": 0.0,
        "width": int(rng.choice([0, 64, 128, 256])),
        "dropout": float(rng.uniform(0, 0.6)),
        "learning_rate": float(10 ** rng.uniform(-3.5, -2)),
        "batch_size": int(rng.choice([16, 32, 64])),
        "augment_mode": "none",
    }
    return {**space.first, **own}


if __name__ == "__main__":
    main()
