"""The race on its own: its rules, and what they do to searches of forty trials."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_search import flat, simulated

from runners._race.pruners import PRUNERS
from runners._race.race import MARGIN, PEERS, RUNGS, standard_error
from runners._race.replay import replay
from runners._race.standing import AfterFold, InFold, Pruner, dearness, never
from runners._race.worked import Worked
from runners._search.candidate import TrialProgress, candidate_of
from runners._search.judge import Judge
from search_spaces import load_space
from search_spaces._work import Workload
from trials.records import FoldScore, TrialResult
from xrays.statistics.metrics import score
from xrays.tasks import TASKS

RACE = PRUNERS["race"]
AGE = TASKS["age"]
EPOCHS = 30
FIRST, SECOND = 10, 20  # the rungs of so many epochs


def test_standard_errors_are_those_of_a_simulation() -> None:
    rng = np.random.default_rng(0)
    ages, errors = rng.uniform(20, 80, (4000, 150)), rng.laplace(0, 9, (4000, 150))
    maes = [score(AGE, age, age + error) for age, error in zip(ages, errors, strict=True)]
    spread = statistics.stdev(fold["mae"] for fold in maes)
    folds = [FoldScore(0, metrics, 1, 0.0, (), (), films=150) for metrics in maes]
    told = statistics.fmean(standard_error(AGE, fold) for fold in folds)
    assert told == pytest.approx(spread, rel=0.05)
    hits = rng.binomial(150, 0.8, 4000) / 150
    folds = [FoldScore(0, {"accuracy": float(hit)}, 1, 0.0, (), (), films=150) for hit in hits]
    told = statistics.fmean(standard_error(TASKS["gender"], fold) for fold in folds)
    assert told == pytest.approx(hits.std(), rel=0.05)


@given(st.integers(PEERS, 30), st.data())
def test_at_a_rung_the_better_ones_go_on(others: int, data: st.DataObject) -> None:
    history = [flat(n, [float(n)], EPOCHS) for n in range(others)]
    ahead = data.draw(st.integers(0, others))
    curve = flat(others, [ahead - 0.5], EPOCHS).folds[0].curve
    for reached in range(1, EPOCHS + 1):
        lost = RACE.lost_epoch(InFold(AGE, history, 0, curve[:reached], EPOCHS))
        kept = {FIRST: max(1, 6 * (others + 1) // 10), SECOND: max(1, 4 * (others + 1) // 10)}.get(reached)
        assert lost == (kept is not None and ahead >= kept)


def worked(number: int, work: float, *values: float) -> TrialResult:
    """A trial of so much work a fold whose curves are lines."""
    return replace(flat(number, list(values), EPOCHS), work=work)


def test_a_dear_trial_is_judged_by_what_others_had_with_as_much_work() -> None:
    """Curves that fall from 30 to 1: of ten times the work, a trial has had that of three whole folds of the others
    at its first rung. At the same epoch it leads; of what they had come to in the end it would be the worst."""
    falling = tuple(float(EPOCHS - epoch) for epoch in range(EPOCHS))
    history = [worked(n, 10.0, 1.0) for n in range(9)]
    history = [replace(one, folds=(replace(one.folds[0], curve=falling),)) for one in history]
    mine = [value - 0.5 for value in falling]

    def lost(work: float, curve: Sequence[float] = mine) -> bool:
        return RACE.lost_epoch(InFold(AGE, history, 0, curve[:FIRST], EPOCHS, 0, work * FIRST / EPOCHS))

    assert not lost(10.0) and not lost(0.0) and not lost(1.0), "not dearer, or nobody knows"
    assert lost(100.0) and not lost(100.0, [2.0] * FIRST), "which is as good as the ends of the others"
    stopped = [replace(one, folds=(replace(one.folds[0], curve=falling[:FIRST]),)) for one in history[:4]]
    at_the_rung = InFold(AGE, history, 0, mine[:FIRST], EPOCHS, spent=7.0 / 3)
    assert at_the_rung.peers_in_work() == [25.0] * 9, "the median of epochs 5 to 7"
    dear = replace(at_the_rung, history=[*stopped, *history[4:]], spent=1e9)
    assert dear.peers_in_work() == [22.0] * 4 + [2.0] * 5


def test_work_is_counted_by_the_epochs_that_it_went_into() -> None:
    """After its epochs on films of half the pixels a trial has had a fifth of its work, not a third, and is judged by
    what others had come to with that; of one such, others are judged by the epoch that it had reached."""
    space = load_space("cnn")
    worked_by = Worked(Workload(space, (64, 64, 1), 646, 5, EPOCHS, "float32"))
    falling = tuple(float(EPOCHS - epoch) for epoch in range(EPOCHS))
    whole = [worked(n, 10.0, 1.0) for n in range(5)]
    whole = [replace(one, folds=(replace(one.folds[0], curve=falling),)) for one in whole]
    half = [replace(one, number=one.number + 5, params={**space.first, "start_size": "half"}) for one in whole]
    seen: list[InFold] = []
    pruner = Pruner("as written", lambda stands: seen.append(stands) is not None, never)
    judge = Judge(pruner, AGE, 5, EPOCHS, [*whole, *half], worked_by.by_epoch)
    for trial, theirs in ((half[0], [26.0] * 5 + [22.0] * 5), (whole[0], [22.0] * 5 + [19.0] * 5)):
        own = replace(trial, results_known=10)
        curves = {0: [*falling[:FIRST]]}
        judge.lost_epoch(TrialProgress(candidate_of(own, space), 0, curves=curves), 0)
        assert seen[-1].peers_in_work() == theirs


def test_a_cheap_one_may_be_further_behind_the_best() -> None:
    best = worked(0, 100.0, 1.0, 5.0, 3.0)

    def lost(behind: float, work: float) -> bool:
        return RACE.lost_fold(
            AfterFold(AGE, [worked(1, 100.0, 9.0, 9.0, 9.0), best], flat(2, [1.0 + behind]).folds, work)
        )

    assert [lost(0.7, work) for work in (20.0, 90.0, 100.0, 3000.0, 0.0)] == [False, True, True, True, True]
    assert not lost(0.4, 3000.0) and lost(1.0, 0.1), "more than luck"


def test_dearness_is_against_what_was_tried_before() -> None:
    history = [worked(n, work, 1.0) for n, work in enumerate((0.0, 10.0, 20.0, 1000.0))]
    assert dearness(history, 80.0) == 4.0
    assert dearness(history, 0.0) == dearness([], 80.0) == 1.0


def test_fine_tuning_is_judged_by_what_comes_after_the_head() -> None:
    history = [flat(n, [1.0], EPOCHS) for n in range(9)]
    lost = [RACE.lost_epoch(InFold(AGE, history, 0, [99.0] * n, EPOCHS, begins=10)) for n in range(1, EPOCHS)]
    assert [n for n, gone in enumerate(lost, 1) if gone] == [17, 24]


def test_only_the_first_fold_is_judged_by_its_curve() -> None:
    history = [flat(n, [1.0, 1.0, 1.0], EPOCHS) for n in range(9)]
    for fold in (1, 2):
        assert not any(RACE.lost_epoch(InFold(AGE, history, fold, [99.0] * n, EPOCHS)) for n in range(1, EPOCHS + 1))


def test_few_peers_are_no_field() -> None:
    history = [flat(n, [1.0], EPOCHS) for n in range(PEERS)]
    assert RACE.lost_epoch(InFold(AGE, history, 0, [99.0] * FIRST, EPOCHS))
    assert not RACE.lost_epoch(InFold(AGE, history[1:], 0, [99.0] * FIRST, EPOCHS))
    short = [replace(trial, folds=(replace(trial.folds[0], curve=(1.0,) * FIRST),)) for trial in history]
    assert not RACE.lost_epoch(InFold(AGE, short, 0, [99.0] * SECOND, EPOCHS)), "nobody came as far"


def test_curves_are_compared_at_the_same_epoch() -> None:
    """All of them fall steadily: the end of one is far below the third of another."""
    falling = [50.0 - epoch for epoch in range(EPOCHS)]
    history = [flat(n, [1.0], EPOCHS) for n in range(4)]
    history = [replace(trial, folds=(replace(trial.folds[0], curve=tuple(falling)),)) for trial in history]
    assert not RACE.lost_epoch(InFold(AGE, history, 0, falling[:FIRST], EPOCHS))
    assert RACE.lost_epoch(InFold(AGE, history, 0, [value + 1 for value in falling[:FIRST]], EPOCHS))


@pytest.mark.parametrize("task", TASKS)
def test_between_folds_the_best_trial_on_the_same_folds_is_the_measure(task: str) -> None:
    best = flat(0, [1.0, 5.0, 3.0], task=task)

    def lost(*losses: float) -> bool:
        return RACE.lost_fold(
            AfterFold(TASKS[task], [flat(1, [9.0] * 3, task=task), best], flat(2, losses, task=task).folds)
        )

    step = 0.15  # accuracies are whole films
    assert not RACE.lost_fold(AfterFold(TASKS[task], [], flat(2, [99.0], task=task).folds)), "nobody to compare with"
    assert not lost(1.0 + MARGIN - step) and lost(1.0 + MARGIN + step)
    two = MARGIN / math.sqrt(2)
    assert not lost(1.0 + two - step, 5.0 + two - step) and lost(1.0 + two + step, 5.0 + two + step)
    assert not lost(2.0, 4.0), "worse on one fold and better on the other"


def test_whoever_leads_everywhere_is_never_stopped() -> None:
    for seed in range(20):
        trials = simulated(seed, 20)
        curves = np.array([[fold.curve for fold in trial.folds] for trial in trials]).min(axis=0) - 0.01
        leader = replace(
            trials[0],
            number=20,
            folds=tuple(
                replace(fold, curve=tuple(curve), metrics={**fold.metrics, "mae": curve[-1]})
                for fold, curve in zip(trials[0].folds, curves.tolist(), strict=True)
            ),
        )
        found = replay(AGE, [*trials, leader], RACE, EPOCHS)
        assert found.chosen == 20


def ends(quality: float, others: float, seeds: int = 100) -> list[tuple[bool, int, int]]:
    """(whether complete, last fold, its epochs) of the last of 21 trials; the other twenty are of one quality."""
    found = []
    for seed in range(seeds):
        *before, last = simulated(seed, qualities=[others] * 20 + [quality])
        history = replay(AGE, before, RACE, EPOCHS)
        both = replay(AGE, [*before, last], RACE, EPOCHS)
        stopped = [place for place, count in both.stopped.items() if count > history.stopped.get(place, 0)]
        found.append((not stopped, *(stopped[0] if stopped else (2, EPOCHS))))
    return found


def test_a_hopeless_trial_ends_at_the_first_rung() -> None:
    """Three standard errors worse than all others."""
    at_once = [place == (False, 0, FIRST) for place in ends(5.0, 2.0)]
    assert statistics.fmean(at_once) >= 0.95


def test_a_much_better_trial_is_hardly_ever_stopped() -> None:
    """Two standard errors of a fold better than all others, and one in twenty of them begins to learn too late."""
    complete = [place[0] for place in ends(0.0, 2.0)]
    assert statistics.fmean(complete) >= 0.9


def test_of_equals_about_one_in_seven_is_trained_in_full() -> None:
    """Which of them does not matter: the best score that is left is as good, within luck."""
    replays = [replay(AGE, simulated(seed, qualities=[2.0] * 40), RACE, EPOCHS) for seed in range(30)]
    stopped = statistics.fmean(sum(found.stopped.values()) / found.trials for found in replays)
    assert 0.75 < stopped < 0.9
    assert statistics.fmean(found.gap > 1 for found in replays) <= 0.05


@pytest.mark.parametrize(("task", "folds", "most"), [("age", 3, 0.34), ("gender", 3, 0.34), ("age", 5, 0.27)])
def test_a_search_takes_a_third_of_its_time_and_finds_as_good_a_trial(task: str, folds: int, most: float) -> None:
    """Forty trials; as good: within a standard error of the best one's score."""
    replays = [replay(TASKS[task], simulated(seed, folds=folds, task=task), RACE, EPOCHS) for seed in range(40)]
    assert statistics.fmean(found.share for found in replays) <= most
    assert statistics.fmean(found.gap <= 1 for found in replays) >= 0.95


def test_the_rungs_are_those_that_are_written() -> None:
    """The tests above name epochs and shares."""
    assert [math.ceil(EPOCHS * share) for share in RUNGS] == [FIRST, SECOND]
    assert list(RUNGS.values()) == [0.6, 0.4]
