"""What is trained and what is not: repeated configurations, given ones, small budgets, and when nothing is left."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from drawing import SPACE, Script, at, listed, new_store, rates, searched
from fake_workers import FakeWorkers, experiment, learning_rate_score, raised
from run_folders import asked, trial

from runners._race.worked import Worked
from runners._search.bargain import OFFERS, price_of_cost
from runners._search.budget import Budget
from runners._search.candidate import Candidate
from runners._search.proposals import REPEATS, UNTRIED, WINNER, Proposals
from runners._searcher import FIRST, Ask, Done, Pick, Wait
from runners._workers.messages import Reply, Train
from search_spaces._hyperparameters import Scalar
from search_spaces._work import Workload
from trials.records import Enqueued, State, TrialResult
from trials.store import RunStore

WORKLOAD = Workload(SPACE, (32, 32, 1), films=100, folds=3, epochs=8, precision="float32")
WORKED = Worked(WORKLOAD)


def test_a_repeated_configuration_is_told_again_and_not_trained(tmp_path: Path) -> None:
    script = listed([at(1e-3), at(1e-3), at(4e-3)])
    store = new_store(tmp_path / "run")
    outcome, workers, _ = searched(store, script, Budget(3))
    results = store.trials()
    assert [result.state for result in results] == ["complete", "complete", "duplicate", "complete"]
    assert outcome.reason == "3 trials", "a repeated one is not counted"
    assert results[2].duplicate_of == 1 and not results[2].folds and store.out_of_fold(2) is None
    assert {trial for trial, _ in workers.trained} == {0, 1, 3}
    again = script.told[2]
    assert (again.number, again.state, again.folds) == (2, "complete", results[1].folds)


def test_a_difference_without_effect_is_no_difference(tmp_path: Path) -> None:
    """The strength of an operation that is off; and another budget is another trial."""
    off = {"augment_mode": "none", "augment_rotation_strength": 0.15}
    script = listed([at(1e-3, epochs=2, **off), at(1e-3, augment_mode="none"), at(1e-3, **off)])
    store = new_store(tmp_path / "run")
    searched(store, script, Budget(4))
    assert [result.state for result in store.trials()] == ["complete", "pruned", "complete", "duplicate", "complete"]


def test_a_repeated_misfortune_is_told_as_one(tmp_path: Path) -> None:
    def unlucky(job: Train) -> Reply | None:
        return raised("ValueError: no") if job.trial.number == 1 else None

    def too_large(recipe: Any) -> str | None:
        return "too large" if recipe.fit.learning_rate == 5e-3 else None

    store, script = new_store(tmp_path / "run"), listed([at(1e-3), at(5e-3), at(1e-3), Done(""), at(5e-3)])
    workers = FakeWorkers(store.experiment, learning_rate_score, unlucky)
    searched(store, script, Budget(4), workers, too_large)
    assert [result.state for result in store.trials()] == [
        "complete",
        "failed",
        "infeasible",
        "duplicate",
        "complete",
    ]
    assert script.told[3].state == "failed" and script.told[3].error == "ValueError: no"
    searched(store, script, Budget(6), workers, too_large)
    assert script.told[5].state == "infeasible" and store.trials()[5].duplicate_of == 2


def test_a_repeated_configuration_is_answered_by_an_untried_one(tmp_path: Path) -> None:
    """Once for every time, and the searcher hears of it: it may know better then."""
    store, script = new_store(tmp_path / "run"), Script(lambda number: at(1e-3))
    outcome, _, _ = searched(store, script, Budget(9))
    results = store.trials()
    assert outcome.reason == "9 trials"
    assert [result.origin for result in results] == ["first", "", *["", UNTRIED] * 7]
    assert [result.state for result in results[1:]] == ["complete", *["duplicate", "complete"] * 7]
    assert len({result.identity for result in results}) == 9
    assert [told.number for told in script.told] == [result.number for result in results]


def test_repeats_of_what_is_running_are_answered_too(tmp_path: Path) -> None:
    """Nobody waits for the end of a trial because the searcher knows nothing of it yet."""
    store = new_store(tmp_path / "run")
    proposals = Proposals(store, SPACE, Script(), WORKED)
    first = replace(trial(0, [9.0] * 3, epochs=8), origin="first")
    running = [asked(number, at(1e-3).params, 8) for number in (1, 2)]
    answer = proposals.next([first], running, last=False)
    assert isinstance(answer, Candidate) and (answer.trial.number, answer.trial.origin) == (3, UNTRIED)
    following = proposals.next([first], [*running, answer.trial], last=False)
    assert isinstance(following, Candidate) and (following.trial.number, following.trial.origin) == (4, "")


def test_done_ends_the_search_with_its_reason(tmp_path: Path) -> None:
    script = listed([at(1e-3), Done("all points have been tried")])
    outcome, _, _ = searched(new_store(tmp_path / "run"), script, Budget(9))
    assert (outcome.kind, outcome.reason) == ("finished", "all points have been tried")


def test_a_searcher_that_waits_for_nothing_is_a_bug(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="nothing is running"):
        searched(new_store(tmp_path / "run"), listed([Wait()]), Budget(9))


def test_given_configurations_come_first_and_only_once(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    given = [Enqueued(at(rate).params, f"first.json {n}") for n, rate in enumerate((3e-3, 5e-3), 1)]
    store.enqueue(given)
    store.enqueue(given[::-1])
    searched(store, Script(), Budget(2))
    script = Script()
    searched(store, script, Budget(4))
    origins = [result.origin for result in store.trials()]
    assert origins == ["first.json 1", "first.json 2", "first", ""]
    assert [trial.origin for trial in script.replayed] == origins[:2], "told like any other"
    assert [result.number for result in script.told] == [2, 3]


def test_small_budgets_are_one_fold_and_the_winner_gets_all(tmp_path: Path) -> None:
    asks = [at(2.1e-3, 2), at(9e-3, 2), at(8e-3, 4), at(2.5e-3, 4)]
    store = new_store(tmp_path / "run")
    searched(store, listed(asks), Budget(6))
    results = store.trials()
    assert [(result.state, result.epochs, result.max_epochs) for result in results[1:5]] == [
        ("pruned", 2, 2), ("pruned", 2, 2), ("pruned", 4, 4), ("pruned", 4, 4)
    ]  # fmt: skip
    assert all(not fold.complete for result in results[1:5] for fold in result.folds)
    assert results[5].origin == WINNER and results[5].state == "complete" and results[5].max_epochs == 8
    assert results[5].params["learning_rate"] == 2.5e-3, "the best on the largest budget so far"


def test_no_winner_is_crowned_where_one_was_promoted(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    searched(store, listed([at(2.1e-3, 2), at(9e-3, 8), at(8e-3, 2)]), Budget(4))
    assert [result.origin for result in store.trials()] == ["first", "", "", ""]


def winners(store: RunStore) -> list[tuple[int, State, float]]:
    return [
        (result.number, result.state, float(result.params["learning_rate"]))
        for result in store.trials()
        if result.origin == WINNER
    ]


def test_a_winner_that_is_known_in_full_is_not_crowned_again(tmp_path: Path) -> None:
    """With more trials again and again: the searcher is asked as usual, and a better one is crowned."""
    store = new_store(tmp_path / "run")
    asks = [at(2.5e-3, 2), at(9e-3, 2), Wait(), at(8e-3, 2), at(7e-3, 2), at(2.2e-3, 2), at(6e-3, 2)]
    for trials in (4, 6):
        outcome, _, _ = searched(store, listed(asks), Budget(trials))
        assert outcome.reason == f"{trials} trials" and winners(store) == [(3, "complete", 2.5e-3)]
    searched(store, listed(asks), Budget(8))
    assert winners(store) == [(3, "complete", 2.5e-3), (7, "complete", 2.2e-3)]


def test_what_the_user_gave_is_not_trained_again_as_the_winner(tmp_path: Path) -> None:
    """The space's first configuration is the best of the small budgets, too, and has had all folds."""
    store, first = new_store(tmp_path / "run"), float(SPACE.first["learning_rate"])
    outcome, _, _ = searched(store, listed([at(first, 2), at(9e-3, 2), at(8e-3, 2)]), Budget(4))
    assert outcome.reason == "4 trials" and len(store.trials()) == 4 and winners(store) == []


