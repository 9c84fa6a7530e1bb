"""A configuration on films that no search has seen: trained on all folds' films, scored on the hold-out.

    python benchmarks/_unseen.py DATA best.json refits.json --task age --folds 5 --seed 0 [--loop]

It is trained as its search has trained it, by this suite or with --loop by the loop of benchmarks/_plain.py, since
that is what its user ends with; and several times, with other seeds, as one training's luck is as large as what the
arms differ by. In the precision that its search was trained in: `mixed` where this suite chose that, float32 for all
others. best.json: params, epochs, precision; refits.json: the mean of the objective over the trainings, its standard
error over the films, the objective of each training, of each film (what the objective is the mean of, averaged over
the trainings), and the fingerprint of the plan.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import keras
import numpy as np
from _divided import plan_of
from _plain import Loop
from numpy.typing import NDArray

from runners._training.devices import device_and_policy
from runners._training.order import steps_per_epoch
from runners._training.trainer import Trainer
from search_spaces import load_space
from trials.files import write_atomically
from xrays.arrays import XrayArrays
from xrays.folds import FoldPlan
from xrays.statistics.metrics import score
from xrays.strict_json import as_json
from xrays.tasks import Task, task_named

REFITS = 3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("data", "best", "out"):
        parser.add_argument(name, type=Path)
    parser.add_argument("--task", default="age")
    for name, usual in (("folds", 5), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    parser.add_argument("--split", default="", metavar="COLUMN")
    parser.add_argument("--loop", action="store_true")
    options = parser.parse_args()
    best, task = json.loads(options.best.read_text()), task_named(options.task)
    arrays = XrayArrays.open(options.data)
    plan = plan_of(arrays, folds=options.folds, seed=options.seed, column=options.split)
    labels = arrays.targets(task).astype(np.float32)
    known = np.isfinite(labels)
    rows, unseen = plan.development() & known, plan.hold_out() & known
    answers = by_loop if options.loop else by_suite
    found, scores = [], []
    for predicted in answers(Asked(best, arrays, plan, task, rows, unseen)):
        found.append(of_films(task, labels[unseen], predicted))
        scores.append(score(task, labels[unseen], predicted)[task.objective])
    films = np.mean(found, axis=0)
    error = float(films.std(ddof=1) / math.sqrt(len(films)))
    line = {"mean": float(np.mean(scores)), "error": error, "scores": scores, "films": films.round(4).tolist()}
    write_atomically(options.out, as_json({**line, "plan": plan.fingerprint}).encode())


@dataclass(frozen=True)
class Asked:
    """best: what was found, as best.json has it; rows, unseen: (N,) which films it is trained on, and scored on."""

    best: Mapping[str, Any]
    arrays: XrayArrays
    plan: FoldPlan
    task: Task
    rows: NDArray[np.bool_]
    unseen: NDArray[np.bool_]


def by_suite(asked: Asked) -> Iterator[NDArray[np.float32]]:
    """REFITS times (n,) what the suite's own training says of the unseen films."""
    labels, own = asked.arrays.targets(asked.task).astype(np.float32), np.flatnonzero(asked.rows)
    keras.config.set_dtype_policy(device_and_policy(asked.best["precision"])[1])
    space = load_space("cnn")
    # The suite as of an earlier commit knew fewer parameters, and what the first configuration has of the others.
    recipe = space.recipe({**space.first, **asked.best["params"]})
    material: Any = SimpleNamespace(images=asked.arrays.images)
    steps = steps_per_epoch(len(own), recipe.fit.batch_size)
    trainer = Trainer(space, recipe, asked.task, material, steps=steps, epochs=asked.best["epochs"], seed=0, trial=0)
    for seed in range(REFITS):
        trainer.take_seed(seed)
        trainer.fit(labels, own, fold=-1, watch=lambda epoch, loss: True)
        yield trainer.predict(np.flatnonzero(asked.unseen))


def by_loop(asked: Asked) -> Iterator[NDArray[np.float32]]:
    """The same of a loop without this suite."""
    for seed in range(REFITS):
        loop = Loop(asked.arrays, asked.plan, asked.task, asked.best["epochs"], seed, until=math.inf, out=Path())
        yield loop.predicted(loop.trained(asked.best["params"], asked.rows, asked.best["epochs"]), asked.unseen)


def of_films(task: Task, labels: NDArray[np.float32], predicted: NDArray[np.float32]) -> NDArray[np.float64]:
    """What the objective is the mean of, film by film."""
    binary = task.kind == "binary"
    found: NDArray[np.float64] = ((predicted >= 0.5) == (labels == 1)) if binary else np.abs(predicted - labels)
    return found


if __name__ == "__main__":
    main()
