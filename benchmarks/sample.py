"""How well constant, linear probe and the default network do on the synthetic sample, with intervals.

    python benchmarks/sample.py [--size 64] [--folds 5] [--epochs 12]

Out-of-fold predictions of the development films; 95 % percentile intervals from 2,000 bootstrap samples of patients.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np

from runners._commands.search import search
from runners._search.options import SearchOptions
from trials.store import RunStore
from xrays.prepare import prepare
from xrays.sources import Order, layout_of
from xrays.statistics.metrics import score
from xrays.tasks import TASKS, Task

DRAWS = 2000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=12)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        layout = layout_of("sample", Order(Path(folder)))
        data = prepare(layout, Path(folder) / "sample", size=options.size).path
        for task in TASKS.values():
            store, _ = search(
                SearchOptions(
                    task=task.name,
                    data=data,
                    trials=1,
                    folds=options.folds,
                    epochs=options.epochs,
                    runs=Path(folder) / "runs",
                )
            )
            report(store, task)


def report(store: RunStore, task: Task) -> None:
    """Prints a line a model: every metric (accuracy as error) with its interval, and the gain over the one before."""
    films = store.films()
    with np.load(store.path / "baselines.npz") as arrays:
        predictions = {name: arrays[name][0] for name in ("constant", "linear probe")}
    network = store.out_of_fold(0)
    assert network is not None
    predictions["default network"] = network[0]
    labels = films.targets(task)
    used = films.development() & np.isfinite(labels)
    before = None
    for name, predicted in predictions.items():
        parts = []
        for metric in task.metrics:
            value, low, high = interval(task, metric, labels[used], predicted[used], films.groups[used])
            parts.append(f"{metric} {value:.3f} [{low:.3f}, {high:.3f}]")
            if metric == task.objective:
                loss = value if task.direction == "min" else 1 - value
        gain = "" if before is None else f"   {1 - loss / before:.0%} less error than the line above"
        before = loss
        print(f"{task.name:7s} {name:16s} {'   '.join(parts)}{gain}", flush=True)


def interval(
    task: Task, metric: str, truth: np.ndarray, predicted: np.ndarray, groups: np.ndarray
) -> tuple[float, float, float]:
    """The metric and the 2.5 and 97.5 percentiles when whole patients are drawn with replacement."""
    names, member = np.unique(groups, return_inverse=True)
    films = [np.flatnonzero(member == number) for number in range(len(names))]
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(DRAWS):
        rows = np.concatenate([films[number] for number in rng.integers(len(names), size=len(names))])
        drawn.append(score(task, truth[rows], predicted[rows])[metric])
    low, high = np.percentile(drawn, [2.5, 97.5])
    return score(task, truth, predicted)[metric], float(low), float(high)


if __name__ == "__main__":
    main()
