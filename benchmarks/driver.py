"""What a search costs beside its training: asking, judging, writing, telling, and reading it all again.

    python benchmarks/driver.py [--trials 1000] [--folds 5] [--replay 10000] [--searches random/none tpe/none]

The workers answer at once with made-up scores, so all of the time is the driver's. Disk writes are real and synced.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from runners import load_runner
from runners._race.pruners import PRUNERS
from runners._search.budget import Budget
from runners._search.loop import Search, open_search
from runners._searcher import Ask, Searcher
from runners._workers.messages import Epoch, FoldDone, Job, Measure, Measured, Ready, Reply, StageCost, Train, Verdict
from runners._workers.protocol import Died
from runners._workers.stop import Stop
from search_spaces import load_space
from search_spaces._hyperparameters import Scalar
from search_spaces._space import fingerprint
from trials.experiment import Experiment
from trials.films import Films
from trials.provenance import Chosen, Provenance
from trials.records import FoldScore, Trial, TrialResult
from trials.store import RunStore
from xrays.splits import Splits
from xrays.strict_json import as_json
from xrays.tasks import TASKS

FILMS, EPOCHS = 5000, 10
SPACE, TASK = load_space("cnn"), TASKS["age"]


class Instant:
    """A worker that has trained a fold before it is asked to."""

    slots: Sequence[int] = (0,)

    def __init__(self, folds: int) -> None:
        self._folds = folds
        self._replies: deque[Reply | Died] = deque([Ready("nothing")])
        self._curve: list[float] = []
        self._job: Train | None = None

    def send(self, slot: int, message: Job | Verdict) -> None:
        match message:
            case Measure():
                self._replies.append(Measured((StageCost("train", EPOCHS, 1, 0.001, 0.001),), 0.001))
            case Train():
                self._job, self._curve = message, []
                self._next()
            case Verdict(go) if self._job:
                if go and len(self._curve) < self._job.trial.max_epochs:
                    self._next()
                else:
                    self._replies.append(self._done(self._job))

    def _next(self) -> None:
        assert self._job
        quality = np.random.default_rng(self._job.trial.number).uniform(8, 14)
        self._curve.append(float(quality + self._job.fold / 10 + 3 / (len(self._curve) + 1)))
        self._replies.append(Epoch(len(self._curve), self._curve[-1], 1.0))

    def _done(self, job: Train) -> FoldDone:
        predictions = np.full(FILMS, np.nan, np.float32)
        predictions[job.fold :: self._folds] = self._curve[-1]
        return FoldDone(fold_score(job.fold, self._curve, job.trial.max_epochs), predictions)

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        return [(0, self._replies.popleft())] if self._replies else []

    def replace(self, slot: int) -> None: ...
    def end(self, slot: int) -> None: ...
    def refresh(self, slot: int) -> bool:
        return False


class Silent:
    """Shows nothing."""

    def __getattr__(self, name: str) -> object:
        return lambda *_: None


def fold_score(fold: int, curve: Sequence[float], planned: int) -> FoldScore:
    metrics = dict.fromkeys(TASK.metrics, curve[-1]) | {"rmse": curve[-1] * 1.3}
    return FoldScore(
        fold, metrics, len(curve), 1.0, tuple(curve), tuple(curve), len(curve) == planned, 10**5, 0.1, FILMS // 5
    )


def experiment(sampler: str, runner: str, pruner: str, folds: int) -> Experiment:
    return Experiment(
        task=TASK.name, data="none", plan="p", pixels="p", size=64, space=SPACE.name, ranges=fingerprint(SPACE),
        narrowing=(), weights="", max_parameters=0, backend="none", runner=runner, sampler=sampler, grid_points=0,
        pruner=pruner, folds=folds, repeats=1, epochs=EPOCHS, seed=0, precision="float32",
    )  # fmt: skip


def new_store(path: Path, identity: Experiment) -> RunStore:
    labels = np.linspace(20, 80, FILMS, dtype=np.float32)
    assignment = (np.arange(FILMS) % identity.folds).astype(np.int8)[None]
    groups = np.array([f"film {n}" for n in range(FILMS)])
    films = Films(np.arange(FILMS), groups, {TASK.label.name: labels}, assignment)
    provenance = Provenance(
        created="2026-01-01T00:00:00+00:00", synthetic=True, films=FILMS, rejected=0, films_fingerprint="none",
        splits=Splits(), split_notes=(), arrays="none", weights="", weight_files={}, device="", chosen=Chosen(),
        versions={}, domains={}, fork_of="", fork_differs=(), vectors_origin="",
    )  # fmt: skip
    return RunStore.create(path, identity, films, provenance)


def searching(store: RunStore, searcher: Searcher, pruner: str, trials: int) -> Search:
    view: Any = Silent()
    workers = Instant(store.experiment.folds)
    return open_search(
        store, SPACE, searcher, workers, PRUNERS[pruner], lambda recipe: None, Budget(trials), view, Stop()
    )


def run(path: Path, runner: str, sampler: str, pruner: str, trials: int, folds: int) -> None:
    identity = experiment(sampler, runner, pruner, folds)
    store = new_store(path, identity)
    searcher = load_runner(runner).open_searcher(SPACE, TASK, identity)
    search = searching(store, searcher, pruner, trials)
    wall, processor = time.perf_counter(), time.process_time()
    search.run()
    wall, processor = time.perf_counter() - wall, time.process_time() - processor
    trained = sum(len(result.folds) for result in store.trials())
    print(
        f"{runner} {sampler:9s} pruner {pruner:5s} {trials} trials, {trained} folds: {wall:6.1f} s, "
        f"{1000 * wall / trained:5.1f} ms a fold ({1000 * processor / trained:.1f} ms of processor); {_peak()}",
        flush=True,
    )


def replay(path: Path, runner: str, sampler: str, trials: int, folds: int) -> None:
    """A folder of so many trials, opened again by a search that is to ask for one more."""
    identity = experiment(sampler, runner, "none", folds)
    store = new_store(path, identity)
    searcher = load_runner(runner).open_searcher(SPACE, TASK, identity)
    draws = load_runner("optuna").open_searcher(SPACE, TASK, experiment("random", "optuna", "none", folds))
    lines = []
    for number in range(trials):
        ask = draws.ask(number)
        assert isinstance(ask, Ask)
        lines.append(finished(number, ask.params, folds))
    with (path / "trials.jsonl").open("w") as file:
        file.writelines(as_json(result) + "\n" for result in lines)
    begun, processor = time.perf_counter(), time.process_time()
    search = searching(store, searcher, "none", trials + 1)
    opened = time.perf_counter() - begun
    search.run()
    whole, processor = time.perf_counter() - begun, time.process_time() - processor
    print(
        f"replay of {trials} trials × {folds} folds into {runner} {sampler}: {opened:.1f} s, with one more trial "
        f"{whole:.1f} s ({processor:.1f} s of processor); {_peak()}",
        flush=True,
    )


def _peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB at most so far"


def finished(number: int, params: Mapping[str, Scalar], folds: int) -> TrialResult:
    recipe = SPACE.recipe(params).active(TASK)
    quality = float(np.random.default_rng(number).uniform(8, 14))
    scores = tuple(fold_score(fold, [quality + fold / 10] * EPOCHS, EPOCHS) for fold in range(folds))
    trial = Trial(number=number, params=params, recipe=recipe, max_epochs=EPOCHS, results_known=number, started="")
    origin = "first" if number == 0 else ""
    return TrialResult(**{**vars(trial), "origin": origin}, state="complete", folds=scores, seconds=1.0, finished="")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=1000)
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--replay", type=int, default=10_000, help="trials; 0 for none")
    parser.add_argument("--searches", nargs="+", default=["random/none", "random/race", "tpe/none"])
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        for sampler, pruner in (search.split("/") for search in options.searches):
            run(Path(folder) / f"{sampler}-{pruner}", "optuna", sampler, pruner, options.trials, options.folds)
        for sampler in ("random", "tpe") if options.replay else ():
            replay(Path(folder) / f"replay-{sampler}", "optuna", sampler, options.replay, options.folds)


if __name__ == "__main__":
    main()
