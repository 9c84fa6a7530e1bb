"""What it gains to train the cheapest of several proposals (`runners/_search/bargain.py`), with the race.

    python benchmarks/bargain.py [RUN…] [--searches 40] [--correlation 0.5]

Searches draw from the complete trials of a run that was made with `--pruner none --sampler random`, again and again;
without one from 150 simulated trials (`tests/simulated_search.py`) of 5 folds and 30 epochs, with costs as the space
cnn has them at 64 px and the given correlation of cost and score. Shown is how far the best is behind the best of
all, in standard errors of its score, when the work of 2, 5, 10, … whole trials of the first configuration is done.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from runners._race.pruners import PRUNERS
from runners._race.race import standard_error
from runners._race.replay import judged, unpruned
from runners._race.standing import incumbent
from runners._race.worked import Worked, workload_of
from runners._search.bargain import HALF, SHARE
from search_spaces import load_space
from search_spaces._cost import draw
from search_spaces._space import domains
from search_spaces._work import COMPILING, Workload
from trials.records import TrialResult, apart
from trials.store import RunStore
from xrays.tasks import TASKS, Task, task_named

DONE = (2, 5, 10, 15, 30, 60)  # whole trials
OFFERS = (1, 2, 3, 4)
SPACE = load_space("cnn")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", nargs="*", type=Path)
    parser.add_argument("--searches", type=int, default=40)
    parser.add_argument("--correlation", type=float, default=0.5)
    options = parser.parse_args()
    for path in options.runs:
        store = RunStore.open(path)
        own = store.experiment
        workload = workload_of(store, load_space(own.space))
        trials = unpruned(store)
        print(f"{path.name}: {len(trials)} trials, cost and score correlate at {_correlation(trials, own.task):.2f}")
        _table(task_named(own.task), trials, workload, options.searches)
    if not options.runs:
        workload = Workload(SPACE, (64, 64, 1), 646, 5, 30, "float32")
        _table(TASKS["age"], _simulated(workload, options.correlation), workload, options.searches)


def _table(task: Task, trials: Sequence[TrialResult], workload: Workload, searches: int) -> None:
    print("proposals" + "".join(f"{done:8}" for done in DONE) + "   whole trials")
    for offers in OFFERS:
        gaps = [_gaps(task, trials, workload, offers, seed) for seed in range(searches)]
        print(f"{offers:9}" + "".join(f"{gap:8.2f}" for gap in np.mean(gaps, axis=0)), flush=True)


def _gaps(task: Task, trials: Sequence[TrialResult], workload: Workload, offers: int, seed: int) -> list[float]:
    """One search; before it has any trial in full, what it has is the median."""
    rng, history, done, worked = random.Random(seed), list[TrialResult](), 0.0, Worked(workload)
    whole, folds = workload.usual, len(trials[0].folds)
    middle = statistics.median(_loss(task, trial) for trial in trials)
    best = incumbent(task, trials)
    assert best is not None
    error = math.sqrt(statistics.fmean(standard_error(task, fold) ** 2 for fold in best.folds) / apart(best.folds))
    gaps: list[float] = []
    while len(gaps) < len(DONE):
        several = [rng.choice(trials) for _ in range(1 + round((offers - 1) / (1 + done / HALF)))]
        taken = min(several, key=lambda trial: COMPILING + SHARE * folds * trial.work)
        asked = replace(taken, number=len(history), results_known=len(history))
        result = judged(task, history, asked, PRUNERS["race"], workload.epochs, 0, worked.by_epoch)
        before = incumbent(task, history)
        gap = ((_loss(task, before) if before else middle) - _loss(task, best)) / error
        done += (COMPILING + worked.of(result)) / whole
        history.append(result)
        gaps += [gap for at in DONE[len(gaps) :] if at <= done]
    return gaps


def _loss(task: Task, trial: TrialResult) -> float:
    return task.loss(statistics.fmean(trial.fold_scores(task)))


def _correlation(trials: Sequence[TrialResult], task: str) -> float:
    """Of ranks: positive where dear trials are good."""
    losses, works = ([*map(rank, trials)] for rank in (lambda one: _loss(TASKS[task], one), lambda one: one.work))
    ranks = np.stack([np.argsort(np.argsort(values)) for values in (losses, works)])
    return -float(np.asarray(np.corrcoef(ranks))[0, 1])


def _simulated(workload: Workload, correlation: float) -> list[TrialResult]:
    sys.path.append(str(Path(__file__).parents[1]))
    from tests.simulated_search import simulated

    task, rng = TASKS["age"], random.Random(0)
    trials = simulated(0, 150, workload.folds, workload.epochs)
    recipes = (SPACE.recipe({name: draw(one, rng) for name, one in domains(SPACE).items()}) for _ in trials)
    works = sorted(workload.of(recipe).fold for recipe in recipes)
    good = np.argsort(np.argsort([-_loss(task, trial) for trial in trials])) / len(trials) - 0.5
    chance = np.random.default_rng(0).normal(size=len(trials))
    key = correlation * good * math.sqrt(12) + math.sqrt(1 - correlation**2) * chance
    return [
        replace(trial, work=works[place]) for trial, place in zip(trials, np.argsort(np.argsort(key)), strict=True)
    ]


if __name__ == "__main__":
    main()
