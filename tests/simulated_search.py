"""Searches that were never run: learning curves as networks on few films have them, for tests of pruners.

trials = simulated(seed=0)                       # 40 complete trials, age, 3 folds of 30 epochs
trials = simulated(seed=0, qualities=[2.0] * 9)  # nine of one quality: only luck tells them apart
trial = flat(0, [1.0, 2.0])                      # two folds, lines instead of curves

The unit of everything is the standard error of one fold's score. Folds differ for all trials alike; a trial's score
on a fold has luck of its own. Learning rates fall along half a cosine, and with them both progress and jitter. Some
trials begin to learn late, others are best half-way and overfit from there on, so that curves cross; single epochs
are far off. The defaults give what 29 random configurations of the space `cnn` have on real films of 32 px: ranks
after a third, a half and two thirds of the schedule correlate with the last ones at 0.65, 0.82 and 0.94, means over
folds have a standard deviation of 1.3, and luck is 0.6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from search_spaces import load_space
from trials.records import FoldScore, TrialResult
from xrays.tasks import TASKS

FIRST = dict(load_space("cnn").first)
FILMS = 213
USELESS = 5.0  # standard errors that a constant is worse than a very good trial
CENTRE = {"age": 11.0, "gender": 0.85}
ERROR = {"age": 0.6, "gender": math.sqrt(0.85 * 0.15 / FILMS)}


def simulated(
    seed: int,
    trials: int = 40,
    folds: int = 3,
    epochs: int = 30,
    *,
    task: str = "age",
    luck: float = 0.6,
    qualities: Sequence[float] | None = None,
) -> list[TrialResult]:
    """Complete trials in the order in which they were asked for.

    luck: standard deviation of a trial's score on one fold, about what two networks on the same films do not have in
    common; qualities: of every trial, else drawn with a long bad tail, one in twenty useless.
    """
    rng = np.random.default_rng(seed)
    drawn = np.minimum(rng.gamma(1.5, 0.87, trials), USELESS)
    drawn[rng.random(trials) < 0.05] = USELESS
    shared = rng.normal(0.0, 1.0, folds)
    return [
        result(number, task, _curves(rng, quality, shared, luck, epochs))
        for number, quality in enumerate(drawn if qualities is None else qualities)
    ]


def _curves(rng: np.random.Generator, quality: float, shared: np.ndarray, luck: float, epochs: int) -> np.ndarray:
    """(folds, epochs) losses in standard errors."""
    rate = (1 + np.cos(np.pi * (np.arange(epochs) + 0.5) / epochs)) / 2
    time = np.cumsum(rate) / rate.sum()
    learned = time ** math.exp(rng.normal(-0.45, 0.6))
    overfitted = rng.exponential(0.3) * np.minimum(1, 8 * time * (1 - time)) * (time < 1)
    end = quality + rng.normal(0.0, luck, len(shared))
    curves = USELESS + (end[:, None] - USELESS) * learned - overfitted + shared[:, None]
    curves += math.exp(rng.normal(-0.4, 0.7)) * rate * rng.normal(0.0, 1.0, curves.shape)
    wild = rng.random(curves.shape) < 0.05 * rate
    return np.asarray(curves + wild * rng.exponential(10.0, curves.shape))


def flat(number: int, losses: Sequence[float], epochs: int = 18, task: str = "age", **changes: Any) -> TrialResult:
    """A trial whose curve on every fold is a line; losses: of the folds, in standard errors."""
    return replace(result(number, task, np.repeat(np.array(losses)[:, None], epochs, axis=1)), **changes)


def result(number: int, task: str, losses: np.ndarray) -> TrialResult:
    """A complete trial; losses: (folds, epochs), in standard errors."""
    sign = 1.0 if TASKS[task].direction == "min" else -1.0
    curves = CENTRE[task] + sign * ERROR[task] * losses
    if task == "gender":
        curves = np.round(np.clip(curves, 0.3, 1.0) * FILMS) / FILMS
    epochs = losses.shape[1]
    found = []
    for fold, curve in enumerate(curves.tolist()):
        last = curve[-1]
        metrics = (
            {"mae": last, "rmse": math.hypot(last, ERROR[task] * math.sqrt(FILMS)), "r2": 0.0}
            if task == "age"
            else {"accuracy": last, "auc": last}
        )
        found.append(FoldScore(fold, metrics, epochs, 1.0, tuple(curve), (1.0,) * epochs, films=FILMS))
    return TrialResult(
        number=number, state="complete", params=FIRST, recipe={"number": number}, max_epochs=epochs,
        folds=tuple(found),
        results_known=number, seconds=1.0, started="", finished="",
    )  # fmt: skip
