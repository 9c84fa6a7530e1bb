"""What holds for every pruner, and the classic ones on their own."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simulated_search import FILMS, flat, simulated

from runners._race.pruners import PRUNERS
from runners._race.race import RUNGS
from runners._race.replay import replay
from runners._race.standing import AfterFold, InFold, among_best, last_stage, rung, smoothed
from search_spaces import load_space
from search_spaces._space import shared_out
from trials.records import TrialResult
from xrays.tasks import TASKS

AGE = TASKS["age"]
LOSSES = st.floats(-100, 100)


def noise(number: int, epochs: int = 18) -> list[TrialResult]:
    """Results that say nothing of a trial on the full budget, all of them far too good; as many as two rounds of
    hyperband's brackets, so that those stay where they are."""
    best = flat(number, [-50.0, -50.0, -50.0], epochs)
    return [
        replace(best, max_epochs=6, state="pruned", folds=best.folds[:1]),
        replace(best, max_epochs=6, state="pruned", folds=(replace(best.folds[0], complete=False),)),
        replace(best, state="failed", folds=best.folds[:1]),
        replace(best, state="failed", folds=()),
        replace(best, state="infeasible", folds=()),
        replace(best, state="duplicate", folds=()),
    ]


@pytest.mark.parametrize("name", PRUNERS)
@pytest.mark.parametrize("task", TASKS)
def test_the_best_is_never_lost_and_the_worst_only_by_a_pruner(name: str, task: str) -> None:
    """Whatever the direction of the objective."""
    pruner, history = PRUNERS[name], [flat(n, [4.0, 4.0, 4.0], task=task) for n in range(6)]

    def lost(trial: TrialResult) -> bool:
        epochs = any(
            pruner.lost_epoch(InFold(TASKS[task], history, fold.fold, fold.curve[:n], 18))
            for fold in trial.folds
            for n in range(1, 19)
        )
        return epochs or any(pruner.lost_fold(AfterFold(TASKS[task], history, trial.folds[:n])) for n in (1, 2))

    assert not lost(flat(6, [1.0, 1.0, 1.0], task=task))
    assert not lost(flat(6, [4.0, 4.0, 4.0], task=task)), "as good as the best"
    assert lost(flat(6, [9.0, 9.0, 9.0], task=task)) == (name != "none")


@pytest.mark.parametrize("name", PRUNERS)
@pytest.mark.parametrize("seed", range(3))
def test_what_is_no_trial_on_the_full_budget_disturbs_nothing(name: str, seed: int) -> None:
    trials, pruner = simulated(seed, 20, epochs=18), PRUNERS[name]
    clean, disturbed = trials[:15], [*noise(90), *trials[:8], *noise(96), *trials[8:15]]
    for trial in trials[15:]:
        for fold in trial.folds:
            curves = [fold.curve[:n] for n in range(1, 19)]
            verdicts = [pruner.lost_epoch(InFold(AGE, clean, fold.fold, curve, 18)) for curve in curves]
            assert verdicts == [pruner.lost_epoch(InFold(AGE, disturbed, fold.fold, curve, 18)) for curve in curves]
        for done in (trial.folds[:1], trial.folds[:2]):
            assert pruner.lost_fold(AfterFold(AGE, clean, done)) == pruner.lost_fold(AfterFold(AGE, disturbed, done))


@pytest.mark.parametrize("name", PRUNERS)
def test_a_score_that_is_no_number_is_lost_at_once_and_a_measure_for_nobody(name: str) -> None:
    pruner, bad = PRUNERS[name], flat(0, [math.nan, math.nan])
    assert pruner.lost_epoch(InFold(AGE, [], 0, [12.0, math.nan], 18)) == (name != "none")
    assert pruner.lost_fold(AfterFold(AGE, [], bad.folds[:1])) == (name != "none")
    assert not pruner.lost_epoch(InFold(AGE, [bad] * 6, 0, [12.0] * 6, 18))
    assert not pruner.lost_fold(AfterFold(AGE, [bad] * 6, flat(6, [1.0, 1.0]).folds))
    verdicts = [
        pruner.lost_fold(AfterFold(AGE, history, flat(8, [9.0, 9.0]).folds))
        for history in ([flat(7, [1.0, 1.0])], [bad, flat(7, [1.0, 1.0]), bad])
    ]
    assert verdicts[0] == verdicts[1]


