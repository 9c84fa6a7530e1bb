"""The values a search produces: one FoldScore a trained fold, one TrialResult a configuration.

trial = Trial(number=0, params=params, recipe=recipe, max_epochs=30, results_known=0, started="…")
result = typed(TrialResult, json.loads(line))               # trials.typed
result.score(TASKS["age"])        # mean over folds, or None unless all folds were trained in full
"""

from __future__ import annotations

import json
import math
import statistics
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from xrays.strict_json import numeric
from xrays.tasks import Task

Scalar = str | int | float | bool
State = Literal["complete", "pruned", "failed", "infeasible", "duplicate"]
Failure = Literal["", "raised", "NaN", "out of memory", "timeout", "killed"]
# What may end otherwise when it is tried again, on another machine or another day.
CHANCE: Collection[Failure] = ("killed", "timeout", "out of memory")


@dataclass(frozen=True)
class FoldScore:
    """One fold of one trial. Per-fold values are never thrown away.

    curve: the task's objective on the scored fold after each epoch; losses: the training loss of each epoch.
    `complete` is False for the fold in which a race was lost, or of a smaller budget: its metrics belong to an
    unfinished or shorter schedule. films: how many were scored; parameters: weights of the predictor; ms_per_film:
    inference, on the machine that trained it, None where the fold was stopped while films were halved; threads: of
    that machine, since with another number of them sums are added up in another order. probe: the objective on the
    scored fold when the head alone had been trained, on a frozen backbone's features; None where there was no such
    stage, or its end was not reached. repeat: which deal of the films the fold is of, from 0 on: folds of one repeat
    have no film in common, those of two have all of them.
    """

    fold: int
    metrics: Mapping[str, float]
    epochs: int
    seconds: float
    curve: tuple[float, ...]
    losses: tuple[float, ...]
    complete: bool = True
    parameters: int | None = None
    ms_per_film: float | None = None
    films: int = 0
    probe: float | None = None
    threads: int = 0
    repeat: int = 0


@dataclass(frozen=True, kw_only=True)
class Trial:
    """A configuration that is to be trained.

    params: what the searcher handed out; recipe: the configuration built from it, in canonical form; max_epochs: for
    which a fold is trained, fewer than the search's for a trial on a smaller budget. results_known: how many results
    the searcher had when it proposed this one. label: its name, if it has one; origin: who proposed it,
    "" for the searcher; attributes: what the searcher wants to have back on a resume, as JSON. accumulation: steps
    whose gradients are added up before an update, for a batch that did not fit into memory. work: of a fold for all
    epochs of the search, in seconds of a reference machine (search_spaces/_work.py), 0 where nobody has said.
    """

    number: int
    params: Mapping[str, Scalar]
    recipe: Mapping[str, Any]
    max_epochs: int
    results_known: int
    started: str
    label: str = ""
    origin: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    accumulation: int = 1
    work: float = 0.0

    @property
    def effective(self) -> dict[str, Scalar]:
        """The parameters that have an effect, in the order of `params`: those that the recipe names, those of a part
        of it (`fit`, `augment`) by their own name or with the part's before it."""
        names = set(self.recipe)
        for part, held in self.recipe.items():
            if isinstance(held, Mapping):
                names.update(held, (f"{part}_{name}" for name in held))
        return {name: value for name, value in self.params.items() if name in names}

    @property
    def identity(self) -> str:
        """Equal for trials that would train the same networks for the same epochs."""
        return identity_of(self.recipe, self.max_epochs)


@dataclass(frozen=True, kw_only=True)
class TrialResult(Trial):
    """What came of it.

    error: the reason, first line first, of a failed or infeasible trial: the latter was not trained because it is too
    large, and so has no folds; failure: the class of that reason. duplicate_of: number of the earlier trial that is
    the same configuration on the same budget; a duplicate is not trained either. estimate: the score, in the
    objective's unit, as which a pruned trial was told to samplers that know complete ones only; it is no result.
    """

    state: State
    folds: tuple[FoldScore, ...]
    seconds: float
    finished: str
    error: str = ""
    failure: Failure = ""
    duplicate_of: int | None = None
    estimate: float | None = None

    @property
    def complete_folds(self) -> tuple[FoldScore, ...]:
        """Those that were trained to the end of the search's schedule."""
        return tuple(fold for fold in self.folds if fold.complete)

    @property
    def parameters(self) -> int | None:
        """Weights of the predictor, as its first fold counted them; None where none has."""
        return next((fold.parameters for fold in self.folds if fold.parameters is not None), None)

    @property
    def ms_per_film(self) -> float | None:
        """Milliseconds of inference a film, the median of the folds; None where none was timed."""
        timed = [fold.ms_per_film for fold in self.folds if fold.ms_per_film is not None]
        return statistics.median(timed) if timed else None

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


@dataclass(frozen=True)
class Baseline:
    """What a model has to beat, trained on the same folds: `constant` or `linear probe`."""

    name: str
    folds: tuple[FoldScore, ...]


def apart(folds: Sequence[FoldScore]) -> int:
    """How many of the folds have no film in common: those of the fullest repeat. Further repeats score the same
    films again, which makes a score no surer of other films."""
    return max(Counter(fold.repeat for fold in folds).values(), default=0)


def unbeaten(score: float, baselines: Sequence[Baseline], task: Task) -> list[Baseline]:
    """Those of the baselines that a trial of that score is not better than."""
    means = [statistics.fmean(fold.metrics[task.objective] for fold in baseline.folds) for baseline in baselines]
    return [baseline for baseline, mean in zip(baselines, means, strict=True) if not task.better(score, mean)]


def identity_of(recipe: Mapping[str, Any], max_epochs: int) -> str:
    """A configuration, without what has no effect, and its epochs, as one text."""
    return json.dumps([recipe, max_epochs], sort_keys=True)


@dataclass(frozen=True)
class Enqueued:
    """A configuration that is tried before the searcher proposes any. origin: where it comes from."""

    params: Mapping[str, Scalar]
    origin: str
    label: str = ""


def ranked(results: Sequence[TrialResult], task: Task) -> list[tuple[float, TrialResult]]:
    """Complete trials with their scores, the best first; of two equal ones the earlier first. One whose score is no
    number has no rank."""
    scored = [(score, result) for result in results if math.isfinite(score := numeric(result.score(task)))]
    return sorted(scored, key=lambda pair: (task.loss(pair[0]), pair[1].number))


def best_trial(results: Sequence[TrialResult], task: Task) -> TrialResult | None:
    """The first of the ranked trials, or None when none is complete."""
    return next((result for _, result in ranked(results, task)), None)
