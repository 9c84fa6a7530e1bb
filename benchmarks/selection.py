"""What four ways to correct the score of the best of many trials come to, by how much the trials really differ.

    python benchmarks/selection.py [--trials 50] [--films 600] [--searches 60]

Made-up raced searches (benchmarks/_made_up.py). Shown: mean of the corrected error less the true error of the trial
that was chosen, in percentage points; negative is too good.

- none: the score as it stands; the best of many is partly the luckiest
- survivors: BBC-CV among the trials with all folds
- paired: BBC-CV among all; one that was stopped has the best's mean plus its difference to it on the folds of both
- by fold: what `trials/selection.py` does
- no race: BBC-CV as published, had all trials been trained on all folds

Then ties: how many in 100 trials that are as good as the best one in truth are not called tied with it (at most 5),
and how many in 100 that are worse are; without and with one trial that is off by centuries on a film in twenty.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from _made_up import DRAWS, FOLDS, Films, after_race, cells, fold_means, some_films, true_errors, typed
from numpy.typing import NDArray

from trials.selection import Candidates, choose
from xrays.labels import LABELS
from xrays.statistics.bootstrap import resamples

WIDEST = LABELS["age"].most - LABELS["age"].least  # years that one film can be wrong by


def main() -> None:
    options = typed(__doc__)
    print(f"{'trials differ by':>18}{'none':>14}{'survivors':>14}{'paired':>14}{'by fold':>14}{'no race':>14}")
    for spread in (0.0, 0.01, 0.03, 0.1):
        found = [one_search(seed, spread, options.trials, options.films) for seed in range(options.searches)]
        print(f"{spread:>18}{cells(found)}", flush=True)
    print(f"\n{'one wild trial':>18}{'best, not tied':>18}{'worse, tied':>18}")
    for wild in (False, True):
        lost, kept = np.mean([ties(seed, wild, options.films) for seed in range(options.searches)], axis=0)
        print(f"{'yes' if wild else 'no':>18}{100 * lost:>18.1f}{100 * kept:>18.1f}", flush=True)


def ties(seed: int, wild: bool, films: int) -> tuple[float, float]:
    """Ten trials of age that are equal, and ten that are worse by a tenth to a whole of their error. Whether the
    first of the ten is not called tied, as it is in truth; the share of the worse ones that are."""
    rng = np.random.default_rng(seed)
    bounds = np.linspace(0, films, FOLDS + 1).astype(int)
    error = np.repeat([8.0, *np.linspace(8.8, 16, 10)], [10, *[1] * 10])
    shared = rng.normal(size=films)
    losses = np.abs(error[:, None] * (0.6 * shared + 0.8 * rng.normal(size=(20, films))))
    if wild:
        broken = 8.0 + 1000 * (rng.random(films) < 0.05)
        losses = np.vstack([losses, broken])
    rows = Candidates(
        losses.astype(np.float32),
        np.ones((len(losses), FOLDS), bool),
        bounds,
        np.arange(films).astype(str),
        WIDEST,
    )
    best = int(fold_means(rows)[0].mean(axis=1).argmin())
    tied = choose(rows, best, DRAWS, seed).tied
    return float(not tied[0]), float(tied[10:20].mean())


def one_search(seed: int, spread: float, trials: int, films: int) -> list[float]:
    rng = np.random.default_rng(seed)
    chance = true_errors(rng, trials, spread)
    full = answers(rng, chance, some_films(rng, films))
    raced, means = after_race(full), fold_means(full)[0]
    whole = raced.have.all(axis=1)
    best, luckiest = int(np.where(whole, means.mean(axis=1), np.inf).argmin()), int(means.mean(axis=1).argmin())
    left = replace(raced, losses=raced.losses[whole], have=raced.have[whole])
    return [
        float(means[best].mean() - chance[best]),
        choose(left, int(np.cumsum(whole)[best] - 1), DRAWS, seed).corrected - chance[best],
        paired(raced, seed) - chance[best],
        choose(raced, best, DRAWS, seed).corrected - chance[best],
        choose(full, luckiest, DRAWS, seed).corrected - chance[luckiest],
    ]


def answers(rng: np.random.Generator, chance: NDArray[np.float64], films: Films) -> Candidates:
    """chance: (trials,) of being wrong about a film; of a patient's films seven in ten are answered alike."""
    of_patient = rng.random((films.patients, len(chance)))
    alone = rng.random((len(films.patient), len(chance)))
    wrong = np.where(rng.random((len(films.patient), 1)) < 0.7, of_patient[films.patient], alone) < chance
    return films.candidates(wrong.T.astype(np.float32))


def paired(rows: Candidates, seed: int) -> float:
    weights = resamples(rows.groups, DRAWS, seed)
    seen, unseen = fold_means(rows, weights), fold_means(rows, (weights == 0).astype(np.float32))
    draw, folds = np.arange(DRAWS), rows.have.sum(axis=1)
    best = np.where(rows.have.all(axis=1), seen.mean(axis=2), np.inf).argmin(axis=1)
    behind = ((seen - seen[draw, best][:, None]) * rows.have).sum(axis=2) / folds
    chosen = behind.argmin(axis=1)
    difference = ((unseen[draw, chosen] - unseen[draw, best]) * rows.have[chosen]).sum(axis=1) / folds[chosen]
    return float((unseen[draw, best].mean(axis=1) + difference).mean())


if __name__ == "__main__":
    main()
