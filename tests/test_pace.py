"""With a time limit nothing is begun that would not end: what takes how long, and what becomes of what is left."""

from __future__ import annotations

import math
import random
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from drawing import SPACE, Script, new_store
from fake_workers import FILMS, FakeWorkers, SeveralWorkers, SilentView, fits, learning_rate_score, raised
from run_folders import asked, trial

from runners._final.plan import FinalPlan, in_time
from runners._outcome import Outcome
from runners._race.pruners import PRUNERS
from runners._race.worked import Worked
from runners._samplers.hyperband import RECALLED
from runners._search.bargain import MANY, bargain
from runners._search.budget import Budget
from runners._search.candidate import Candidate, candidate_of
from runners._search.loop import open_search
from runners._search.need import Lacking
from runners._search.pace import SPARE, TRIES, Pace
from runners._search.upper import SPREAD, USUAL, WEIGHT, upper
from runners._searcher import FIRST, Ask, Pick
from runners._words import duration
from runners._workers.messages import FoldDone, Job, Measure, Measured, Reply, StageCost, Train, Verdict
from runners._workers.stop import Stop
from search_spaces._work import COMPILING, Workload
from trials.records import Enqueued, TrialResult
from trials.store import RunStore

EPOCHS = 8
WORKLOAD = Workload(SPACE, (32, 32, 1), FILMS, 3, EPOCHS, "float32")
WORKED = Worked(WORKLOAD)
NOW = 1000.0


def slow(pace: float, trials: int = 1) -> float:
    """What is reckoned with where all of so many trials had this pace."""
    return pace * math.exp(WEIGHT * USUAL / (trials + WEIGHT))


def of(filters: int, number: int = 9, epochs: int = EPOCHS) -> Candidate:
    return candidate_of(asked(number, {**SPACE.first, "filters": filters}, epochs), SPACE)


