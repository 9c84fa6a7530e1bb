"""How far a score would move with other patients: they are drawn again with replacement, with all films they have.

    drawn = resamples(groups)                           # (draws, n): how often each film is in each resample
    interval(drawn @ losses / drawn.sum(axis=1))        # of a mean over films

Films of one patient resemble each other, so drawing single films would make every interval too short. A weight for
each film instead of a list of films turns the scores of all resamples into one product of matrices.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

DRAWS = 1000
TOGETHER = 16  # draws at a time, where all at once would take more memory than the films' labels
ALIKE = 1e-6  # resamples that differ by no more than this are one: sums of single precision


class Interval(NamedTuple):
    """Both ends, in the unit of the score; NaN where there is none."""

    low: float
    high: float

    def to_json(self) -> list[float] | None:
        """[low, high], None where there is none."""
        return list(self) if np.isfinite(self).all() else None


def resamples(groups: NDArray[np.str_], draws: int = DRAWS, seed: int = 0) -> NDArray[np.float32]:
    """(draws, n) whole numbers: how often each of n films is in each resample, as many as its patient.

    groups: (n,) the patient of each film, or whatever must stay together. As many patients are drawn as there are.
    The array is read-only: whoever asks for the same resamples again gets the same one.
    """
    return _drawn(tuple(np.unique(groups, return_inverse=True)[1].tolist()), draws, seed)


def resamples_in_parts(groups: NDArray[np.str_], draws: int = DRAWS, seed: int = 0) -> Iterator[NDArray[np.float32]]:
    """The same resamples, TOGETHER at a time."""
    yield from _parts(np.unique(groups, return_inverse=True)[1], draws, seed)


@lru_cache(maxsize=2)
def _drawn(patient_of: tuple[int, ...], draws: int, seed: int) -> NDArray[np.float32]:
    # Several statistics of one set of films are computed after each other; drawing costs more than most of them.
    weights, at = np.empty((draws, len(patient_of)), np.float32), 0
    for part in _parts(np.array(patient_of), draws, seed):
        weights[at : at + len(part)] = part
        at += len(part)
    weights.setflags(write=False)
    return weights


def _parts(places: NDArray[np.intp], draws: int, seed: int) -> Iterator[NDArray[np.float32]]:
    patients, rng = int(places.max()) + 1, np.random.default_rng(seed)
    for start in range(0, draws, TOGETHER):
        drawn = rng.integers(0, patients, (min(TOGETHER, draws - start), patients), dtype=np.int32)
        weights = np.empty((len(drawn), len(places)), np.float32)
        for row, chosen in zip(weights, drawn, strict=True):
            row[:] = np.bincount(chosen, minlength=patients)[places]
        yield weights


def means(
    values: NDArray[np.floating], members: NDArray[np.bool_], weights: NDArray[np.floating]
) -> NDArray[np.floating]:
    """(draws, k) mean of the values of each of k sets of films in each resample; NaN where one has none of the set.

    values: (n,); members: (n, k); weights: (draws, n).
    """
    shape = weights.dtype
    totals = weights @ np.where(members, values[:, None], 0).astype(shape)
    sizes = weights @ members.astype(shape)
    with np.errstate(invalid="ignore"):
        return np.asarray(totals / np.where(sizes > 0, sizes, np.nan))


def interval(replicates: NDArray[np.floating], level: float = 0.95) -> Interval:
    """The middle share `level` of the scores of resamples (percentile method; Efron & Tibshirani 1993, chapter 13).

    A resample without a score (one class alone has no AUC) is left out; NaN when none has one. NaN also where all of
    them come out alike, as they do when there is one patient alone: then they say nothing of how sure a score is.
    """
    ends = middle(replicates, level)
    alike = ends.high - ends.low <= ALIKE * max(1.0, abs(ends.high))
    return Interval(np.nan, np.nan) if alike else ends


def middle(replicates: NDArray[np.floating], level: float = 0.95) -> Interval:
    """The same where alike is no reason for none: for places of a curve, some of which every curve goes through."""
    known = np.asarray(replicates)[np.isfinite(replicates)]
    if not known.size:
        return Interval(np.nan, np.nan)
    low, high = np.quantile(known, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(low), float(high))


def share_interval(value: float, replicates: NDArray[np.floating], patients: int) -> Interval:
    """The interval of a share of films. Where all films are alike every resample is, too, and says nothing: then
    the end on the other side is the exact one for so many patients (Clopper & Pearson, Biometrika 26, 1934). NaN for
    one patient alone."""
    if value in (0.0, 1.0) and patients > 1:
        end = float(0.025 ** (1 / patients))
        return Interval(end, 1.0) if value else Interval(0.0, 1 - end)
    return interval(replicates)
