"""Which trial of which run is exported, and among how many it was the best.

choice = choose(TASKS["age"], run=None, data=None, runs=Path("runs"), say=print)
choice.best.store, choice.best.result, choice.candidates
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trials.checked import checked_runs
from trials.final import Standing, leading, standings
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import Task


@dataclass(frozen=True)
class BestRun:
    """best: the trial with what it is ranked by; candidates: how many trials of `runs`, on one plan, competed; first:
    whether it is the best of them."""

    best: Standing
    candidates: int
    runs: tuple[RunStore, ...]
    first: bool = True


def choose(
    task: Task, run: str | None, data: Path | None, runs: Path, say: Callable[[str], None], trial: int | None = None
) -> BestRun:
    """Without a name the best of all runs that can be compared; `data` decides between runs on different films. One
    that cannot be read is left out unless it was asked for. Raises UserError."""
    alike = [
        store
        for store in checked_runs([run] if run else [], runs, say)
        if store.experiment.task == task.name and leading(store)
    ]
    if not alike:
        raise UserError(
            f"{run or runs} holds no finished trial for --task {task.name}",
            "a run in which a trial was trained on all folds",
            command("search", task=task.name, runs=runs),
        )
    if data is not None and len({store.experiment.plan for store in alike}) > 1:
        pixels = XrayArrays.open(data).pixels
        # None left: what was asked for is told by whoever compares run and data.
        alike = [store for store in alike if store.experiment.pixels == pixels] or alike
    if len({store.experiment.plan for store in alike}) > 1:
        raise UserError(
            f"the runs for --task {task.name} are on different films or folds and cannot be ranked together",
            "--run with one of: "
            + ", ".join(f"{store.path.name} ({store.experiment.data})" for store in alike)
            + ", or --data where one plan on these films is left",
            command("export", task=task.name, run=alike[0].path.name, runs=runs),
        )
    candidates = sum(result.state in ("complete", "pruned") for store in alike for result in store.trials())
    ranked = standings(alike)
    if trial is None:
        return BestRun(ranked[0], candidates, tuple(alike))
    own, first = [one for one in ranked if one.result.number == trial], ranked[0]
    if len(own) == 1:
        return BestRun(own[0], candidates, tuple(alike), own[0] is first)
    if own:
        problem = f"--trial {trial}, which several runs have"
        accepted = f"--run with one of: {', '.join(one.store.path.name for one in own)}"
    else:
        problem = f"--trial {trial}: no such trial was trained on all folds"
        accepted = f"one of: {', '.join(str(one.result.number) for one in ranked[:20])}"
    again = {"run": first.store.path.name, "runs": runs, "trial": first.result.number}
    raise UserError(problem, accepted, command("export", task=task.name, **again))
