"""Whether the frozen features of a pretrained backbone are worth anything: the rule of the alarm, the same for the
terminal and the page.

    constant = constant_scores(task, store.baselines())
    best = best_probe(task, [result.folds for result in results], constant)
    if best is not None and best.weak(task, "imagenet"): …

Frozen features that do not even beat a constant are a sign of pixels in another convention (range, order of channels,
inversion), which costs nothing but the result.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from trials.records import Baseline, FoldScore
from xrays.tasks import Task

UNTRAINED = ("", "none")  # of random weights nothing is expected


@dataclass(frozen=True)
class Probe:
    """score: the mean over the folds on which a head alone was scored; constant: what the constant predictor scores
    on these folds, NaN where it lacks one."""

    score: float
    constant: float

    def weak(self, task: Task, weights: str) -> bool:
        """Whether trained weights do not beat the constant."""
        known = not math.isnan(self.constant) and weights not in UNTRAINED
        return known and not task.better(self.score, self.constant)

    def _behind(self, task: Task) -> float:
        constant = 0.0 if math.isnan(self.constant) else self.constant
        return task.loss(self.score) - task.loss(constant)


def constant_scores(task: Task, baselines: Iterable[Baseline]) -> dict[int, float]:
    """The objective of the constant predictor by fold; empty where it is not known."""
    folds = next((baseline.folds for baseline in baselines if baseline.name == "constant"), ())
    return {fold.fold: fold.metrics[task.objective] for fold in folds}


def best_probe(task: Task, trials: Iterable[Sequence[FoldScore]], constant: Mapping[int, float]) -> Probe | None:
    """Of the folds of some trials of one backbone; None where none has a probe. Trials pruned after one fold count
    too: so the best is the one that is furthest ahead of the constant, which knows which folds are easy. Later heads
    may be bad for reasons of their own, and the first one, too."""
    probes = [probe for folds in trials if (probe := _of(folds, constant)) is not None]
    return min(probes, key=lambda probe: probe._behind(task), default=None)


def _of(folds: Sequence[FoldScore], constant: Mapping[int, float]) -> Probe | None:
    scores = {fold.fold: fold.probe for fold in folds if fold.probe is not None}
    if not scores:
        return None
    theirs = [constant.get(fold, math.nan) for fold in scores]
    return Probe(statistics.fmean(scores.values()), statistics.fmean(theirs))
