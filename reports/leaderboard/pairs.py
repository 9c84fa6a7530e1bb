"""What two rows of a leaderboard differ by, computed where the out-of-fold predictions lie: of every two of the best
trials and the baselines, for a page cannot hold the answers of all trials to every film.

    table = with_pairs(group, ranking(group))
    table["against"][0][0].difference           # of the second row to the first, in the objective's unit
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.words import label_text
from reports._evidence.groups import Group
from reports._evidence.pixels import pixels_of
from reports._evidence.rows import complete_folds
from trials.paired import differences
from trials.selection import candidates
from xrays.pictures import png

BEST = 30  # trials; with two baselines 496 pairs
FILMS = 6  # of a pair
PICTURES = 24  # films that are shown, of the pairs that stand first
SIDE = 64  # px

Row = Mapping[Hashable, Any]


@dataclass(frozen=True)
class Film:
    """One that two rows answer differently. film: its row in the plan; labels: in words; answer, others: of the two,
    means over repeats and seeds; pixels: a PNG file or b""."""

    film: int
    name: str
    labels: str
    answer: float
    others: float
    pixels: bytes = b""


@dataclass(frozen=True)
class Pair:
    """other: number of the row in the table; difference: its score less that of the row that this stands in, low,
    high: 95 % interval with other patients, NaN where there is none; films: those on which answers differ most, of a
    patient at most one."""

    other: int
    difference: float
    low: float
    high: float
    films: tuple[Film, ...]


def with_pairs(group: Group, table: pd.DataFrame) -> pd.DataFrame:
    """The table of `ranking` with two more columns. against: of each of the first BEST complete trials and the
    baselines a Pair with every one of them below it, else (); curve: of each of these trials (3, epochs) mean, lowest
    and highest score of the folds after every epoch, else ()."""
    places = _compared(table)
    answers = {place: given for place in places if (given := _answers(group, table.iloc[place])) is not None}
    against, curves = dict[int, tuple[Pair, ...]](), {place: _curve(group, table.iloc[place]) for place in places}
    films = group.films
    stacked = [part for given in answers.values() for part in np.split(given, len(given) // len(films.assignment))]
    rows = candidates(group.task, films, stacked)
    if rows is not None and rows.have.all():
        seeds = [len(given) // len(films.assignment) for given in answers.values()]
        pairs = _pairs(group, answers, differences(rows, seeds))
        against = {place: tuple(pair for one, pair in pairs if one == place) for place in answers}
    return table.assign(
        against=pd.Series([against.get(place, ()) for place in table.index], table.index, object),
        curve=pd.Series([curves.get(place, ()) for place in table.index], table.index, object),
    )


def _compared(table: pd.DataFrame) -> list[int]:
    """In the order of the table."""
    ranked, baseline = table["rank"].notna(), table["kind"] == "baseline"
    return [int(place) for place in table.index[(ranked & (ranked.cumsum() <= BEST)) | baseline]]


def _answers(group: Group, row: pd.Series[Any]) -> NDArray[np.float32] | None:
    """(S × R, N) predictions, None where some film has none."""
    if row["kind"] == "baseline":
        given = group.run(row["run"]).baseline_predictions().get(row["label"])
    else:
        given = group.every_seed(row["run"], row["number"])
    scored = group.films.scored(group.task)
    if given is None or not scored.any():
        return None
    whole = np.isfinite(given).reshape(-1, *scored.shape)[:, scored].all()
    return given if whole else None


def _curve(group: Group, row: pd.Series[Any]) -> NDArray[np.float64] | tuple[()]:
    of_row = group.frame[(group.frame["run"] == row["run"]) & (group.frame["number"] == row["number"])]
    if row["kind"] == "baseline" or of_row.empty:
        return ()
    curves = [fold.curve for fold in complete_folds(of_row["folds"].iloc[0]) if fold.curve]
    if not curves:
        return ()
    epochs = max(map(len, curves))
    every = np.array([[*curve, *[np.nan] * (epochs - len(curve))] for curve in curves], np.float64)
    return np.stack([np.nanmean(every, axis=0), np.nanmin(every, axis=0), np.nanmax(every, axis=0)])


def _pairs(
    group: Group, answers: Mapping[int, NDArray[np.float32]], losses: NDArray[np.float64]
) -> list[tuple[int, Pair]]:
    """(row, Pair) of every two rows, those of the first row first."""
    sign = 1 if group.task.direction == "min" else -1
    means = {place: given.mean(axis=0) for place, given in answers.items()}
    pairs = []
    for (one, place), (other, below) in combinations(enumerate(answers), 2):
        value, *ends = (float(sign * given) for given in losses[other, one])
        low, high = sorted(ends)
        pairs.append((place, Pair(below, value, low, high, _films(group, means[place], means[below]))))
    return _with_pictures(group, pairs)


def _films(group: Group, one: NDArray[np.float32], other: NDArray[np.float32]) -> tuple[Film, ...]:
    films = group.films
    scored = np.flatnonzero(films.scored(group.task).all(axis=0))
    apart = np.abs(one - other)[scored]
    # More than are shown, for several may be of one patient.
    most = np.argpartition(-apart, min(8 * FILMS, len(apart)) - 1)[: 8 * FILMS]
    ordered = scored[most[np.lexsort((most, -apart[most]))]]
    _, first = np.unique(films.groups[ordered], return_index=True)
    return tuple(
        Film(
            int(film),
            str(films.ids[film]),
            ", ".join(label_text(label, float(films.labels[label.name][film])) for label in group.labels),
            float(one[film]),
            float(other[film]),
        )
        for film in ordered[np.sort(first)][:FILMS]
        if one[film] != other[film]
    )


def _with_pictures(group: Group, pairs: Sequence[tuple[int, Pair]]) -> list[tuple[int, Pair]]:
    if not group.images or not pairs:
        return list(pairs)
    shown = list(dict.fromkeys(film.film for _, pair in pairs for film in pair.films))[:PICTURES]
    seen, _ = pixels_of(group.runs[0], shown, SIDE)
    pictures = {film: png(pixels) for film, pixels in seen.items()}
    return [
        (place, replace(pair, films=tuple(replace(each, pixels=pictures.get(each.film, b"")) for each in pair.films)))
        for place, pair in pairs
    ]
