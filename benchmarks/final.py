"""What the correction for having picked the best comes to where the tied best were trained with further seeds.

    python benchmarks/final.py [--trials 50] [--films 600] [--searches 60]

Made-up raced searches (benchmarks/_made_up.py). A network is a configuration with a seed: films that are hard for
one seed are so for another to the degree of `shared` (correlation of what decides whether a film is answered
wrongly), and seeds make better and worse networks (`luck`, standard deviation of the true error). The best three by
one seed are trained with two more, and the best of these by the mean is chosen. Shown: mean of the corrected error
less the true error of the chosen configuration over all seeds, in percentage points; negative is too good.

- as it stands: the mean over three seeds of the chosen one
- one seed: the correction as if there had been no final
- finalists: a choice among the three alone, repeated on resamples
- other seeds: what `trials/selection.py` does: the choice among all is repeated by one seed, and a finalist that it
  falls on is scored with the two others
- all seeds: the same, scored with all three

and by how much the true error of the chosen one is lower than that of the best by one seed.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from _made_up import DRAWS, FOLDS, Films, after_race, cells, fold_means, some_films, true_errors, typed
from numpy.typing import NDArray
from scipy.special import ndtri

from trials.selection import Candidates, choose

SEEDS, FINALISTS = 3, 3
COLUMNS = ("as it stands", "one seed", "finalists", "other seeds", "all seeds", "gained")


def main() -> None:
    options = typed(__doc__)
    print(f"{'trials differ by':>18}{'luck':>6}{'shared':>8}{''.join(f'{name:>14}' for name in COLUMNS)}")
    for spread, luck in ((0.0, 0.0), (0.0, 0.02), (0.03, 0.02)):
        for shared in (0.0, 0.5, 0.9):
            searches = (
                one_search(seed, spread, luck, shared, options.trials, options.films)
                for seed in range(options.searches)
            )
            found = [search for search in searches if search]
            print(f"{spread:>18}{luck:>6}{shared:>8}{cells(found)}", flush=True)


def one_search(seed: int, spread: float, luck: float, shared: float, trials: int, films: int) -> list[float] | None:
    """None where the race has left one trial alone, so that there is no final."""
    rng = np.random.default_rng(seed)
    chance = true_errors(rng, trials, spread)
    by_seed = answers(rng, chance, luck, shared, some_films(rng, films))
    losses, rows = np.stack([each.losses for each in by_seed]), after_race(by_seed[0])
    own = np.where(rows.have.all(axis=1), fold_means(rows)[0].mean(axis=1), np.inf)
    first = np.argsort(own, kind="stable")[: min(FINALISTS, int(np.isfinite(own).sum()))]
    if len(first) < 2:
        return None
    averaged = replace(rows, losses=losses.mean(axis=0))
    means = fold_means(averaged)[0].mean(axis=1)
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


def answers(
    rng: np.random.Generator, chance: NDArray[np.float64], luck: float, shared: float, films: Films
) -> list[Candidates]:
    """The trials with each seed."""

    def hardness(*shape: int) -> NDArray[np.float64]:
        """Standard normal; what is hard of a patient is so in all his films, mostly."""
        of_patient = rng.normal(size=(*shape, films.patients))
        alone = rng.normal(size=(*shape, len(films.patient)))
        return np.asarray(np.sqrt(0.7) * of_patient[..., films.patient] + np.sqrt(0.3) * alone)

    trials = len(chance)
    true = np.clip(chance + luck * rng.normal(size=(SEEDS, trials)), 0.02, 0.98)
    hard = np.sqrt(shared) * hardness(trials) + np.sqrt(1 - shared) * hardness(SEEDS, trials)
    wrong = (hard < ndtri(true)[..., None]).astype(np.float32)
    return [films.candidates(of_seed) for of_seed in wrong]


if __name__ == "__main__":
    main()
