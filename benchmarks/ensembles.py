"""What an ensemble gains, and whether intervals and probabilities hold, on films that played no part in choosing it.

    python benchmarks/ensembles.py runs/age-… runs/gender-…
    python benchmarks/ensembles.py                                  # a search of a minute on the synthetic sample

Nothing is trained: the out-of-fold predictions of a search are replayed. For each of 20 splits a quarter of the
patients is set aside; on the others the best trial, the greedy ensemble and the best five are chosen, and intervals
and calibration fitted; all are scored on those set aside. Every prediction is of a network that had not seen the
film, and of one network a member: what is exported is a little better, as it is trained on more films, or is a mean.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._commands.sample import SampleSearch, films_or_sample
from runners._commands.search import search
from runners._search.options import Limits, SearchOptions
from trials.films import Films
from trials.pool import Ensemble, best_of, ensemble_of, pool_of
from trials.store import RunStore
from xrays.statistics import calibration, conformal
from xrays.statistics.classification import calibration_error
from xrays.statistics.metrics import score
from xrays.tasks import Task, task_named

SPLITS, SHARE = 20, 0.25
MEMBERS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="*", help="run folders")
    given = parser.parse_args()
    if given.runs:
        for run in given.runs:
            told(RunStore.open(run))
        return
    with tempfile.TemporaryDirectory() as folder:
        data = films_or_sample(None, Path(folder), SampleSearch("age", 4, 3, 4), say=print)
        options = SearchOptions("age", data, 4, sets=("filters=8",), pruner="none", folds=3, epochs=4)
        told(search(replace(options, limits=Limits(finalists=2), runs=Path(folder)))[0])


def told(store: RunStore) -> None:
    """A line a way."""
    task, pool = task_named(store.experiment.task), pool_of(store)
    rows = [split(store, seed) for seed in range(SPLITS)]
    print(f"\n{store.path.name}: {len(pool)} members, {SPLITS} splits, {SHARE:.0%} of the patients set aside")
    first = mean(rows, "best trial", "loss")
    for way in rows[0]:
        loss = mean(rows, way, "loss")
        gains = [1 - row[way]["loss"] / row["best trial"]["loss"] for row in rows]
        line = f"  {way:<16} {task.objective} {abs(task.loss(loss) if task.kind == 'regression' else 1 - loss):.3f}"
        line += f"  error {1 - loss / first:+.1%} less, between {min(gains):+.1%} and {max(gains):+.1%}"
        print(line + "".join(f"  {name} {mean(rows, way, name):.3f}" for name in rows[0][way] if name != "loss"))


def mean(rows: list[dict[str, dict[str, float]]], way: str, name: str) -> float:
    return float(np.mean([row[way][name] for row in rows]))


def split(store: RunStore, seed: int) -> dict[str, dict[str, float]]:
    """Of each way what it comes to on the patients set aside; loss: mean absolute error, or share of wrong
    answers."""
    task, films, pool = task_named(store.experiment.task), store.films(), pool_of(store)
    patients = np.unique(films.groups)
    aside = np.isin(films.groups, np.random.default_rng(seed).permutation(patients)[: round(SHARE * len(patients))])
    rest = _without(films, task, aside)
    ways = {
        "best trial": best_of(pool, rest, task, 1),
        "greedy ensemble": ensemble_of(pool, rest, task, MEMBERS),
        f"best {MEMBERS}": best_of(pool, rest, task, MEMBERS),
    }
    return {name: dict(_figures(task, films, rest, aside, way)) for name, way in ways.items()}


def _without(films: Films, task: Task, aside: NDArray[np.bool_]) -> Films:
    """As if those had no label."""
    own = task.label.name
    return replace(films, labels={**films.labels, own: np.where(aside, np.nan, films.labels[own]).astype(np.float32)})


def _figures(
    task: Task, films: Films, rest: Films, aside: NDArray[np.bool_], way: Ensemble
) -> Iterator[tuple[str, float]]:
    answers, labels = way.predictions(task), films.targets(task).astype(np.float64)
    known = np.isfinite(answers) & np.isfinite(labels)
    held, others = known & aside, known & ~aside
    metric = score(task, labels[held], answers[held])[task.objective]
    yield "loss", metric if task.kind == "regression" else 1 - metric
    groups = films.groups[others]
    if task.kind == "regression":
        around = conformal.fitted(labels[others], answers[others], groups)
        if around is not None:
            yield "coverage", float(around.covers(labels[held], answers[held]).mean())
            yield "width", float(2 * around.half_width(answers[held]).mean())
        return
    one = np.ones((1, int(held.sum())))
    found = calibration.fitted(labels[others], answers[others], groups)
    calibrated = answers[held] if found is None else found.of(answers[held])
    yield "calibration error", float(calibration_error(labels[held], answers[held], one)[0])
    yield "calibrated", float(calibration_error(labels[held], calibrated, one)[0])
    for name, given in (("log loss", answers[held]), ("calibrated log loss", calibrated)):
        yield name, float(calibration.log_losses(labels[held], given).mean())


if __name__ == "__main__":
    main()
