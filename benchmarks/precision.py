"""What bfloat16 costs in accuracy: the same configurations, seeds and folds trained in float32 and in `mixed`.

    python benchmarks/precision.py DATA [--tasks age gender] [--configurations 10] [--seeds 3] [--epochs 30]

Configurations: the space's first, its portfolio, then draws, of which those with more pixels under kernels than
--limit times as many as the first are passed over, for time's sake. A pair has the same folds, initial weights and
order of films. Every line of --out is one pair, and what is there is not trained again. The table: the mean of the
differences, more is worse for `mixed`, by the standard error of such a score. The suite's rule: while that is no more
than a fifth, `mixed` may be chosen.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")

import keras
import numpy as np

from runners._search.untried import Untried
from runners._training.devices import device_and_policy
from runners._training.network import TrainingDiverged
from runners._training.order import steps_per_epoch
from runners._training.trainer import Trainer
from search_spaces import load_space
from search_spaces._hyperparameters import Scalar
from search_spaces._space import Space
from trials.files import append_line
from trials.selection import FILM_LOSSES
from xrays.arrays import XrayArrays
from xrays.folds import FoldPlan, make_plan
from xrays.statistics.metrics import score
from xrays.strict_json import as_json
from xrays.tasks import TASKS, Task, task_named

Params = Mapping[str, Scalar]
PRECISIONS = ("float32", "mixed")
ALLOWED = 0.2  # standard errors


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="?", type=Path, help="a prepared folder")
    parser.add_argument("--tasks", nargs="+", default=list(TASKS))
    parser.add_argument("--configurations", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--folds", type=int, default=1, help="of five, another one for every seed")
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--limit", type=float, default=3.0)
    parser.add_argument("--out", type=Path, default=Path("precision.jsonl"))
    options = parser.parse_args()
    if options.data is None:
        print("No films given: python benchmarks/precision.py data/nih64")
        return
    arrays = XrayArrays.open(options.data)
    plan = make_plan(arrays, folds=5)
    space = load_space("cnn")
    done = [json.loads(line) for line in options.out.read_text().splitlines()] if options.out.exists() else []
    for seed in range(options.seeds):
        for name in options.tasks:
            task = task_named(name)
            for number, params in enumerate(drawn(space, task, arrays.size, options)):
                for fold in ((seed + turn) % plan.folds for turn in range(options.folds)):
                    which = {"task": name, "seed": seed, "number": number, "fold": fold, "epochs": options.epochs}
                    if not any(which.items() <= line.items() for line in done):
                        begun = time.process_time()
                        pair = trained(space, params, task, arrays, plan, fold, seed, number, options.epochs)
                        done.append({**which, **pair, "seconds": round(time.process_time() - begun, 1)})
                        append_line(options.out, as_json(done[-1]))
                        print(done[-1], flush=True)
            for line in table(done, options.tasks):
                print(line, flush=True)


def drawn(space: Space, task: Task, size: int, options: argparse.Namespace) -> Iterator[Params]:
    """The configurations, the same for every seed."""

    def cost(params: Params) -> int:
        recipe = space.recipe(params)
        return int(space.footprint(recipe, (size, size, 1)).activations * recipe.kernel**2)

    begun = [space.first, *(entry.params for entry in space.portfolio)]
    yield from begun[: options.configurations]
    known = [space.recipe(params).active(task) for params in begun]
    untried, found = Untried(space, task, seed=0), len(begun)
    while found < options.configurations:
        given = untried.next(lambda recipe: recipe in known)
        assert given, "the space has no more"
        params, recipe = given
        known.append(recipe.active(task))
        if cost(params) <= options.limit * cost(space.first):
            found += 1
            yield params


def trained(
    space: Space,
    params: Params,
    task: Task,
    arrays: XrayArrays,
    plan: FoldPlan,
    fold: int,
    seed: int,
    number: int,
    epochs: int,
) -> dict[str, float]:
    """The fold's score in each precision, NaN where it diverged, and the standard error of the float32 one."""
    labels = arrays.targets(task).astype(np.float32)
    known = np.isfinite(labels)
    scored = np.flatnonzero(plan.fold(fold) & known)
    rows = np.flatnonzero(plan.development() & known & ~plan.fold(fold))
    recipe, pair = space.recipe(params), dict[str, float]()
    for precision in PRECISIONS:
        keras.utils.clear_session(free_memory=False)
        keras.config.set_dtype_policy(device_and_policy(precision)[1])
        steps = steps_per_epoch(len(rows), recipe.fit.batch_size)
        films = SimpleNamespace(images=arrays.images)
        trainer = Trainer(space, recipe, task, films, steps=steps, epochs=epochs, seed=seed, trial=number)
        try:
            trainer.fit(labels, rows, fold=fold, watch=lambda epoch, loss: True)
            predicted = trainer.predict(scored)
        except TrainingDiverged:
            pair[precision] = math.nan
            continue
        pair[precision] = score(task, labels[scored], predicted)[task.objective]
        if precision == "float32":
            losses = FILM_LOSSES[task.objective](labels[scored], predicted)
            pair["error"] = float(losses.std(ddof=1)) / math.sqrt(len(losses))
    return pair


def table(done: Sequence[Mapping[str, Any]], tasks: Sequence[str]) -> Iterator[str]:
    """A line a task."""
    for name in tasks:
        task, own = task_named(name), [line for line in done if line["task"] == name]
        pairs = [line for line in own if line["float32"] is not None and line["mixed"] is not None]
        if len(pairs) < 2:
            continue
        worse = [task.loss(line["mixed"]) - task.loss(line["float32"]) for line in pairs]
        error = statistics.fmean(line["error"] for line in pairs)
        mean, spread = statistics.fmean(worse), statistics.stdev(worse) / math.sqrt(len(worse))
        yield (
            f"{name}: mixed is worse by {mean:+.4f} ± {spread:.4f} of {task.objective} over {len(pairs)} pairs "
            f"({len(own) - len(pairs)} diverged), {mean / error:+.2f} ± {spread / error:.2f} standard errors "
            f"of a score; {'no more' if mean <= ALLOWED * error else 'MORE'} than {ALLOWED:g}"
        )


if __name__ == "__main__":
    main()