@pytest.mark.parametrize("name", PRUNERS)
def test_after_the_last_epoch_there_is_nothing_to_save(name: str) -> None:
    history = [flat(n, [1.0], epochs=3) for n in range(6)]
    assert not PRUNERS[name].lost_epoch(InFold(AGE, history, 0, [99.0] * 3, 3))


@pytest.mark.parametrize("name", PRUNERS)
@pytest.mark.parametrize("epochs", [1, 2, 3, 7])
def test_schedules_of_any_length_are_judged(name: str, epochs: int) -> None:
    found = replay(AGE, simulated(0, 12, epochs=epochs), PRUNERS[name], epochs)
    assert 0 < found.spent <= found.full == 12 * 3 * epochs


@given(st.lists(LOSSES, max_size=30, unique=True), st.sampled_from([1 / 3, 1 / 2, 2 / 3]))
def test_of_different_ones_the_share_stays_and_the_best_always(losses: list[float], share: float) -> None:
    stay = [among_best(loss, losses[:n] + losses[n + 1 :], share) for n, loss in enumerate(losses)]
    assert sum(stay) == (max(1, math.floor(share * len(losses))) if losses else 0)
    assert not losses or stay[losses.index(min(losses))]


@given(LOSSES, st.integers(0, 30))
def test_of_equals_all_stay(loss: float, others: int) -> None:
    assert among_best(loss, [loss] * others, 1 / 3)


def test_one_wild_epoch_decides_nothing() -> None:
    assert smoothed(AGE, [12, 11, 24]) == 12
    assert smoothed(AGE, [12]) == 12
    assert smoothed(AGE, [12, math.nan, 11]) == 12
    assert smoothed(TASKS["gender"], [0.8, 0.1, 0.7]) == -0.7