def ended(number: int, pace: float, epochs: int = EPOCHS) -> TrialResult:
    """Three folds that took `pace` seconds for each of the reference machine."""
    work = WORKLOAD.of(of(16).recipe).fold
    seconds = pace * (COMPILING + work * 3 * epochs / EPOCHS)
    return replace(trial(number, [9.0] * 3, epochs=epochs, params=SPACE.first), work=work, seconds=seconds)


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands still: no second passes that a test does not let pass."""
    monkeypatch.setattr(time, "monotonic", lambda: NOW)


def test_the_pace_is_that_of_the_slower_trials() -> None:
    """One has waited for features, one was stopped, one is not trained, of one nobody knows the work."""
    results = [ended(0, 70.0), ended(1, 3.0), ended(2, 3.0, epochs=2), trial(3, [], "infeasible"), trial(4, [9.0])]
    factor = Pace(WORKED, results, math.inf).factor
    assert factor is not None and 3.0 < factor < 4.0
    assert Pace(WORKED, results[3:], math.inf).factor is None
    many = [*(ended(n, 9.0) for n in range(30)), *(ended(n, 2.0) for n in range(30, 50))]
    assert Pace(WORKED, many, math.inf).factor == pytest.approx(slow(2.0, 20)), "others have used the machine before"


def test_four_of_five_end_in_what_is_reckoned_with() -> None:
    """Also where little is known; where all take alike, little more than that."""
    rng = random.Random(0)
    for count, least in ((1, 0.66), (4, 0.7), (20, 0.74), (100, 0.76)):
        held = [
            rng.gauss(0, SPREAD) <= math.log(upper([math.exp(rng.gauss(0, SPREAD)) for _ in range(count)]))
            for _ in range(1500)
        ]
        assert least < statistics.fmean(held) < 0.85
    assert upper([3.0] * 1000) == pytest.approx(3.0, rel=0.01)
    assert upper([1.0, 1.0, 1.0, 1.0, 99.0]) == pytest.approx(upper([1.0] * 5)), "of five the slowest decides nothing"
    assert 2.0 < upper([2.0]) < upper([2.0, 2.0, 2.6, 2.6]) < 2.6 * 1.1


@pytest.mark.parametrize(("folds", "workers", "parts"), [(3, 1, 3), (3, 2, 2), (3, 3, 1), (1, 3, 1)])
def test_folds_are_shared_out(folds: int, workers: int, parts: int) -> None:
    needed = slow(5.0) * WORKLOAD.of(of(16).recipe).trial(parts)
    for seconds, met in ((needed + 1, True), (needed - 1, False)):
        need = Pace(WORKED, [ended(0, 5.0)], NOW + seconds).need(Lacking(of(16), folds), [], workers)
        assert need.met == met and need.seconds == pytest.approx(needed)


def test_of_a_trial_that_has_folds_these_tell_what_others_take() -> None:
    """The whole network is traced in the first. Without one it would be the pace of all, ten times as much."""
    known = Lacking(of(16), 3, [9.0, 7.0])
    for workers, parts in ((1, 3), (2, 2), (3, 1)):
        assert Pace(WORKED, [ended(0, 50.0)], NOW + 99).need(known, [], workers).seconds == pytest.approx(9.0 * parts)
    beside = Pace(WORKED, [ended(0, 50.0)], NOW + 9e9)
    own = beside.need(Lacking(of(8), 3), [], 1).seconds
    assert beside.need(Lacking(of(8), 3), [known], 1).seconds == pytest.approx(own + 27.0)
    for seconds, full in ((1, False), (-1, True)):
        assert Pace(WORKED, [ended(0, 50.0)], NOW + 27 + slow(50.0) * COMPILING + seconds).full([known], 1) == full


PLANS = [FinalPlan([], seeds, seconds) for seeds, seconds in ((2, 360.0), (2, 240.0), (1, 120.0))]


@pytest.mark.parametrize(
    ("most", "left", "takes"),
    [
        (1e6, 1e6, 360),
        (1.1 * 121, 1e6, 360),
        (1.1 * 119, 1e6, 240),
        (1.1 * 41, 1e6, 120),
        (1.1 * 39, 1e6, 0),
        (1e6, 121, 360),
        (1e6, 119, 240),
        (1e6, 39, 0),
    ],
)
def test_time_is_kept_for_the_final_that_can_be_held(most: float, left: float, takes: float) -> None:
    """By three workers. Of the time there is a share at most, and nothing once it would not end: what is kept for a
    final that is then not held is lost."""
    pace = Pace(WORKED, [ended(0, 5.0)], NOW + left, lambda: PLANS, most)
    need = pace.need(Lacking(of(16), 3), [], 3)
    assert need.kept == pytest.approx(SPARE * takes / 3) and need.rest == pytest.approx(left - need.kept)
    assert ("before the final" in need.words) == (takes > 0)
    held = in_time(PLANS, left, 3)
    assert held is None or held.seconds >= takes, "which is held then, or a larger one"


def test_nothing_is_kept_where_nobody_is_in_a_final() -> None:
    assert Pace(WORKED, [ended(0, 5.0)], NOW + 99, list, 1e6).need(Lacking(of(16), 3), [], 1).kept == 0


def test_what_is_open_comes_first() -> None:
    needed = slow(50.0) * (WORKLOAD.of(of(16).recipe).trial(3) + WORKLOAD.of(of(48).recipe).trial(2)) / 2
    for seconds, met in ((needed + 1, True), (needed - 1, False)):
        pace = Pace(WORKED, [ended(0, 50.0)], NOW + seconds)
        assert pace.need(Lacking(of(16), 3), [Lacking(of(48, 8), 2)], 2).met == met


def test_what_nobody_knows_is_begun() -> None:
    assert Pace(WORKED, [], NOW + 1).need(Lacking(of(48), 3), [], 1).met
    assert Pace(WORKED, [ended(0, 1e9)], math.inf).need(Lacking(of(48), 3), [], 1).met, "without a limit"


def test_nothing_is_asked_for_that_could_not_end_beside_what_is_open() -> None:
    """However small it is."""
    beside = slow(50.0) * (COMPILING + WORKLOAD.of(of(48).recipe).trial(2))
    for seconds, full in ((beside + 1, False), (beside - 1, True)):
        assert Pace(WORKED, [ended(0, 50.0)], NOW + seconds).full([Lacking(of(48, 8), 2)], 1) == full


def test_as_many_offers_as_hyperband_draws_again() -> None:
    """It knows an open trial of an earlier call among so many."""
    assert bargain(WORKED, [], left=99).offers == MANY <= RECALLED


def test_before_a_trial_has_ended_its_folds_and_steps_tell_the_pace() -> None:
    results: list[TrialResult] = []
    pace, work = Pace(WORKED, results, NOW + 600), WORKLOAD.of(of(48).recipe)
    assert [Pace(WORKED, results, deadline).unknown for deadline in (pace.deadline, math.inf)] == [True, False]
    pace.steps(of(48), 7 * work.fold)
    assert pace.factor == pytest.approx(slow(7.0))
    folds = [replace(fold, seconds=6 * work.fold * 2 / EPOCHS) for fold in trial(0, [9.0] * 3, epochs=2).folds]
    pace.folds(of(48, epochs=2), [replace(folds[0], seconds=folds[0].seconds + 6 * COMPILING), *folds[1:]])
    assert pace.factor == pytest.approx(slow(6.0))
    results.append(ended(0, 5.0))
    assert pace.factor == pytest.approx(slow(5.0))


# --- searches: a second of the reference machine is PACE seconds, of which none passes

PACE = 100.0
SIZES = (8, 16, 32, 48)  # filters, that proposals are drawn from


class Timed(FakeWorkers):
    """Folds and steps take as long as their work says."""

    def send(self, slot: int, message: Job | Verdict) -> None:
        if isinstance(message, Measure):
            step = PACE * WORKLOAD.of(SPACE.recipe(message.trial.params)).fold / EPOCHS
            self._replies.append(Measured((StageCost("train", EPOCHS, 1, step, 0.0),), 0.0))
        else:
            super().send(slot, message)

    def _done(self) -> FoldDone:
        done, job = super()._done(), self._job
        assert job is not None
        seconds = PACE * (COMPILING / 3 + WORKLOAD.of(SPACE.recipe(job.trial.params)).fold)
        return replace(done, score=replace(done.score, seconds=seconds))


@dataclass
class Drawing(Script):
    """Draws what it is asked for, and keeps how many proposals there were to pick from."""

    offers: list[int] = field(default_factory=list)

    def ask(self, number: int, pick: Pick = FIRST) -> Ask:
        self.offers.append(pick.offers)
        rng = random.Random(number)
        drawn = [
            {**SPACE.first, "filters": rng.choice(SIZES), "learning_rate": rng.uniform(2e-4, 1e-2)}
            for _ in range(pick.offers)
        ]
        return Ask(drawn[pick.of(drawn)])


def begun(path: Path) -> RunStore:
    """A search with a trial that tells its pace."""
    store = new_store(path)
    store.append(replace(ended(0, PACE), origin="first"))
    return store


def until(filters: int) -> float:
    """A deadline that a trial of this size would be just in time for; those of SIZES differ by more than 16 s."""
    return NOW + 8 + slow(PACE) * WORKLOAD.of(of(filters).recipe).trial(3)


def run(
    store: RunStore,
    script: Script,
    trials: int,
    deadline: float = math.inf,
    count: int = 1,
    misfortune: Callable[[Train], Reply | None] = lambda job: None,
) -> tuple[Outcome, SilentView, list[list[tuple[int, int]]]]:
    """With what each of `count` workers has trained: trials and folds."""
    workers, view = SeveralWorkers(count, store.experiment, learning_rate_score), SilentView()
    workers.each = [Timed(store.experiment, learning_rate_score, misfortune) for _ in range(count)]
    budget = Budget(trials, deadline=deadline)
    search = open_search(store, SPACE, script, workers, PRUNERS["none"], fits, budget, view, Stop())
    return search.run(), view, [worker.trained for worker in workers.each]


def numbers(store: RunStore) -> list[int]:
    return [result.number for result in store.trials()]


def test_a_search_goes_on_as_long_as_something_fits(tmp_path: Path) -> None:
    """Half of the space does. What is left is not counted, and the next call begins with it."""
    store, drawing = begun(tmp_path / "run"), Drawing()
    outcome, view, _ = run(store, drawing, 16, until(16))
    left = [one.number for one in store.open_trials()]
    assert outcome.kind == "finished" and len(store.trials()) == 16
    assert outcome.reason == f"16 trials, beside {len(left)} for which there was no time"
    assert 2 <= len(left) < TRIES, "more proposals are asked for, as few fit"
    assert sorted(numbers(store) + left) == list(range(16 + len(left)))
    assert drawing.offers[left[0] : left[1]] == [2] * (left[1] - left[0])
    assert drawing.offers[left[1]] == 4
    (said,) = [note for note in view.notes if "the next call begins with it" in note]
    assert said.startswith(f"trial {left[0]:3d}  may take ")
    trained = numbers(store)
    assert run(store, Drawing(), 17 + len(left))[0].kind == "finished"
    assert numbers(store) == [*trained, *left, 16 + len(left)]


def test_a_search_ends_where_nothing_fits(tmp_path: Path) -> None:
    store, drawing = begun(tmp_path / "run"), Drawing()
    outcome, _, _ = run(store, drawing, 60, NOW + 1.04 * slow(PACE) * COMPILING)
    assert outcome.kind == "paused" and outcome.reason.startswith(f"the next {TRIES} trials may take ")
    assert len(store.open_trials()) == TRIES and numbers(store) == [0]
    assert drawing.offers[1:] == [2, 4, 8, 16, 16]


def test_a_search_ends_where_not_even_a_trial_of_no_work_would_fit(tmp_path: Path) -> None:
    store = begun(tmp_path / "run")
    outcome, _, _ = run(store, Drawing(), 60, NOW + 0.96 * slow(PACE) * COMPILING)
    assert outcome.kind == "paused" and outcome.reason.startswith("no trial would end any more, and ")
    assert not store.open_trials() and numbers(store) == [0]


@pytest.mark.parametrize(("dear", "left", "trained"), [(range(2, 99, 2), 8, 9), (range(4, 99), TRIES, 4)])
def test_of_a_searcher_that_has_no_choice_not_too_many_are_left(
    dear: Sequence[int], left: int, trained: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In all, or in a row."""
    monkeypatch.setattr("runners._search.pace.MOST", 8)

    def proposal(number: int) -> Ask:
        size = 48 if number in dear else 8
        return Ask({**SPACE.first, "filters": size, "learning_rate": 2e-4 + 1e-5 * number})

    store = begun(tmp_path / "run")
    outcome, _, _ = run(store, Script(proposal), 90, until(16))
    assert outcome.kind == "paused" and outcome.reason.startswith(f"the next {left} trials may take ")
    assert len(store.open_trials()) == left and len(numbers(store)) == trained


