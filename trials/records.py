"""The values a search produces: one FoldScore a trained fold, one TrialResult a configuration.

result = TrialResult.from_json(json.loads(line))
result.score(TASKS["age"])        # mean over folds, or None unless all folds were trained in full
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

from xrays.tasks import Task

Scalar = str | int | float | bool
State = Literal["complete", "pruned", "failed"]


@dataclass(frozen=True)
class FoldScore:
    """One fold of one trial. Per-fold values are never thrown away.

    curve: the task's objective on the scored fold after each epoch; losses: the training loss of each epoch.
    `complete` is False for the fold in which a race was lost: its metrics belong to an unfinished schedule.
    """

    fold: int
    metrics: Mapping[str, float]
    epochs: int
    seconds: float
    curve: tuple[float, ...]
    losses: tuple[float, ...]
    complete: bool = True

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "curve": tuple(data["curve"]), "losses": tuple(data["losses"])})


@dataclass(frozen=True)
class TrialResult:
    """One configuration and what came of it.

    params: what the searcher handed out; recipe: the configuration built from it. parameters: weights of the
    predictor; size_bytes: their size as float32; ms_per_film: inference on the training machine.
    told: how many trials had been told to the searcher when this one was asked for.
    """

    number: int
    state: State
    params: Mapping[str, Scalar]
    recipe: Mapping[str, Any]
    folds: tuple[FoldScore, ...]
    told: int
    seconds: float
    started: str
    finished: str
    parameters: int | None = None
    ms_per_film: float | None = None
    label: str = ""
    error: str = ""

    @property
    def complete_folds(self) -> tuple[FoldScore, ...]:
        return tuple(fold for fold in self.folds if fold.complete)

    @property
    def epochs(self) -> int:
        """Epochs trained, over all folds."""
        return sum(fold.epochs for fold in self.folds)

    def fold_scores(self, task: Task) -> list[float]:
        """The objective on every complete fold, in fold order."""
        return [fold.metrics[task.objective] for fold in sorted(self.complete_folds, key=lambda f: f.fold)]

    def score(self, task: Task) -> float | None:
        """Mean objective over the folds; None unless the trial is complete."""
        return statistics.fmean(self.fold_scores(task)) if self.state == "complete" else None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Self:
        return cls(**{**data, "folds": tuple(FoldScore.from_json(fold) for fold in data["folds"])})


def best_trial(results: list[TrialResult], task: Task) -> TrialResult | None:
    """The complete trial with the best mean objective; the earlier one of two equal ones."""
    scored = [(task.loss(score), r.number, r) for r in results if (score := r.score(task)) is not None]
    return min(scored, default=(math.nan, -1, None), key=lambda item: item[:2])[2]