def test_a_winner_that_the_race_has_stopped_gets_all_folds(tmp_path: Path) -> None:
    """It is the best of those that were trained for a whole fold, although none of them beats the first."""

    def behind(params: Mapping[str, Any], fold: int, epoch: int) -> float:
        rate = float(params["learning_rate"])
        return 6.0 if rate == SPACE.first["learning_rate"] else 8 + rate * 100

    store = new_store(tmp_path / "run", experiment(pruner="race"))
    asks = [at(1e-3, 2), at(4e-3), at(3e-3), Wait(), at(6e-3)]
    for trials in (5, 6):
        searched(store, listed(asks), Budget(trials), FakeWorkers(store.experiment, behind))
    results = store.trials()
    assert [(result.state, len(result.folds), result.max_epochs) for result in results[:5]] == [
        ("complete", 3, 8), ("pruned", 1, 2), ("pruned", 1, 8), ("pruned", 1, 8), ("complete", 3, 8),
    ]  # fmt: skip
    assert winners(store) == [(4, "complete", 3e-3)], "in spite of its identity with a pruned one"
    assert results[4].identity == results[3].identity and results[5].state == "pruned"


def test_where_the_winner_fails_the_next_best_is_crowned(tmp_path: Path) -> None:
    def unlucky(job: Train) -> Reply | None:
        return (
            raised("no")
            if job.trial.max_epochs == 8 and job.trial.params["learning_rate"] in (2.1e-3, 2.2e-3)
            else None
        )

    store = new_store(tmp_path / "run")
    asks = [at(2.1e-3, 4), at(2.1e-3), at(2.2e-3, 4), at(2.3e-3, 4), at(2.0e-3, 2)]
    for trials in (7, 8):
        searched(store, listed(asks), Budget(trials), FakeWorkers(store.experiment, learning_rate_score, unlucky))
    assert winners(store) == [(6, "failed", 2.2e-3), (7, "complete", 2.3e-3)]


