"""The runs that others build on: every file of theirs read and compared with the others.

    stores = checked_runs([], Path("runs"), say)     # a damaged one is left out, with a sentence
    check(store)                                     # raises DamagedRun
    check_trials(store)                              # the same of what a search goes on from
    check_seeds(store)                               # and of what its final goes on from

A file of another run that was put back by mistake reads well. What gives it away is that scores do not follow from
the predictions that are kept beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from trials.ablation import arm_parts
from trials.collected import load_collected
from trials.commands import commands_of
from trials.explained import load_explained
from trials.folders import run_folders
from trials.kept import DamagedRun
from trials.lineage import load_lineage
from trials.openings import logged
from trials.parts import predictions_file, predictions_of
from trials.records import FoldScore
from trials.seeds import seed_parts
from trials.store import RunStore
from trials.timesheet import shifts_of
from xrays.errors import UserError
from xrays.statistics.metrics import METRICS
from xrays.tasks import TASKS, Task

CLOSE = 1e-4  # relative: predictions are kept in single precision


def checked_runs(names: Sequence[str], runs: Path, say: Callable[[str], None]) -> list[RunStore]:
    """The runs of these names, all when there is none; of all those that cannot be read are left out and told of.

    Raises UserError for a named one that cannot be read, and when none is left.
    """
    stores, refused = [], None
    for path in run_folders(names, runs):
        try:
            store = RunStore.open(path)
            check(store)
        except UserError as error:
            if names:
                raise
            say(f"left out: {path}, {error.given}")
            refused = error
        else:
            stores.append(store)
    if refused and not stores:
        raise UserError(f"none of the runs in {runs} can be read: {refused.given}", refused.accepted, refused.remedy)
    return stores


def check(store: RunStore) -> None:
    """Raises DamagedRun for a file that cannot be read, and for predictions that recorded scores do not follow
    from."""
    check_trials(store)
    films, results = store.films(), store.trials()
    task = TASKS[store.experiment.task]
    truth, assignment = films.targets(task), films.assignment
    every = np.broadcast_to(truth, assignment.shape)
    for result in results:
        values = store.out_of_fold(result.number)
        file = store.path / "oof" / f"{result.number:05d}.npy"
        for fold in result.complete_folds if values is not None else ():
            _compare(file, task, fold, every, values, assignment == fold.fold)
    predicted = store.baseline_predictions()
    for baseline in store.baselines():
        if baseline.name in predicted:
            for fold in baseline.folds:
                made = predicted[baseline.name]
                _compare(store.path / "baselines.npz", task, fold, every, made, assignment == fold.fold)
    for part in arm_parts(store.path):
        values = predictions_of(store.path, part, len(truth))
        if part.score is not None:
            if values is None:
                raise DamagedRun(
                    store.path / "ablation.jsonl", f"is of another run: no predictions of fold {part.fold}"
                )
            _compare(store.path / "ablation.jsonl", task, part.score, truth, values, np.isfinite(values))
    check_seeds(store)
    for read in (store.enqueued, store.known, store.budget, store.openings, store.open_trials):
        read()
    commands_of(store.path)
    shifts_of(store.path)
    load_explained(store.path)
    load_lineage(store)
    load_collected(store)
    logged(Path(store.provenance.arrays), films.hold_out_fingerprint(), task.name)


def check_trials(store: RunStore) -> None:
    """Raises DamagedRun for a plan or trials that cannot be read, and for trials that are not on record any more."""
    kept = {int(file.stem) for file in (store.path / "oof").glob("[0-9]*.npy")}
    opened = {int(folder.name) for folder in (store.path / "open").glob("[0-9]*")}
    store.films()
    recorded = {result.number for result in store.trials()}
    if lost := kept - opened - recorded:  # in this order: a search may go on meanwhile
        raise DamagedRun(store.path / "trials.jsonl", f"lacks trial {min(lost)}, whose predictions are kept")


def check_seeds(store: RunStore) -> None:
    """Raises DamagedRun for what was trained with further seeds and cannot be read, or is of another run."""
    task = TASKS[store.experiment.task]
    truth = store.films().targets(task)
    for trained in seed_parts(store.path):
        if trained.score is not None:
            file = predictions_file(store.path, trained)
            values = predictions_of(store.path, trained, len(truth))
            if values is None:
                raise DamagedRun(store.path / "seeds.jsonl", f"is of another run: no predictions in {file.name}")
            _compare(file, task, trained.score, truth, values, np.isfinite(values))


def _compare(
    file: Path,
    task: Task,
    fold: FoldScore,
    truth: NDArray[np.float32],
    values: NDArray[np.float32] | None,
    scored: NDArray[np.bool_],
) -> None:
    """truth, values, scored: of one shape. Films without a label are not scored."""
    if values is None:
        return
    known = scored & np.isfinite(truth)
    recorded = fold.metrics.get(task.objective)
    if recorded is None:
        raise DamagedRun(file, f"is of another run: it has no {task.objective}")
    if not known.any() or not np.isfinite(values[known]).all():
        raise DamagedRun(file, f"lacks predictions of fold {fold.fold}")
    computed = float(METRICS[task.objective](truth[known].astype(np.float64), values[known].astype(np.float64)))
    if not np.isclose(computed, recorded, rtol=CLOSE, atol=1e-6, equal_nan=True):
        told = f"fold {fold.fold} comes to a {task.objective} of {computed:.4g}, {recorded:.4g} is on record"
        raise DamagedRun(file, f"is of another run: {told}")
