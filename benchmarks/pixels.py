"""What a stem of patches and films of half the pixels save, and what they cost in score: the same networks, folds and
initial weights with each.

    python benchmarks/pixels.py data/nih64 [--task age] [--folds 3] [--networks seed,augmented,residual,deep]

A row a network and choice: the mean objective of the folds; by how much it is worse than the plain network on whole
films, with the standard error of that difference over folds; its seconds of the processor, and as a share of the
plain network's. Folds share most of their training films, so that the error is somewhat too small.
"""

from __future__ import annotations

import argparse
import os
import statistics
import time
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ |= {"TF_NUM_INTRAOP_THREADS": "1", "TF_NUM_INTEROP_THREADS": "1"}

import keras
import numpy as np

from runners._training.order import steps_per_epoch
from runners._training.trainer import Trainer
from search_spaces import load_space
from search_spaces._hyperparameters import Scalar
from xrays.arrays import XrayArrays
from xrays.assignment import beside_fold, in_folds, of_fold
from xrays.folds import make_plan
from xrays.statistics.metrics import score
from xrays.tasks import TASKS, Task

SPACE, FOLDS = load_space("cnn"), 5
NETWORKS: dict[str, dict[str, Scalar]] = {
    "seed": {},
    "augmented": {"augment_mode": "combined", "augment_rotation": True, "augment_contrast": True},
    "residual": {
        "residual": True, "growth": 1.5, "normalisation": "group", "activation": "swish",
        "downsampling": "average_pool", "head": "both", "schedule": "one_cycle",
    },
    "deep": {"residual": True, "depth": 5, "filters": 8, "batch_size": 16, "ema": True, "learning_rate": 0.004},
    "wide": {"depth": 3, "filters": 32, "kernel": 5, "growth": 1.5, "activation": "gelu", "learning_rate": 0.001},
}  # fmt: skip
CHOICES: dict[str, dict[str, Scalar]] = {
    "plain": {},
    "half": {"start_size": "half"},
    "patch_2": {"stem": "patch_2"},
    "patch_4": {"stem": "patch_4"},
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, help="a prepared folder")
    parser.add_argument("--task", choices=TASKS, default="age")
    parser.add_argument("--folds", type=int, default=3, help=f"so many of {FOLDS} are trained")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--networks", default=",".join(NETWORKS))
    options = parser.parse_args()
    if options.data is None:
        print("No films given: python benchmarks/pixels.py data/nih64")
        return
    task = TASKS[options.task]
    print(f"{'network':10} {'choice':8} {task.objective:>9} {'worse by':>9} {'error':>6} {'seconds':>8} {'share':>6}")
    for network in options.networks.split(","):
        plain: list[tuple[float, float]] = []
        for choice, own in CHOICES.items():
            found = _trained({**SPACE.first, **NETWORKS[network], **own}, task, options)
            plain = plain or found
            worse = [task.loss(one) - task.loss(other) for (one, _), (other, _) in zip(found, plain, strict=True)]
            error = statistics.stdev(worse) / len(worse) ** 0.5 if len(worse) > 1 else float("nan")
            mean, seconds, whole = (
                statistics.fmean(values)
                for values in ([s for s, _ in found], [t for _, t in found], [t for _, t in plain])
            )
            print(
                f"{network:10} {choice:8} {mean:9.3f} {statistics.fmean(worse):+9.3f} {error:6.3f} {seconds:8.1f} "
                f"{seconds / whole:6.0%}",
                flush=True,
            )


def _trained(params: Mapping[str, Scalar], task: Task, options: argparse.Namespace) -> list[tuple[float, float]]:
    """(objective, seconds of the processor) of each fold; the first one's seconds are with making the networks."""
    keras.utils.clear_session(free_memory=False)
    arrays, recipe = XrayArrays.open(options.data), SPACE.recipe(params)
    labels, assignment = arrays.targets(task), make_plan(arrays, folds=FOLDS).assignment
    known, found = np.isfinite(labels), []
    steps = steps_per_epoch((known & in_folds(assignment)).sum() * (1 - 1 / FOLDS), recipe.fit.batch_size)
    material = SimpleNamespace(images=arrays.images)
    trainer = Trainer(SPACE, recipe, task, material, steps=steps, epochs=options.epochs, seed=options.seed, trial=0)
    for fold in range(options.folds):
        rows = np.flatnonzero(beside_fold(assignment, fold) & known)
        scored, begun = np.flatnonzero(of_fold(assignment, fold) & known), time.process_time()
        trainer.fit(labels, rows, fold=fold, watch=lambda epoch, loss: True)
        reached = score(task, labels[scored], trainer.predict(scored))[task.objective]
        found.append((reached, time.process_time() - begun))
    return found


if __name__ == "__main__":
    main()
