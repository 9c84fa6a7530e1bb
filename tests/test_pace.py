"""With a time limit nothing is begun that would not end: what takes how long, and what becomes of what is left."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from drawing import SPACE, Script, new_store
from fake_workers import FILMS, FakeWorkers, SeveralWorkers, SilentView, fits, learning_rate_score, raised
from run_folders import asked, trial

from runners._outcome import Outcome
from runners._race.pruners import PRUNERS
from runners._race.worked import Worked
from runners._samplers.hyperband import RECALLED
from runners._search.bargain import MANY, bargain
from runners._search.budget import Budget
from runners._search.candidate import Candidate, candidate_of
from runners._search.loop import open_search
from runners._search.pace import TRIES, Pace
from runners._searcher import FIRST, Ask, Pick
from runners._workers.messages import FoldDone, Job, Measure, Measured, Reply, StageCost, Train, Verdict
from runners._workers.stop import Stop
from search_spaces._work import COMPILING, Workload
from trials.records import Enqueued, TrialResult
from trials.store import RunStore

EPOCHS = 8
WORKLOAD = Workload(SPACE, (32, 32, 1), FILMS, 3, EPOCHS)
WORKED = Worked(WORKLOAD)


def of(filters: int, number: int = 9, epochs: int = EPOCHS) -> Candidate:
    return candidate_of(asked(number, {**SPACE.first, "filters": filters}, epochs), SPACE)


def ended(number: int, pace: float, epochs: int = EPOCHS) -> TrialResult:
    """Three folds that took `pace` seconds for each of the reference machine."""
    work = WORKLOAD.of(of(16).recipe).fold
    seconds = pace * (COMPILING + work * 3 * epochs / EPOCHS)
    return replace(trial(number, [9.0] * 3, epochs=epochs, params=SPACE.first), work=work, seconds=seconds)


def test_the_pace_is_that_of_most_trials() -> None:
    """One has waited for features, one was stopped, one is not trained, of one nobody knows the work."""
    results = [ended(0, 70.0), ended(1, 3.0), ended(2, 3.0, epochs=2), trial(3, [], "infeasible"), trial(4, [9.0])]
    assert Pace(WORKED, results, math.inf).factor == pytest.approx(3.0)
    assert Pace(WORKED, results[3:], math.inf).factor is None
    many = [*(ended(n, 9.0) for n in range(30)), *(ended(n, 2.0) for n in range(30, 50))]
    assert Pace(WORKED, many, math.inf).factor == pytest.approx(2.0), "others have used the machine before"


@pytest.mark.parametrize(("folds", "workers", "parts"), [(3, 1, 3), (3, 2, 2), (3, 3, 1), (1, 3, 1)])
def test_folds_are_shared_out(folds: int, workers: int, parts: int) -> None:
    needed = 5.0 * WORKLOAD.of(of(16).recipe).trial(parts)
    for seconds, met in ((needed + 1, True), (needed - 1, False)):
        need = Pace(WORKED, [ended(0, 5.0)], time.monotonic() + seconds).need(of(16), folds, [], workers)
        assert need.met == met and need.seconds == pytest.approx(needed)


@pytest.mark.parametrize(("most", "finalists"), [(1000.0, 3), (112.1, 3), (111.9, 2), (74.7, 2), (74.6, 0), (0.0, 0)])
@pytest.mark.parametrize(("folds", "epochs"), [(3, EPOCHS), (1, 2)])
def test_time_is_kept_for_as_many_finalists_as_there_may_be_time_for(
    most: float, finalists: int, folds: int, epochs: int
) -> None:
    """Each has two further seeds, took 50 s, and 6 s to begin, on three workers. Of one there is no final. On a
    smaller budget a trial is short, and would take the final's time none the less."""
    kept = finalists * 2 * (50 + 6) / 3
    results, work = [replace(ended(0, 5.0), seconds=50.0), ended(1, 1.0, epochs=2)], WORKLOAD.of(of(16).recipe)
    results[1] = replace(results[1], state="pruned")
    for seconds, met in ((1, True), (-1, False)):
        pace = Pace(WORKED, results, math.inf, finalists=3, final_seconds=most)
        factor = pace.factor
        assert factor is not None
        takes = factor * (work.compiling + work.fold * epochs / EPOCHS)
        pace.deadline = time.monotonic() + takes + kept + seconds
        need = pace.need(of(16, epochs=epochs), folds, [], 3)
        assert need.met == met
        assert need.kept == pytest.approx(kept) and ("before the final" in need.words) == bool(kept)


def test_what_is_open_comes_first() -> None:
    needed = 50.0 * (WORKLOAD.of(of(16).recipe).trial(3) + WORKLOAD.of(of(48).recipe).trial(2)) / 2
    for seconds, met in ((needed + 1, True), (needed - 1, False)):
        pace = Pace(WORKED, [ended(0, 50.0)], time.monotonic() + seconds)
        assert pace.need(of(16), 3, [(of(48, 8), 2)], 2).met == met


def test_what_nobody_knows_is_begun() -> None:
    assert Pace(WORKED, [], time.monotonic() + 1).need(of(48), 3, [], 1).met
    assert Pace(WORKED, [ended(0, 1e9)], math.inf).need(of(48), 3, [], 1).met, "without a limit"