@given(st.integers(1, 10_000))
def test_a_rung_is_the_first_epoch_after_which_its_share_is_over(epochs: int) -> None:
    assert rung(epochs, 1 / 3) == -(-epochs // 3) and rung(epochs, 2 / 3) == -(-2 * epochs // 3)
    assert rung(epochs, 3**-2) == -(-epochs // 9)


def test_a_last_stage_begins_where_the_head_alone_has_been_trained() -> None:
    transfer, cnn = load_space("transfer"), load_space("cnn")
    assert last_stage(cnn, cnn.recipe(cnn.first), 30) == 0
    assert last_stage(cnn, cnn.recipe({**cnn.first, "start_size": "half"}), 30) == 0, "one network, one schedule"
    assert last_stage(transfer, transfer.recipe({**transfer.first, "unfreeze": 0.0}), 30) == 0
    assert last_stage(transfer, transfer.recipe({**transfer.first, "unfreeze": 1.0}), 30) == 10
    assert last_stage(transfer, transfer.recipe({**transfer.first, "unfreeze": 1.0}), 1) == 0


@pytest.mark.parametrize("epochs", [2, 3, 5, 8, 20, 30, 100])
def test_a_rung_of_the_race_lies_where_films_become_whole(epochs: int) -> None:
    cnn = load_space("cnn")
    halved, whole = shared_out(cnn.stages(cnn.recipe({**cnn.first, "start_size": "half"})), epochs)
    assert (halved.halved, whole.halved) == (True, False)
    assert halved.epochs in {min(rung(epochs, share), epochs - 1) for share in RUNGS}


def test_hyperband_keeps_a_third_at_the_rungs_of_the_bracket() -> None:
    """Brackets of 18 epochs: from epoch 2 on, from epoch 6 on, never."""
    lost_epoch = PRUNERS["hyperband"].lost_epoch
    for told, rungs in ((6, {2, 6}), (7, {6}), (8, set[int]())):
        history = [flat(n, [float(n)]) for n in range(told)]
        kept = (told + 1) // 3
        for reached in range(1, 18):
            mine = [flat(told, [loss]).folds[0].curve[:reached] for loss in (kept - 1.5, kept - 0.5)]
            verdicts = [lost_epoch(InFold(AGE, history, 0, curve, 18)) for curve in mine]
            assert verdicts == [False, reached in rungs], (told, reached)
            assert not lost_epoch(InFold(AGE, history, 1, [99.0] * reached, 18)), "the first fold decides"


def test_hyperband_needs_nobody_but_the_one_before() -> None:
    first = flat(0, [1.0])
    history = [first, *[replace(first, state="infeasible", folds=())] * 2]
    assert PRUNERS["hyperband"].lost_epoch(InFold(AGE, history, 0, [99.0] * 2, 18))
    assert not PRUNERS["hyperband"].lost_epoch(InFold(AGE, [], 0, [99.0] * 2, 18))


def test_the_median_rule_judges_every_epoch_of_every_fold_after_a_third() -> None:
    lost_epoch = PRUNERS["median"].lost_epoch
    history = [flat(n, [float(n), float(n)]) for n in range(5)]
    better, worse = (flat(5, [loss, loss]).folds[0].curve for loss in (1.9, 2.1))
    for fold in (0, 1):
        for reached in range(1, 18):
            assert lost_epoch(InFold(AGE, history, fold, worse[:reached], 18)) == (reached >= 6)
            assert not lost_epoch(InFold(AGE, history, fold, better[:reached], 18))
    assert not lost_epoch(InFold(AGE, history[:4], 0, [99.0] * 9, 18)), "four curves are too few"
    assert not lost_epoch(InFold(AGE, history, 2, [99.0] * 9, 18)), "nobody has been there"


@pytest.mark.parametrize(
    ("worse_by", "lost"),
    [
        ([9.0], False),  # one fold can never tell
        ([0.1, 0.1], True),  # p = 1/4
        ([9.0, -0.1], False),  # p = 1/2
        ([0.0, 1.0], False),  # an equal fold says nothing
        ([0.0, 0.0], False),
        ([1.0, 2.0, 0.1], True),  # p = 1/8
        ([1.0, 2.0, -0.1], True),  # p = 2/8
        ([1.0, 2.0, -1.5], False),  # p = 3/8
        ([-1.0, -2.0, -3.0], False),
    ],
)
def test_wilcoxon_stops_what_is_worse_on_so_many_folds(worse_by: list[float], lost: bool) -> None:
    best = flat(0, [1.0, 4.0, 2.0])
    trial = flat(1, [theirs + more for theirs, more in zip([1.0, 4.0, 2.0], worse_by, strict=False)])
    assert PRUNERS["wilcoxon"].lost_fold(AfterFold(AGE, [best], trial.folds)) == lost


def test_wilcoxon_takes_scores_that_are_equally_far_apart() -> None:
    """Accuracies of few films often are."""
    best, worse, mixed = (flat(0, losses, task="gender") for losses in ([0.0] * 4, [1.0] * 4, [1.0, 1.0, -1.0, -1.0]))
    counts = [[round(FILMS * fold.metrics["accuracy"]) for fold in trial.folds] for trial in (best, worse, mixed)]
    assert counts == [[181] * 4, [176] * 4, [176, 176, 186, 186]]
    lost_fold = PRUNERS["wilcoxon"].lost_fold
    assert lost_fold(AfterFold(TASKS["gender"], [best], worse.folds))
    assert not lost_fold(AfterFold(TASKS["gender"], [best], mixed.folds))


def test_before_any_trial_is_complete_folds_have_no_measure() -> None:
    pruned = flat(0, [0.0], state="pruned")
    for pruner in PRUNERS.values():
        assert not pruner.lost_fold(AfterFold(AGE, [pruned], flat(1, [9.0, 9.0]).folds))
