"""The corrected score where the product's own rules stop trials, also within a fold or in a second repeat: 50 trials
that know nothing."""

from __future__ import annotations

import numpy as np
import pytest

from runners._race.pruners import PRUNERS
from runners._race.standing import AfterFold, InFold
from trials.records import FoldScore, State, TrialResult
from trials.selection import Candidates, CorrectedScore, choose
from xrays.tasks import TASKS

GENDER = TASKS["gender"]
FOLDS, EPOCHS, FILMS, TRIALS = 5, 9, 400, 50


def searched(seed: int, pruner: str, repeats: int = 1, again: bool = True) -> tuple[float, CorrectedScore, int]:
    """Error of the best as it stands, its correction, and how many trials have all folds. In every fold a trial's
    guesses drift from one end to another from epoch to epoch, as those of a network do; in a further repeat it
    guesses much the same of a film. again: whether films that were looked at in an earlier repeat score nothing."""
    rng, rule = np.random.default_rng(seed), PRUNERS[pruner]
    patients, every = FILMS // 2, FOLDS * repeats
    single = np.sort(rng.integers(0, patients, FILMS))
    deals = [rng.permutation(patients)[single] % FOLDS + FOLDS * repeat for repeat in range(repeats)]
    fold, film = np.concatenate(deals), np.tile(np.arange(FILMS), repeats)
    film = film[np.argsort(fold, kind="stable")]
    own, bounds = single[film], np.searchsorted(np.sort(fold), np.arange(every + 1))
    truth = rng.random(patients)[own] < 0.5
    losses, have = np.zeros((TRIALS, len(own)), np.float32), np.zeros((TRIALS, every), bool)
    probe = ((rng.normal(size=patients)[own] > 0) != truth).astype(np.float32)
    tried: list[TrialResult] = []
    for number in range(TRIALS):
        ends = 0.8 * rng.normal(size=patients)[own] + 0.6 * rng.normal(size=FILMS)[film]
        folds: list[FoldScore] = []
        state: State = "complete"
        for place in range(every):
            films = slice(bounds[place], bounds[place + 1])
            start, curve, lost = rng.normal(size=films.stop - films.start), list[float](), False
            for epoch in range(1, EPOCHS + 1):
                share = 0.8 + 0.2 * epoch / EPOCHS
                called = share * ends[films] + np.sqrt(1 - share**2) * start > 0
                curve.append(float(np.mean(called == truth[films])))
                if rule.lost_epoch(InFold(GENDER, tried, place, curve, EPOCHS, 0)):
                    lost = True
                    break
            metrics = {"accuracy": curve[-1], "auc": 0.5}
            folds.append(
                FoldScore(
                    place,
                    metrics,
                    len(curve),
                    1.0,
                    tuple(curve),
                    (),
                    complete=not lost,
                    films=len(start),
                    repeat=place // FOLDS,
                )
            )
            if not lost:
                losses[number, films], have[number, place] = (ends[films] > 0) != truth[films], True
            if lost or (place < every - 1 and rule.lost_fold(AfterFold(GENDER, tried, folds))):
                state = "pruned"
                break
        tried.append(TrialResult(number=number, params={}, recipe={}, max_epochs=EPOCHS, results_known=number,
                                 started="", state=state, folds=tuple(folds), seconds=1.0, finished=""))  # fmt: skip
    some = have.any(axis=1)
    rows = Candidates(losses[some], have[some], bounds, own.astype(str))
    means = np.stack([rows.losses[:, films].mean(axis=1) for films in rows.folds], axis=1).mean(axis=1)
    best = int(np.where(rows.have.all(axis=1), means, np.inf).argmin())
    stopped = [trial.folds[-1].fold for trial in tried if not trial.folds[-1].complete]
    seen = np.isin(np.arange(every), stopped)
    if again and not rows.have.all():
        seen |= np.arange(every) >= FOLDS
    choice = choose(rows, best, draws=150, seed=seed, peeked=seen, yardstick=probe)
    return float(means[best]), choice, int(rows.have.all(axis=1).sum())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("pruner", "too_good"),
    [
        ("race", 0.012),
        pytest.param("none", 0.012, marks=pytest.mark.long),
        pytest.param("median", 0.035, marks=pytest.mark.long),
    ],
)
def test_the_best_of_fifty_useless_trials_comes_out_at_chance(pruner: str, too_good: float) -> None:
    found = [searched(seed, pruner) for seed in range(40)]
    naive, corrected, complete = (
        np.array(own) for own in zip(*((score, choice.corrected, left) for score, choice, left in found), strict=True)
    )
    assert (complete < TRIALS).any() == (pruner != "none"), "some were stopped"
    assert 0.5 - too_good < corrected.mean() < 0.512, "the standard error of the mean of 40 is 0.003"
    assert naive.mean() < 0.475, "as it stands the luckiest looks good"
    assert np.mean([choice.interval.low <= 0.5 <= choice.interval.high for _, choice, _ in found]) >= 0.95


def test_in_a_second_repeat_the_films_of_a_race_score_nothing() -> None:
    """Who is still there has been lucky with just these films: that they score makes the choice look 1.5 % better."""
    found = {
        again: np.mean([searched(seed, "race", 2, again)[1].corrected for seed in range(30)])
        for again in (True, False)
    }
    assert found[False] < 0.49 and 0.495 < found[True] < 0.515
