"""Runs that are the same search with other seeds: one curve, the median over them, with its range.

over_seeds([Curve(x, best), Curve(x, best)])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.html import Html, Long, Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import Metric, objective_of
from reports._drawing.numbers import HOUR, MINUTE, count
from reports._drawing.words import enumeration, sentence_case
from reports._evidence.rows import short_names, task_of
from trials.store import RunStore

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """The best score so far: from x[i] on it is best[i], until the next one. The last x is where the run ended."""

    x: Floats
    best: Floats

    def at(self, x: Floats) -> Floats:
        """Its best at these places, NaN before its first."""
        return np.concatenate([[np.nan], self.best])[np.searchsorted(self.x, x, side="right")]


def families(runs: Sequence[RunStore]) -> dict[str, str]:
    """Run name -> name of the first of the runs that differ from it in nothing but the seed."""
    first: dict[object, str] = {}
    return {run.path.name: first.setdefault(replace(run.experiment, seed=0), run.path.name) for run in runs}


def over_seeds(curves: Sequence[Curve]) -> tuple[Floats, Floats, Floats, Floats]:
    """(x, median, lowest, highest) of the curves, from where each has begun to where the first of them ends: over
    fewer it would be a median of other searches. Where one has ended before another began they are one point."""
    begin, end = max(curve.x[0] for curve in curves), min(curve.x[-1] for curve in curves)
    corners = np.concatenate([curve.x for curve in curves])
    x = np.unique([begin, *corners[(corners >= begin) & (corners <= end)]])
    values = np.stack([curve.at(x) for curve in curves])
    return x, np.median(values, axis=0), values.min(axis=0), values.max(axis=0)


def labels_of(trials: pd.DataFrame) -> dict[str, str]:
    """Family -> what its line is called."""
    names = short_names(list(dict.fromkeys(trials["run"])))
    members = trials.groupby("family", sort=False)["run"].unique()
    return {
        str(family): f"best of {names[runs[0]]}"
        if len(runs) == 1
        else f"median over {len(runs)} seeds, {names[runs[0]]}"
        for family, runs in members.items()
    }


def time_unit(trials: pd.DataFrame) -> tuple[str, float]:
    """What time by the clock is told in, and its seconds."""
    return ("hours by the clock", HOUR) if trials["clock"].max() >= 2 * HOUR else ("minutes by the clock", MINUTE)


def curve_of(of_run: pd.DataFrame, axis: str, divisor: float = 1.0) -> Curve:
    """The best of a run against that column: where it came down, and as its last point how far the run went."""
    best = of_run["best"]
    # Where the best is as it was, a line needs no corner.
    corner = best.notna() & (best.ne(best.shift()) | (np.arange(len(of_run)) == len(of_run) - 1))
    return Curve(of_run.loc[corner, axis].to_numpy(float) / divisor, best[corner].to_numpy(float))


def seeds_table(table: pd.DataFrame) -> list[Html]:
    """A row a search, whatever its seeds; nothing where every run is a search of its own."""
    trials = table[table["kind"] == "trial"]
    runs = trials.groupby("run", sort=False).last()
    if not runs["family"].duplicated().any():
        return []
    (unit, divisor), metric = time_unit(trials), objective_of(task_of(trials))
    same, names = float(runs["clock"].min()), short_names(list(runs.index))
    curves = {run: curve_of(of_run, "clock") for run, of_run in trials.groupby("run", sort=False)}
    runs["then"] = [float(curves[run].at(np.array([same]))[0]) for run in runs.index]
    rows = [
        [
            Long(text(enumeration([names[run] for run in own.index]))),
            Number(", ".join(map(str, own["seed"]))),
            Number(count(own["position"].median())),
            Number(f"{own['clock'].median() / divisor:,.1f}"),
            Number(_range(metric, own["best"])),
            Number(_range(metric, own["then"])),
        ]
        for _, own in runs.groupby("family", sort=False)
    ]
    then = f"after {same / divisor:,.1f} {unit}"
    head = ["Runs", "Seeds", "Trials", sentence_case(unit), f"Best {metric.heading}", f"The same {then}"]
    return [html_table("Searches with several seeds: medians, and the best from lowest to highest", head, rows)]


def _range(metric: Metric, scores: pd.Series[float]) -> str:
    """Of searches of which one has nothing yet: unknown."""
    if scores.isna().any() or len(scores) == 1:
        return metric.value(scores.iloc[0] if len(scores) == 1 else None)
    return metric.within(float(scores.median()), float(scores.min()), float(scores.max()))
