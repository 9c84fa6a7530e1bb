"""What the correction for having picked the best comes to where the tied best were trained with further seeds.

    python benchmarks/final.py [--trials 50] [--films 600] [--searches 60]

Made-up searches as in `selection.py`, with the same race. A network is a configuration with a seed: films that are
hard for one seed are so for another to the degree of `shared` (correlation of what decides whether a film is
answered wrongly), and seeds make better and worse networks (`luck`, standard deviation of the true error). The best
three by one seed are trained with two more, and the best of these by the mean is chosen. Shown: mean of the corrected
error less the true error of the chosen configuration over all seeds, in percentage points; negative is too good.

- as it stands: the mean over three seeds of the chosen one
- one seed: the correction as if there had been no final
- finalists: a choice among the three alone, repeated on resamples
- other seeds: what `trials/selection.py` does: the choice among all is repeated by one seed, and a finalist that it
  falls on is scored with the two others
- all seeds: the same, scored with all three

and by how much the true error of the chosen one is lower than that of the best by one seed.
"""

from __future__ import annotations

import argparse
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from selection import DRAWS, FOLDS, after_race, fold_means

from trials.selection import Candidates, choose

SEEDS, FINALISTS = 3, 3
COLUMNS = ("as it stands", "one seed", "finalists", "other seeds", "all seeds", "gained")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=50)
    parser.add_argument("--films", type=int, default=600)
    parser.add_argument("--searches", type=int, default=60)
    options = parser.parse_args()
    print(f"{'trials differ by':>18}{'luck':>6}{'shared':>8}{''.join(f'{name:>14}' for name in COLUMNS)}")
    for spread, luck in ((0.0, 0.0), (0.0, 0.02), (0.03, 0.02)):
        for shared in (0.0, 0.5, 0.9):
            searches = (
                one_search(seed, spread, luck, shared, options.trials, options.films)
                for seed in range(options.searches)
            )
            found = [search for search in searches if search]
            mean, error = np.mean(found, axis=0), np.std(found, axis=0) / len(found) ** 0.5
            cells = "".join(f"{100 * m:+8.1f} ± {100 * e:.1f}" for m, e in zip(mean, error, strict=True))
            print(f"{spread:>18}{luck:>6}{shared:>8}{cells}", flush=True)


def one_search(
    seed: int, spread: float, luck: float, shared: float, trials: int, films: int, raced: bool = True
) -> list[float] | None:
    """None where the race has left one trial alone, so that there is no final."""
    rng = np.random.default_rng(seed)
    chance = np.clip(0.5 + spread * rng.normal(size=trials), 0.02, 0.98)
    losses, rows = made_up(rng, chance, luck, shared, films)
    if raced:
        rows = replace(rows, have=after_race(rows))
    every = np.ones((1, films), np.float32)
    own = np.where(rows.have.all(axis=1), fold_means(rows, every)[0].mean(axis=1), np.inf)
    first = np.argsort(own, kind="stable")[: min(FINALISTS, int(np.isfinite(own).sum()))]
    if len(first) < 2:
        return None
    averaged = replace(rows, losses=losses.mean(axis=0))
    means = fold_means(averaged, every)[0].mean(axis=1)
    best = int(first[means[first].argmin()])
    alone = Candidates(averaged.losses[first], np.ones((len(first), FOLDS), bool), rows.bounds, rows.groups)
    scores = [
        float(means[best]),
        choose(rows, int(first[0]), DRAWS, seed).corrected,
        choose(alone, int(np.flatnonzero(first == best)[0]), DRAWS, seed).corrected,
        choose(rows, best, DRAWS, seed, seeds={int(row): losses[:, row] for row in first}).corrected,
        choose(rows, best, DRAWS, seed, seeds={int(row): averaged.losses[[row, row]] for row in first}).corrected,
    ]
    return [*(score - chance[best] for score in scores), float(chance[first[0]] - chance[best])]


def made_up(
    rng: np.random.Generator, chance: NDArray[np.float64], luck: float, shared: float, films: int
) -> tuple[NDArray[np.float32], Candidates]:
    """(SEEDS, trials, films) losses, and the candidates with those of the first seed."""
    patients, trials = films // 2, len(chance)
    own = np.sort(rng.integers(0, patients, films))
    fold = rng.permutation(patients)[own] % FOLDS

    def hardness(*shape: int) -> NDArray[np.float64]:
        """Standard normal; what is hard of a patient is so in all his films, mostly."""
        of_patient, alone = rng.normal(size=(*shape, patients)), rng.normal(size=(*shape, films))
        return np.asarray(np.sqrt(0.7) * of_patient[..., own] + np.sqrt(0.3) * alone)

    true = np.clip(chance + luck * rng.normal(size=(SEEDS, trials)), 0.02, 0.98)
    hard = np.sqrt(shared) * hardness(trials) + np.sqrt(1 - shared) * hardness(SEEDS, trials)
    order = np.argsort(fold, kind="stable")
    losses = (hard < ndtri(true)[..., None])[..., order].astype(np.float32)
    bounds = np.searchsorted(fold[order], np.arange(FOLDS + 1))
    return losses, Candidates(losses[0], np.ones((trials, FOLDS), bool), bounds, own[order].astype(str))


if __name__ == "__main__":
    main()
