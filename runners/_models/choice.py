"""Which trial of which run is exported, and among how many it was the best.

choice = choose(TASKS["age"], run=None, data=None, runs=Path("runs"), say=print)
choice.store, choice.best, choice.candidates
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trials.checked import checked_runs
from trials.records import TrialResult, ranked
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import Task


@dataclass(frozen=True)
class BestRun:
    """best: the trial; score: its mean over folds, of the objective; candidates: how many trials of runs on the same
    plan competed."""

    store: RunStore
    best: TrialResult
    score: float
    candidates: int


def choose(task: Task, run: str | None, data: Path | None, runs: Path, say: Callable[[str], None]) -> BestRun:
    """Without a name the best of all runs that can be compared; `data` decides between runs on different films. One
    that cannot be read is left out unless it was asked for. Raises UserError."""
    bests = [
        (store, *best[0])
        for store in checked_runs([run] if run else [], runs, say)
        if store.experiment.task == task.name and (best := ranked(store.trials(), task))
    ]
    if not bests:
        raise UserError(
            f"{run or runs} holds no finished trial for --task {task.name}",
            "a run in which a trial was trained on all folds",
            command("search", task=task.name, runs=runs),
        )
    if data is not None and len({store.experiment.plan for store, *_ in bests}) > 1:
        pixels = XrayArrays.open(data).pixels
        # None left: what was asked for is told by whoever compares run and data.
        bests = [one for one in bests if one[0].experiment.pixels == pixels] or bests
    if len({store.experiment.plan for store, *_ in bests}) > 1:
        raise UserError(
            f"the runs for --task {task.name} are on different films or folds and cannot be ranked together",
            "--run with one of: "
            + ", ".join(f"{store.path.name} ({store.experiment.data})" for store, *_ in bests)
            + ", or --data where one plan on these films is left",
            command("export", task=task.name, run=bests[0][0].path.name, runs=runs),
        )
    candidates = sum(result.state in ("complete", "pruned") for store, *_ in bests for result in store.trials())
    store, score, best_trial = min(bests, key=lambda one: task.loss(one[1]))
    return BestRun(store, best_trial, score, candidates)