def test_nothing_is_asked_for_that_could_not_end_beside_what_is_open() -> None:
    """However small it is."""
    beside = 50.0 * (COMPILING + WORKLOAD.of(of(48).recipe).trial(2))
    for seconds, full in ((beside + 1, False), (beside - 1, True)):
        assert Pace(WORKED, [ended(0, 50.0)], time.monotonic() + seconds).full([(of(48, 8), 2)], 1) == full


def test_as_many_offers_as_hyperband_draws_again() -> None:
    """It knows an open trial of an earlier call among so many."""
    assert bargain(WORKED, [], left=99).offers == MANY <= RECALLED


def test_before_a_trial_has_ended_its_folds_and_steps_tell_the_pace() -> None:
    results: list[TrialResult] = []
    pace, work = Pace(WORKED, results, time.monotonic() + 600), WORKLOAD.of(of(48).recipe)
    assert [Pace(WORKED, results, deadline).unknown for deadline in (pace.deadline, math.inf)] == [True, False]
    pace.steps(of(48), 7 * work.fold)
    assert pace.factor == pytest.approx(7.0)
    folds = [replace(fold, seconds=6 * work.fold * 2 / EPOCHS) for fold in trial(0, [9.0] * 3, epochs=2).folds]
    pace.folds(of(48, epochs=2), [replace(folds[0], seconds=folds[0].seconds + 6 * COMPILING), *folds[1:]])
    assert pace.factor == pytest.approx(6.0)
    results.append(ended(0, 5.0))
    assert pace.factor == pytest.approx(5.0)


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
    return time.monotonic() + 8 + PACE * WORKLOAD.of(of(filters).recipe).trial(3)


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
    assert said.startswith(f"trial {left[0]:3d}  takes about ")
    trained = numbers(store)
    assert run(store, Drawing(), 17 + len(left))[0].kind == "finished"
    assert numbers(store) == [*trained, *left, 16 + len(left)]


def test_a_search_ends_where_nothing_fits(tmp_path: Path) -> None:
    store, drawing = begun(tmp_path / "run"), Drawing()
    outcome, _, _ = run(store, drawing, 60, time.monotonic() + 1.04 * PACE * COMPILING)
    assert outcome.kind == "paused" and outcome.reason.startswith(f"the next {TRIES} trials take ")
    assert len(store.open_trials()) == TRIES and numbers(store) == [0]
    assert drawing.offers[1:] == [2, 4, 8, 16, 16]


def test_a_search_ends_where_not_even_a_trial_of_no_work_would_fit(tmp_path: Path) -> None:
    store = begun(tmp_path / "run")
    outcome, _, _ = run(store, Drawing(), 60, time.monotonic() + 0.96 * PACE * COMPILING)
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
    assert outcome.kind == "paused" and outcome.reason.startswith(f"the next {left} trials take ")
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
    seconds = PACE * WORKLOAD.of(SPACE.recipe(SPACE.first)).trial(3 if count == 1 else 2)
    outcome, view, trained = run(store, Drawing(), 9, time.monotonic() + 60, count)
    assert outcome.kind == "paused" and numbers(store) == [0] and not store.open_trials()
    assert all(trained) and sorted(fold for each in trained for fold in each) == [(0, 0), (0, 1), (0, 2)]
    (said,) = [note for note in view.notes if note.startswith("trial   0  takes about ")]
    minutes = math.ceil(seconds / 60) + 1
    assert f"{minutes - 1} min" in said and said.endswith(f"with --timeout {minutes}m it ends")


@pytest.mark.parametrize("deadline", [1e6, math.inf])
def test_where_there_is_time_nothing_is_said_and_all_is_trained(deadline: float, tmp_path: Path) -> None:
    """Without a limit nobody waits for what is timed."""
    store = new_store(tmp_path / "run")
    outcome, view, trained = run(store, Drawing(), 5, time.monotonic() + deadline, 2)
    assert outcome.kind == "finished" and sorted(numbers(store)) == [0, 1, 2, 3, 4]
    assert not any("takes about" in note for note in view.notes)
    assert trained[1][0][0] == (0 if deadline < math.inf else 1)


def test_a_trial_of_an_earlier_call_is_gone_on_with_while_none_has_ended(tmp_path: Path) -> None:
    """However short the calls are: each of them trains a fold."""
    store, first = new_store(tmp_path / "run"), of(16, 0).trial
    store.unfinished.save(first)
    (fold, *_) = trial(0, [9.0] * 3, epochs=EPOCHS).folds
    store.unfinished.save_fold(0, replace(fold, seconds=PACE * 9), np.full(FILMS, 9.0, np.float32))
    _, view, (trained,) = run(store, Drawing(), 9, time.monotonic() + 60)
    assert numbers(store) == [0] and trained == [(0, 1), (0, 2)]
    assert sum("it will not end in this call" in note for note in view.notes) == 1


def test_where_the_first_trial_fails_another_is_begun(tmp_path: Path) -> None:
    """Time or not: nothing was trained yet."""
    store = new_store(tmp_path / "run")

    def fail(job: Train) -> Reply | None:
        return None if job.trial.number else raised("ValueError: no")

    run(store, Drawing(), 9, time.monotonic() + 60, misfortune=fail)
    assert [result.state for result in store.trials()] == ["failed", "complete"]
