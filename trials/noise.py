"""How far a score moves when nothing but the seed changes: what two equal trials differ by all the same.

noise = seed_noise(stores)      # None without any repeat
noise.sd, noise.difference      # standard deviation between seeds; what the seed alone makes of two trials
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from trials.store import RunStore


@dataclass(frozen=True)
class SeedNoise:
    """sd: of a trial's score (mean over folds) between seeds, in the objective's own unit, pooled over `trials`
    trials that were trained with more than one; seeds: how many of them in all."""

    sd: float
    trials: int
    seeds: int

    @property
    def difference(self) -> float:
        """What two trials of the same quality differ by at most, 95 times in 100 (Student's t: sd is an estimate)."""
        from scipy.stats import t

        return float(t.ppf(0.975, self.seeds - self.trials)) * math.sqrt(2.0) * self.sd


def seed_noise(runs: Sequence[RunStore]) -> SeedNoise | None:
    """From the repeats on record (`python cli.py rerun RUN --trial N --repeats 5`). The trial's own seed is left
    out: whoever repeats a trial repeats a good one, whose own score is a lucky one. Two other seeds at least."""
    squares, seeds, trials = 0.0, 0, 0
    for run in runs:
        by_trial: dict[int, dict[int, float]] = {}
        for repeat in run.repeats():
            if repeat["folds"]:
                by_trial.setdefault(repeat["trial"], {})[repeat["seed"]] = statistics.fmean(repeat["folds"])
        # Of one seed trained twice the later one counts: they are the same.
        for known in (list(own.values()) for own in by_trial.values() if len(own) > 1):
            # Variances are pooled: the standard deviation of two seeds is on average a fifth too small.
            squares += statistics.variance(known) * (len(known) - 1)
            seeds, trials = seeds + len(known), trials + 1
    return SeedNoise(math.sqrt(squares / (seeds - trials)), trials, seeds) if trials else None
