"""What another pruner would have made of a recorded search."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from drawing import Script
from fake_workers import FakeWorkers, SilentView, fits
from run_folders import run_folder
from run_folders import trial as small_trial
from simulated_search import flat, simulated

from runners import load_runner
from runners._commands.replay import lines, replay_run
from runners._race.pruners import PRUNERS
from runners._race.replay import orders, replay, unpruned
from runners._race.standing import AfterFold, InFold, Pruner, never
from runners._search.budget import Budget
from runners._search.loop import open_search
from runners._workers.stop import Stop
from search_spaces import load_space
from trials.records import Scalar, TrialResult, best_trial
from trials.store import RunStore
from xrays.errors import UserError
from xrays.tasks import TASKS, task_named

AGE = TASKS["age"]


def search(parent: Path, pruner: str, task: str) -> RunStore:
    """Twenty random configurations with curves that cross, trained by a formula."""

    def score(params: Mapping[str, Scalar], fold: int, epoch: int) -> float:
        rate, dropout = float(params["learning_rate"]), float(params["dropout"])
        jitter = (7 * epoch + 3 * fold + int(1e6 * rate)) % 5
        loss = 10 + 4 * dropout + 300 * rate + 0.3 * jitter + 6 / epoch**dropout
        return loss if task == "age" else 1 - loss / 40

    store = run_folder(parent, pruner, task=task, pruner=pruner, sampler="random", epochs=8)
    space = load_space("cnn")
    # Of several proposals a pruner would have others taken: here all searches try the same.
    searcher = Script(load_runner("optuna").open_searcher(space, task_named(task), store.experiment).ask)
    workers = FakeWorkers(store.experiment, score, films=len(store.films().ids))
    open_search(store, space, searcher, workers, PRUNERS[pruner], fits, Budget(20), SilentView(), Stop()).run()
    return store


@pytest.mark.parametrize(("task", "pruners"), [("age", list(PRUNERS)), ("gender", ["race"])])
def test_a_replay_ends_every_trial_where_a_search_would_have(tmp_path: Path, task: str, pruners: list[str]) -> None:
    recorded = unpruned(search(tmp_path, "none", task))
    for name in pruners:
        trained = search(tmp_path / "again", name, task).trials()
        found = replay(task_named(task), recorded, PRUNERS[name], epochs=8)
        ends = Counter((t.folds[-1].fold, t.folds[-1].epochs) for t in trained if t.state == "pruned")
        assert found.stopped == ends and bool(ends) == (name != "none")
        assert found.spent == sum(trial.epochs for trial in trained)
        best = best_trial(trained, task_named(task))
        assert best is not None and found.chosen == best.number


@pytest.mark.parametrize("seed", range(3))
def test_without_a_pruner_all_is_spent_and_nothing_lost(seed: int) -> None:
    trials = simulated(seed)
    found = replay(AGE, trials, PRUNERS["none"], epochs=30)
    assert (found.trials, found.full, found.spent, found.share) == (40, 3600, 3600, 1.0)
    assert not found.stopped and not found.lost and found.gap == 0.0
    best = best_trial(trials, AGE)
    assert best is not None and found.best == found.chosen == best.number


def test_a_pruner_sees_no_more_than_a_search_would_have_shown_it() -> None:
    """Trial 0 is stopped in its second fold after four epochs, trial 1 after its first fold."""
    seen: list[list[TrialResult]] = []

    def lost_epoch(stands: InFold) -> bool:
        assert stands.epochs == 18 and (stands.fold, stands.reached) != (0, 18), (
            "nothing is asked after the last epoch"
        )
        return not stands.history and stands.fold == 1 and stands.reached == 4

    def lost_fold(stands: AfterFold) -> bool:
        assert len(stands.folds) < 3, "nothing is asked after the last fold"
        seen.append(list(stands.history))
        return len(stands.history) == 1

    trials = [flat(n, [float(n), 1.0, 2.0], results_known=0) for n in range(3)]
    found = replay(AGE, trials, Pruner("as written", lost_epoch, lost_fold), epochs=18)
    assert found.stopped == {(0, 18): 1, (1, 4): 1}
    assert found.spent == 18 + 4 + 18 + 3 * 18 and found.full == 3 * 3 * 18
    first, second = seen[-1]
    assert [trial.results_known for trial in (first, second)] == [0, 1], "as one worker would have had it"
    assert [trial.state for trial in (first, second)] == ["pruned", "pruned"]
    whole, cut = first.folds
    assert whole == trials[0].folds[0]
    assert (cut.fold, cut.epochs, len(cut.curve), len(cut.losses), cut.complete) == (1, 4, 4, 4, False)
    assert cut.metrics["mae"] == cut.curve[-1]
    assert cut.metrics["rmse"] != cut.metrics["rmse"], "nobody knows it after four epochs"
    assert second.folds == trials[1].folds[:1]


@pytest.mark.parametrize("task", TASKS)
def test_the_gap_is_in_standard_errors_of_the_best_score(task: str) -> None:
    """Three folds of one standard error each: their mean has 1/√3 of one."""
    trials = [flat(0, [1.0, 1.0, 1.0], task=task), flat(1, [2.0, 2.0, 2.0], task=task)]

    def first_is_lost(stands: AfterFold) -> bool:
        return not stands.history

    found = replay(TASKS[task], trials, Pruner("as written", never, first_is_lost), epochs=18)
    assert (found.best, found.chosen, found.lost) == (0, 1, True)
    assert found.gap == pytest.approx(3**0.5, rel=0.12)  # accuracies are whole films


def test_a_search_without_scores_cannot_be_judged() -> None:
    with pytest.raises(ValueError, match="no trial"):
        replay(AGE, [], PRUNERS["race"], epochs=30)


def test_orders_are_the_recorded_one_and_shuffled_ones() -> None:
    trials = simulated(0, 12)
    found = orders(trials, 3)
    assert list(found) == ["recorded", "seed 1", "seed 2", "seed 3"]
    assert found["recorded"] == trials
    numbers = [[trial.number for trial in order] for order in found.values()]
    assert all(sorted(order) == list(range(12)) for order in numbers)
    assert len({tuple(order) for order in numbers}) == 4
    assert orders(trials, 3) == found


def test_only_whole_trials_of_unpruned_runs_are_replayed(tmp_path: Path) -> None:
    others = [
        replace(flat(9, [1.0]), number=9, state=state, folds=()) for state in ("failed", "infeasible", "duplicate")
    ]
    store = run_folder(tmp_path, "none", [*simulated(0, 5), *others], pruner="none", epochs=30)
    assert [trial.number for trial in unpruned(store)] == [0, 1, 2, 3, 4]


def test_a_replay_in_words(tmp_path: Path) -> None:
    run_folder(tmp_path, "mine", simulated(1), pruner="none", epochs=30)
    told = replay_run("mine", tmp_path, "race", seeds=2)
    result = replay(AGE, simulated(1), PRUNERS["race"], epochs=30)
    assert told[0] == "mine, 40 complete trials, judged once more by --pruner race"
    assert told[1:4] == lines(result)
    assert f"{result.spent:,} of 3,600" in told[1]
    assert f"{sum(result.stopped.values())} of 40" in told[2] and " in fold 0 after 10 epochs" in told[2]
    assert [line.split()[0] for line in told[5:]] == ["recorded", "seed", "seed", "mean"]
    assert replay_run("mine", tmp_path, "none", seeds=1)[-1].endswith(
        "100% of the fold-epochs; the best was stopped in 0 of 2 orders; at worst 0.00 standard errors"
    )


def test_a_lost_winner_is_told(tmp_path: Path) -> None:
    def all_but_the_last(stands: AfterFold) -> bool:
        return len(stands.history) < 2

    trials = [flat(n, [float(n)] * 3) for n in range(3)]
    found = replay(AGE, trials, Pruner("as written", never, all_but_the_last), epochs=18)
    assert lines(found) == [
        "fold-epochs  90 of 162 (56%)",
        "stopped      2 of 3: 2 in fold 0 after 18 epochs",
        "best         trial 0 was stopped; trial 2 instead, 3.46 standard errors worse",
    ]


@pytest.mark.parametrize(
    ("changes", "pruner", "words"),
    [
        ({"pruner": "race"}, "race", ["--pruner race", "--pruner none", "search --task age"]),
        ({}, "axe", ["--pruner axe", " or ".join(PRUNERS), "replay run"]),
    ],
)
def test_what_cannot_be_replayed_says_why(
    tmp_path: Path, changes: dict[str, str], pruner: str, words: list[str]
) -> None:
    run_folder(tmp_path, "run", [small_trial(n, [9.0, 9.5, 10.0]) for n in range(3)], **{"pruner": "none", **changes})
    with pytest.raises(UserError) as told:
        replay_run("run", tmp_path, pruner, 5)
    assert all(word in str(told.value) for word in words)
    assert told.value.remedy.endswith(f"--runs {tmp_path}"), "the next command finds its runs, too"


def test_one_trial_is_no_race(tmp_path: Path) -> None:
    run_folder(tmp_path, "run", [small_trial(0, [9.0, 9.5, 10.0])], pruner="none")
    with pytest.raises(UserError, match="two or more"):
        replay_run("run", tmp_path, "race", 1)
    with pytest.raises(UserError, match="is no run"):
        replay_run("other", tmp_path, "race", 1)
