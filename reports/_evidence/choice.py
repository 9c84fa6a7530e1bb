"""What is known of the choice of a group's best trial: its score without the luck of being picked, and its ties.

found = made_choice(group.task, group.frame, group.films, group.predictions)
found.corrected, found.interval, found.tied
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._evidence.rows import best
from trials.selection import candidates, choose
from trials.store import Films
from xrays.bootstrap import Interval
from xrays.tasks import Task

Key = tuple[str, int]  # run, number


@dataclass(frozen=True)
class MadeChoice:
    """corrected, interval: scores in the objective's own unit, NaN where too few patients are left. among: candidates
    that took part, `partial` of them with some folds only; unseen: trials that were stopped within their first fold
    or have no predictions on disk, which cannot. behind: by how much more loss than the best a complete trial has
    (low, high); tied: complete trials for which that holds 0, without the best itself."""

    corrected: float
    interval: Interval
    among: int
    partial: int
    unseen: int
    behind: Mapping[Key, Interval]
    tied: frozenset[Key]


def made_choice(
    task: Task, frame: pd.DataFrame, films: Films, predictions: Callable[[str, int], NDArray[np.float32] | None]
) -> MadeChoice | None:
    """None where there is no complete trial, its predictions are not on disk, or the objective is no mean over films.

    Candidates are all trials of all runs on the whole budget that were trained: the reader picks the best of them. A
    trial on a smaller budget is none, a repeated one is no trial of its own.
    """
    winner = best(frame, 1)
    compared = frame["state"].isin(["complete", "pruned"]) & (frame["kind"] == "trial") & (frame["planned"] == 0)
    usable = frame[compared & (frame["loss"].notna() | (frame["state"] == "pruned"))]
    found = {
        (run, number): values
        for run, number in zip(usable["run"], usable["number"], strict=True)
        if (values := predictions(run, number)) is not None
    }
    keys = list(found)
    first = (winner["run"].iloc[0], winner["number"].iloc[0]) if len(winner) else None
    rows = candidates(task, films, list(found.values())) if first in found else None
    if rows is None or first is None or not rows.have[keys.index(first)].all():
        return None
    own = keys.index(first)
    choice = choose(rows, own)
    low, high = sorted(_score(task, loss) for loss in choice.interval)
    complete = {key for key, state in zip(zip(usable["run"], usable["number"], strict=True), usable["state"],
                                          strict=True) if state == "complete"}  # fmt: skip
    behind = {
        key: Interval(*map(float, ends))
        for key, ends in zip(keys, choice.behind, strict=True)
        if key in complete and np.isfinite(ends).all()
    }
    tied = frozenset(key for key, even in zip(keys, choice.tied, strict=True) if even and key in behind)
    some = rows.have.any(axis=1)
    return MadeChoice(
        corrected=_score(task, choice.corrected),
        interval=Interval(low, high),
        among=int(some.sum()),
        partial=int((some & ~rows.have.all(axis=1)).sum()),
        unseen=len(usable) - int(some.sum()),
        behind=behind,
        tied=tied - {first},
    )


def _score(task: Task, loss: float) -> float:
    """A share of wrong films back into one of right ones."""
    return loss if task.direction == "min" else 1.0 - loss
