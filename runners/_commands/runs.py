"""The run folders there are: a line each, or as JSON for programs.

runs = listed(Path("runs"))
print("\n".join(lines(runs)))
print(json_of(runs))
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runners._search.budget import trial_count
from runners._words import score_words
from trials.checked import check_trials
from trials.files import in_use
from trials.final import leading, under_way
from trials.folders import run_folders
from trials.store import RunStore
from xrays.errors import UserError
from xrays.strict_json import as_json
from xrays.tasks import task_named


@dataclass(frozen=True)
class Best:
    """What leads a run. score: of `objective`, years or a share of 1, the mean over its seeds where it has several;
    trial: its number; seeds: how many, 0 where it has its own alone."""

    trial: int
    objective: str
    score: float
    seeds: int


@dataclass(frozen=True)
class Listed:
    """A run folder. left_out: why nothing else is known of it, or None.

    state: running, finished, paused (by the clock), stopped (by the user), or interrupted: the last call was killed.
    done, asked: trials; asked is None where no budget was given. reason: why it ended before all of them. final: the
    folds of the finalists' further seeds that are there, and all of them, while some are missing."""

    name: str
    path: str
    left_out: str | None = None
    task: str | None = None
    state: str | None = None
    done: int = 0
    asked: int | None = None
    reason: str | None = None
    best: Best | None = None
    final: tuple[int, int] | None = None


def listed(runs: Path) -> list[Listed]:
    """Every run folder. Raises UserError when there is none."""
    return [_of(path) for path in run_folders([], runs)]


def lines(runs: Sequence[Listed]) -> Iterator[str]:
    """Name, state and best score of every run, and why one ended before its trials were used up."""
    width = max(len(run.name) for run in runs)
    for run in runs:
        yield f"{run.name:{width}s}  {f'left out: {run.left_out}' if run.left_out else _words(run)}"


def json_of(runs: Sequence[Listed]) -> str:
    """A list with an object a run, with the fields of `Listed`."""
    return as_json(runs, indent=1)


def state_of(store: RunStore) -> str:
    """One of the states of `Listed`."""
    budget = store.budget()
    asked = budget.get("trials")
    whole = asked is not None and trial_count(store.trials()) >= asked
    return "running" if in_use(store.path) else budget.get("ended", "finished" if whole else "interrupted")


def _of(path: Path) -> Listed:
    run = Listed(path.name, str(path.absolute()))
    try:
        return _with_state(run, RunStore.open(path))
    except UserError as error:
        return dataclasses.replace(run, left_out=error.given)


def _with_state(run: Listed, store: RunStore) -> Listed:
    check_trials(store)
    task, budget = task_named(store.experiment.task), store.budget()
    done, asked = trial_count(store.trials()), budget.get("trials")
    whole = asked is not None and done >= asked
    state, best = state_of(store), leading(store)
    return dataclasses.replace(
        run,
        task=task.name,
        state=state,
        done=done,
        asked=asked,
        reason=budget["reason"] if state == "finished" and not whole else None,
        best=Best(best.result.number, task.objective, best.score, len(best.seeds)) if best else None,
        final=under_way(store),
    )


def _words(run: Listed) -> str:
    reached = "no score yet"
    if run.best and run.task:
        seeds = f", mean of {run.best.seeds} seeds" if run.best.seeds else ""
        reached = f"{score_words(task_named(run.task), run.best.score)} (trial {run.best.trial}{seeds})"
    early = f"; {run.reason}" if run.reason else ""
    final = f"; final: {run.final[0]} of {run.final[1]} folds" if run.final else ""
    asked = "?" if run.asked is None else run.asked
    return f"{run.state:11s}  {run.done:5d}/{asked} trials  {reached}{early}{final}"