def test_what_is_left_again_does_not_end_the_next_call(tmp_path: Path) -> None:
    store = begun(tmp_path / "run")
    for number in range(1, TRIES + 1):
        store.unfinished.save(of(48, number).trial)
    assert run(store, Drawing(), 2, until(16))[0].kind == "finished"
    assert numbers(store)[1] > TRIES


def test_what_was_given_is_left_and_does_not_end_the_search(tmp_path: Path) -> None:
    """Nor is it what more proposals are asked for."""
    store, drawing = begun(tmp_path / "run"), Drawing()
    given = [Enqueued({**SPACE.first, "filters": 48, "learning_rate": 1e-3 + 1e-5 * n}, "mine") for n in range(9)]
    store.enqueue(given)
    outcome, view, _ = run(store, drawing, 2, until(32))
    assert outcome.kind == "finished"
    assert [one.origin for one in store.open_trials()][:9] == ["mine"] * 9
    assert sum(note.endswith("the next call begins with it") for note in view.notes) == 9
    assert drawing.offers[0] <= 2


@pytest.mark.parametrize("count", [1, 2])
def test_what_is_timed_before_the_first_trial_says_that_it_will_not_end(count: int, tmp_path: Path) -> None:
    """It is begun all the same, by all workers, and no other is; the user is told what to type."""
    store = new_store(tmp_path / "run")
    seconds = slow(PACE) * WORKLOAD.of(SPACE.recipe(SPACE.first)).trial(3 if count == 1 else 2)
    outcome, view, trained = run(store, Drawing(), 9, NOW + 60, count)
    assert outcome.kind == "paused" and numbers(store) == [0] and not store.open_trials()
    assert all(trained) and sorted(fold for each in trained for fold in each) == [(0, 0), (0, 1), (0, 2)]
    (said,) = [note for note in view.notes if note.startswith("trial   0  may take ")]
    minutes = math.ceil(seconds / 60) + 1
    assert f" may take {duration(seconds)}, " in said and said.endswith(f"with --timeout {minutes}m it ends")


