"""How far a score moves when nothing but the seed changes: what two equal trials differ by all the same.

repeated(store)[3]              # {seed: score} of trial 3
noise = seed_noise(stores)      # None without any repeat
noise.sd, noise.difference      # standard deviation between seeds; what the seed alone makes of two trials
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
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


def repeated(run: RunStore) -> dict[int, dict[int, float]]:
    """Scores of repeats on record by trial and seed. The trial's own seed is none of them: whoever repeats a trial
    repeats a good one, whose own score is a lucky one."""
    found: dict[int, dict[int, float]] = {}
    for repeat in run.repeats():
        if repeat["folds"]:
            # Of one seed trained twice the later one counts: they are the same.
            found.setdefault(repeat["trial"], {})[repeat["seed"]] = statistics.fmean(repeat["folds"])
    return found


def seed_noise(runs: Sequence[RunStore]) -> SeedNoise | None:
    """From the repeats on record (`python cli.py rerun RUN --trial N --repeats 5`)."""
    return noise_among([scores for run in runs for scores in repeated(run).values()])


def noise_among(trials: Sequence[Mapping[int, float]]) -> SeedNoise | None:
    """From scores by seed, one mapping a trial. None without a trial of two seeds at least."""
    several = [list(scores.values()) for scores in trials if len(scores) > 1]
    if not several:
        return None
    # Variances are pooled: the standard deviation of two seeds is on average a fifth too small.
    squares = sum(statistics.variance(scores) * (len(scores) - 1) for scores in several)
    seeds = sum(map(len, several))
    return SeedNoise(math.sqrt(squares / (seeds - len(several))), len(several), seeds)
