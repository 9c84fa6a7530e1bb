"""How far a score moves when nothing but the seed changes: no difference smaller than that means anything.

noise = seed_noise(stores)
noise.sd, noise.trials          # median standard deviation between seeds, of how many trials; None without any
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

from trials.store import RunStore


@dataclass(frozen=True)
class SeedNoise:
    """sd: of a trial's score (mean over folds) between seeds, in the objective's own unit, the median over `trials`
    trials that were trained with more than one; seeds: how many of them in all."""

    sd: float
    trials: int
    seeds: int


def seed_noise(runs: Sequence[RunStore]) -> SeedNoise | None:
    """From the repeats on record (`python cli.py rerun RUN --trial N --repeats 5`). The trial's own seed is left
    out: whoever repeats a trial repeats a good one, whose own score is a lucky one. Two other seeds at least."""
    spreads, seeds = [], 0
    for run in runs:
        by_trial: dict[int, dict[int, float]] = {}
        for repeat in run.repeats():
            if repeat["folds"]:
                by_trial.setdefault(repeat["trial"], {})[repeat["seed"]] = statistics.fmean(repeat["folds"])
        # Of one seed trained twice the later one counts: they are the same.
        known = [list(own.values()) for own in by_trial.values() if len(own) > 1]
        spreads += [statistics.stdev(values) for values in known]
        seeds += sum(map(len, known))
    return SeedNoise(statistics.median(spreads), len(spreads), seeds) if spreads else None