@pytest.mark.parametrize("deadline", [1e6, math.inf])
def test_where_there_is_time_nothing_is_said_and_all_is_trained(deadline: float, tmp_path: Path) -> None:
    """Without a limit nobody waits for what is timed."""
    store = new_store(tmp_path / "run")
    outcome, view, trained = run(store, Drawing(), 5, NOW + deadline, 2)
    assert outcome.kind == "finished" and sorted(numbers(store)) == [0, 1, 2, 3, 4]
    assert not any("may take" in note for note in view.notes)
    assert trained[1][0][0] == (0 if deadline < math.inf else 1)


def test_a_trial_of_an_earlier_call_is_gone_on_with_while_none_has_ended(tmp_path: Path) -> None:
    """However short the calls are: each of them trains a fold."""
    store, first = new_store(tmp_path / "run"), of(16, 0).trial
    store.unfinished.save(first)
    (fold, *_) = trial(0, [9.0] * 3, epochs=EPOCHS).folds
    store.unfinished.save_fold(0, replace(fold, seconds=PACE * 9), np.full(FILMS, 9.0, np.float32))
    _, view, (trained,) = run(store, Drawing(), 9, NOW + 60)
    assert numbers(store) == [0] and trained == [(0, 1), (0, 2)]
    assert sum("it may not end in this call" in note for note in view.notes) == 1


@pytest.mark.parametrize(("seconds", "trained"), [(8.5, [0, 1]), (7.5, [0])])
def test_an_interrupted_trial_is_gone_on_with_by_its_own_folds(
    seconds: float, trained: Sequence[int], tmp_path: Path
) -> None:
    """It lacks two; one has taken 4 s, where by the pace of the other trial it would be far more."""
    store = begun(tmp_path / "run")
    store.unfinished.save(of(48, 1).trial)
    fold = replace(trial(0, [9.0] * 3, epochs=EPOCHS).folds[0], seconds=4.0)
    store.unfinished.save_fold(1, fold, np.full(FILMS, 9.0, np.float32))
    run(store, Drawing(), 9, NOW + seconds)
    assert numbers(store) == trained


def test_where_the_first_trial_fails_another_is_begun(tmp_path: Path) -> None:
    """Time or not: nothing was trained yet."""
    store = new_store(tmp_path / "run")

    def fail(job: Train) -> Reply | None:
        return None if job.trial.number else raised("ValueError: no")

    run(store, Drawing(), 9, NOW + 60, misfortune=fail)
    assert [result.state for result in store.trials()] == ["failed", "complete"]
