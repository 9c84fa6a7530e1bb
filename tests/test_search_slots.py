"""The loop with several workers: repeated proposals, slots that cannot start, deaths that are nobody's fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from drawing import new_store
from fake_workers import SeveralWorkers, SilentView, experiment, fits, learning_rate_score

from runners._race.pruners import PRUNERS
from runners._search.budget import Budget
from runners._search.loop import OPEN_REPEATS, Search, open_search
from runners._search.proposals import UNTRIED
from runners._searcher import FIRST, Ask, Done, Pick
from runners._workers.messages import Busy, Preemption, Reply, Train
from runners._workers.protocol import Died
from runners._workers.stop import Stop
from search_spaces import load_space
from search_spaces._portfolio import without_portfolio
from trials.records import Trial, TrialResult
from trials.store import RunStore
from xrays.errors import UserError

SPACE = without_portfolio(load_space("cnn"))
KILLED = "the worker was killed by SIGKILL"


class Told:
    """Proposes by how many trials it was told of, and so the same to all who ask in between."""

    def __init__(self, epochs: int | None = None) -> None:
        self.asks = self.told = 0
        self.epochs = epochs

    def ask(self, number: int, pick: Pick = FIRST) -> Ask:
        self.asks += 1
        return Ask({**SPACE.first, "learning_rate": 1e-3 + 1e-5 * self.told}, self.epochs)

    def tell(self, result: TrialResult) -> None:
        self.told += 1

    def replay(self, trial: Trial) -> None: ...


class Fresh(Told):
    """Proposes another one every time."""

    def ask(self, number: int, pick: Pick = FIRST) -> Ask:
        return Ask({**SPACE.first, "learning_rate": 1e-3 + 1e-5 * number})


def new_search(
    parent: Path,
    count: int,
    trials: int,
    misfortune: Callable[[Train], Reply | Died | None] = lambda job: None,
    searcher: Told | None = None,
) -> tuple[Search, SeveralWorkers, RunStore]:
    store = new_store(parent / "run", experiment())
    workers = SeveralWorkers(count, store.experiment, learning_rate_score, misfortune)
    pruner, budget = PRUNERS["none"], Budget(trials, fold_seconds=0.2)
    search = open_search(store, SPACE, searcher or Fresh(), workers, pruner, fits, budget, SilentView(), Stop())
    return search, workers, store


@pytest.mark.parametrize("epochs", [None, 2])
def test_a_searcher_that_repeats_itself_until_it_is_told_is_not_asked_for_ever(
    epochs: int | None, tmp_path: Path
) -> None:
    searcher = Told(epochs)
    search, _, store = new_search(tmp_path, 3, 12, searcher=searcher)
    assert search.run().reason == "12 trials"
    results = store.trials()
    assert sum(result.state != "duplicate" for result in results) == 12
    repeats = sum(result.state == "duplicate" for result in results)
    answers = sum(result.origin == UNTRIED for result in results)
    if epochs:
        assert repeats >= OPEN_REPEATS and searcher.asks <= 12 * (OPEN_REPEATS + 1)
    else:
        # Every repeat was answered by what nobody had tried, so that no slot stood still.
        assert repeats and repeats - answers in (0, 1) and searcher.asks <= 12


def test_no_slot_stands_still_while_something_is_untried(tmp_path: Path) -> None:
    search, workers, _ = new_search(tmp_path, 12, 24, searcher=Told())
    most = 0
    receive = workers.receive

    def watched(timeout: float) -> object:
        nonlocal most
        most = max(most, len(search.crew.running))
        return receive(timeout)

    workers.receive = watched  # type: ignore[method-assign, assignment]
    search.run()
    assert most == 12


def test_a_slot_that_cannot_start_is_left_and_its_trial_goes_to_another(tmp_path: Path) -> None:
    search, workers, store = new_search(tmp_path, 2, 6)
    broken = workers.each[1]
    begin = broken.replace

    def replace(slot: int) -> None:
        begin(slot)
        broken.starts_with(Died("no backend"))

    broken.replace = replace  # type: ignore[method-assign]
    broken.send = lambda slot, message: None  # type: ignore[method-assign]
    broken.starts_with(Died("no backend"))
    assert search.run().kind == "finished"
    assert [result.state for result in store.trials()] == ["complete"] * 6
    assert broken.replaced == 2
    left = [note for note in search.view.notes if "goes on with 1" in note]  # type: ignore[attr-defined]
    assert len(left) == 1 and "no backend" in left[0]


@pytest.mark.parametrize("limit", ["nothing left to propose", "no more epochs", "no more trials"])
def test_a_trial_whose_slot_is_given_up_at_the_end_is_trained_by_another(limit: str, tmp_path: Path) -> None:
    """Its worker fails for good when the other slot has nothing left to begin."""
    proposals = 2 if limit == "nothing left to propose" else 6

    class Ends(Fresh):
        def ask(self, number: int, pick: Pick = FIRST) -> Ask | Done:  # type: ignore[override]
            return super().ask(number) if number < proposals else Done("the script is over")

    search, workers, store = new_search(tmp_path, 2, 2 if limit == "no more trials" else 6, searcher=Ends())
    if limit == "no more epochs":
        search.budget = replace(search.budget, fold_epochs=24)  # of one trial
    slow = workers.each[1]
    slow.send = lambda slot, message: None  # type: ignore[method-assign]
    slow.replace = lambda slot: slow.starts_with(Died("no backend"))  # type: ignore[method-assign]
    workers.silent.add(1)

    def receive(timeout: float) -> list[tuple[int, Reply | Died]]:
        if 0 not in search.crew.running and 1 in workers.silent:  # it has ended, and nothing is begun
            workers.silent.clear()
            slow.starts_with(Died("no backend"))
        return SeveralWorkers.receive(workers, timeout)

    workers.receive = receive  # type: ignore[method-assign]
    assert search.run().kind == "finished"
    assert [result.state for result in store.trials()] == ["complete"] * 2 and not store.open_trials()


def test_a_search_ends_when_no_slot_can_start(tmp_path: Path) -> None:
    search, workers, store = new_search(tmp_path, 2, 6)
    for one in workers.each:
        one.receive = lambda timeout: [(0, Died("no backend"))]  # type: ignore[method-assign]
    with pytest.raises(UserError, match="no backend"):
        search.run()
    assert not store.trials() and store.open_trials()


@pytest.mark.parametrize("failure", ["killed", "out of memory"])
def test_a_worker_that_died_before_it_took_the_job_costs_the_trial_nothing(tmp_path: Path, failure: str) -> None:
    """Twice, which would end the trial that it is charged to."""
    deaths = {(1, 0): 1, (1, 1): 1}

    def die(job: Train) -> Died | None:
        left = deaths.get((job.trial.number, job.fold), 0)
        deaths[job.trial.number, job.fold] = left - 1
        return Died(KILLED, failure, begun=False) if left > 0 else None  # type: ignore[arg-type]

    search, _, store = new_search(tmp_path, 1, 3, die)
    search.run()
    assert [(result.state, result.accumulation) for result in store.trials()] == [("complete", 1)] * 3


def test_a_slot_without_a_place_is_not_taken_for_one_that_hangs(tmp_path: Path) -> None:
    """Its job waits for a place, however long that takes."""
    search, workers, _ = new_search(tmp_path, 2, 4)
    search.crew.slots.ready.add(1)
    ended: list[int] = []
    workers.end = ended.append  # type: ignore[method-assign]
    assert search.crew._begin(0) and search.crew._begin(1)
    search.crew._hear(1, Preemption())
    search.crew.running[1].since = 0.0
    search.crew._end_overdue()
    assert not ended and 1 not in search.crew.slots.ready
    search.stop.asked = 1
    search.crew._leave_unstarted()
    assert 1 not in search.crew.running


def test_no_time_of_a_fold_passes_while_features_are_computed_or_waited_for(tmp_path: Path) -> None:
    search, workers, _ = new_search(tmp_path, 1, 4)
    ended: list[int] = []
    workers.end = ended.append  # type: ignore[method-assign]
    search.crew.slots.ready.add(0)
    assert search.crew._begin(0)
    running = search.crew.running[0]
    for done, began, hangs in ((0, 0.0, []), (7, 0.0, []), (9, None, []), (None, 0.0, [0])):
        if began is not None:
            running.since = began  # long ago
        if done is not None:
            search.crew._hear(0, Busy("features", done, 9))
        search.crew._end_overdue()
        assert ended == hangs, done


def test_deaths_between_trials_that_work_well_give_no_slot_up(tmp_path: Path) -> None:
    """Three of them, but never in a row."""
    deaths = {(2, 0): 1, (5, 0): 1, (8, 0): 1}

    def die(job: Train) -> Died | None:
        left = deaths.get((job.trial.number, job.fold), 0)
        deaths[job.trial.number, job.fold] = left - 1
        return Died(KILLED, begun=False) if left > 0 else None

    search, _, store = new_search(tmp_path, 1, 10, die)
    search.run()
    assert [result.state for result in store.trials()] == ["complete"] * 10


def test_a_job_that_was_left_and_is_begun_all_the_same_disturbs_nobody(tmp_path: Path) -> None:
    """The user stops the search while one worker is being replaced; it takes up its job when it has loaded, and the
    other one finishes its fold."""
    search, workers, store = new_search(tmp_path, 2, 4)
    workers.silent.add(1)

    def stops(job: Train) -> None:
        search.stop.asked = 1

    workers.each[0].misfortune = stops

    def receive(timeout: float) -> list[tuple[int, Reply | Died]]:
        if search.stop.asked and 1 not in search.crew.running:
            workers.silent.clear()
        return SeveralWorkers.receive(workers, timeout)

    workers.receive = receive  # type: ignore[method-assign]
    assert search.run().kind == "stopped"
    opened = {trial.number: len(store.unfinished.folds(trial.number)) for trial in store.open_trials()}
    assert opened == {0: 1, 1: 0}