def test_a_score_that_is_no_number_wins_nothing(tmp_path: Path) -> None:
    def odd(params: Mapping[str, Any], fold: int, epoch: int) -> float:
        return math.nan if params["learning_rate"] == 1e-3 else learning_rate_score(params, fold, epoch)

    store = new_store(tmp_path / "run")
    asks = [at(1e-3, 4), at(9e-3, 2), at(8e-3, 2)]
    searched(store, listed(asks), Budget(5), FakeWorkers(store.experiment, odd))
    assert winners(store) == [(4, "complete", 8e-3)]


def test_a_small_space_that_is_used_up_has_a_winner_too(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    script = Script(lambda number: at(3e-3, 2) if number % 2 else at(5e-3, 2))
    outcome, _, _ = searched(store, script, Budget(50))
    assert str(REPEATS) in outcome.reason and store.trials()[-1].origin == WINNER
    assert [rate for *_, rate in winners(store)] == [3e-3]


def test_the_winner_waits_for_what_is_still_running(tmp_path: Path) -> None:
    """Of two workers: the last of the small budgets turns out to be the best."""
    store = new_store(tmp_path / "run")
    proposals = Proposals(store, SPACE, listed([]), WORKED)
    ended = [
        replace(trial(0, [9.0] * 3, params=SPACE.first, epochs=8), origin="first"),
        trial(1, [9.0], "pruned", params=at(3e-3).params, epochs=4),
    ]
    running = [asked(2, at(4e-3).params, 4)]
    assert proposals.next(ended, running, last=True) == Wait()
    ended.append(trial(2, [8.0], "pruned", params=at(4e-3).params, epochs=4))
    found = proposals.next(ended, [], last=True)
    assert isinstance(found, Candidate) and (found.trial.params, found.trial.max_epochs) == (at(4e-3).params, 8)
    assert found.trial.origin == WINNER


def test_a_searcher_need_not_know_what_was_not_told(tmp_path: Path) -> None:
    """Repetitions of a trial that ran when they were proposed say nothing of what is left; nor do given ones."""
    store = new_store(tmp_path / "run")
    proposals = Proposals(store, SPACE, Script(), WORKED)
    first = replace(trial(0, [9.0] * 3, epochs=8), origin="first")
    long = trial(1, [9.0] * 3, epochs=2)

    def repeats(told: int, origin: str) -> list[TrialResult]:
        one = trial(0, [], "duplicate", epochs=2)
        return [
            replace(one, number=n, results_known=told, duplicate_of=1, origin=origin) for n in range(2, 2 + REPEATS)
        ]

    for told, origin, ended in ((2, "", True), (1, "", False), (2, "first.json 1", False)):
        results = [first, long, *repeats(told, origin)]
        assert isinstance(proposals.next(results, [], last=False), Done) == ended
    mixed = [first, long, *repeats(1, ""), *repeats(2, "")]
    assert isinstance(proposals.next(mixed, [], last=False), Done)


def test_configurations_that_are_given_twice_end_no_search(tmp_path: Path) -> None:
    """From files with different names, or twice in one."""
    store = new_store(tmp_path / "run")
    given = [Enqueued(rates(n).params, f"mine.json {n}") for n in range(REPEATS + 2)]
    store.enqueue(given)
    store.enqueue([replace(one, origin=f"again.json {n}") for n, one in enumerate(given)])
    assert store.enqueued() == given
    store.enqueue([Enqueued(at(1e-3).params, "twice.json 1"), Enqueued(at(1e-3).params, "twice.json 2")])
    assert [one.origin for one in store.enqueued()[len(given) :]] == ["twice.json 1"]
    outcome, _, _ = searched(store, Script(lambda number: rates(1000 + number)), Budget(30))
    assert outcome.reason == "30 trials"


# --- cost


def costs(number: int) -> dict[str, Scalar]:
    return {**SPACE.first, "filters": number}


def test_of_several_proposals_the_cheapest_is_taken(tmp_path: Path) -> None:
    """Fewer and fewer are made, the more was trained, and what is trained has its work on record."""
    made: list[int] = []

    class Several(Script):
        def ask(self, number: int, pick: Pick = FIRST) -> Ask:
            offers = [costs(filters) for filters in (48, 16)][: pick.offers]
            offers = [{**offer, "learning_rate": 2e-4 + number * 1e-5} for offer in offers]
            made.append(len(offers))
            return Ask(offers[pick.of(offers)])

    store = new_store(tmp_path / "run")
    searched(store, Several(), Budget(150))
    assert made[0] == OFFERS and made[-1] == 1 and made == sorted(made, reverse=True)
    tried = {result.number: result.params["filters"] for result in store.trials()}
    cheapest = {2: 16, 1: 48}
    assert [tried[number] for number in range(1, 150)] == [cheapest[count] for count in made]
    works = {result.params["filters"]: result.work for result in store.trials()}
    assert 0 < works[16] < works[48]


def test_the_price_of_cost_falls_with_the_work_that_is_done() -> None:
    """Not with the number of trials: one that was stopped at once counts little."""
    whole = WORKLOAD.of(SPACE.recipe(SPACE.first)).fold
    results = [replace(trial(n, [9.0] * 3, epochs=8, params=SPACE.first), work=whole) for n in range(10)]
    assert price_of_cost(WORKED, []) == 1
    assert price_of_cost(WORKED, results) == pytest.approx(0.5)
    stopped = [replace(result, folds=(replace(result.folds[0], epochs=2),)) for result in results]
    assert price_of_cost(WORKED, stopped) == pytest.approx(1 / (1 + 1 / 12))
    halved = [replace(result, params={**SPACE.first, "start_size": "half"}) for result in stopped]
    assert price_of_cost(WORKED, stopped) < price_of_cost(Worked(WORKLOAD), halved) < 1
    smaller = [replace(trial(n, [9.0], "pruned", epochs=2, params=SPACE.first), work=whole) for n in range(10)]
    assert price_of_cost(Worked(WORKLOAD), smaller) == pytest.approx(1 / (1 + 1 / 12)), "of a smaller budget"
