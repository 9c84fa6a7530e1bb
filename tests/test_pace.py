"""With a time limit nothing is begun that would not end: what takes how long, and what becomes of what is left."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from pathlib import Path

import pytest
from drawing import SPACE, Script, new_store, searched
from fake_workers import FILMS
from run_folders import asked, trial

from runners._search.budget import Budget
from runners._search.candidate import Candidate, candidate_of
from runners._search.pace import TRIES, Pace
from runners._searcher import Ask
from search_spaces._work import COMPILING, Workload
from trials.records import TrialResult

EPOCHS = 8
WORKLOAD = Workload(SPACE, (32, 32, 1), FILMS, 3, EPOCHS)


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
    assert Pace(WORKLOAD, results, math.inf).factor == pytest.approx(3.0)
    assert Pace(WORKLOAD, results[3:], math.inf).factor is None
    many = [*(ended(n, 9.0) for n in range(30)), *(ended(n, 2.0) for n in range(30, 50))]
    assert Pace(WORKLOAD, many, math.inf).factor == pytest.approx(2.0), "others have used the machine before"


@pytest.mark.parametrize(("folds", "workers", "parts"), [(3, 1, 3), (3, 2, 2), (3, 3, 1), (1, 3, 1)])
def test_folds_are_shared_out(folds: int, workers: int, parts: int) -> None:
    needed = 5.0 * WORKLOAD.of(of(16).recipe).trial(parts)
    for seconds, begun in ((needed + 1, True), (needed - 1, False)):
        pace = Pace(WORKLOAD, [ended(0, 5.0)], time.monotonic() + seconds)
        assert pace.in_time(of(16), folds, [], workers) == begun
        assert [one.number for one in pace.left] == ([] if begun else [9])
    assert pace.needed == pytest.approx(needed)


@pytest.mark.parametrize(("most", "finalists"), [(1000.0, 3), (112.1, 3), (111.9, 2), (74.7, 2), (74.6, 0), (0.0, 0)])
def test_time_is_kept_for_as_many_finalists_as_there_may_be_time_for(most: float, finalists: int) -> None:
    """Each has two further seeds, took 50 s, and 6 s to begin, on three workers. Of one there is no final."""
    kept = finalists * 2 * (50 + 6) / 3
    results, work = [replace(ended(0, 5.0), seconds=50.0), ended(1, 1.0, epochs=2)], WORKLOAD.of(of(16).recipe)
    results[1] = replace(results[1], state="pruned")
    for seconds, begun in ((1, True), (-1, False)):
        pace = Pace(WORKLOAD, results, math.inf, finalists=3, final_seconds=most)
        factor = pace.factor
        assert factor is not None
        pace.deadline = time.monotonic() + factor * work.trial(1) + kept + seconds
        assert pace.in_time(of(16), 3, [], 3) == begun
    assert pace.kept == pytest.approx(kept)
    assert ("before the final" in pace.words) == bool(kept)


def test_what_is_open_comes_first() -> None:
    needed = 50.0 * (WORKLOAD.of(of(16).recipe).trial(3) + WORKLOAD.of(of(48).recipe).trial(2)) / 2
    for seconds, begun in ((needed + 1, True), (needed - 1, False)):
        pace = Pace(WORKLOAD, [ended(0, 50.0)], time.monotonic() + seconds)
        assert pace.in_time(of(16), 3, [(of(48, 8), 2)], 2) == begun


def test_what_nobody_knows_is_begun() -> None:
    assert Pace(WORKLOAD, [], time.monotonic() + 1).in_time(of(48), 3, [], 1)
    assert Pace(WORKLOAD, [ended(0, 1e9)], math.inf).in_time(of(48), 3, [], 1), "without a limit"
    assert Pace(WORKLOAD, [ended(0, 1e9)], time.monotonic() + 1).in_time(of(48, epochs=2), 1, [], 1), "a round waits"


def test_what_would_not_end_is_left_for_the_next_call(tmp_path: Path) -> None:
    """Others are tried, until there are too many; the next call begins with what was left."""
    store = new_store(tmp_path / "run")
    before = 12  # more than those that take no time here
    for number in range(before):
        store.append(replace(ended(number, 100.0), origin="" if number else "first"))

    def proposal(number: int) -> Ask:
        small = number % 2 == 0
        return Ask({**SPACE.first, "filters": 8 if small else 48, "learning_rate": 2e-4 + 1e-5 * number})

    cheap, dear = (100.0 * WORKLOAD.of(of(filters).recipe).trial(3) for filters in (8, 48))
    outcome, _, _ = searched(store, Script(proposal), Budget(50, deadline=time.monotonic() + (cheap + dear) / 2))
    assert outcome.kind == "paused" and outcome.reason.startswith("the next trials take ")
    end = before + 2 * TRIES
    assert [result.number for result in store.trials()][before:] == list(range(before, end, 2))
    left = list(range(before + 1, end, 2))
    assert [one.number for one in store.open_trials()] == left
    finished, _, _ = searched(store, Script(proposal), Budget(end + 1))
    assert finished.kind == "finished"
    assert [result.number for result in store.trials()][before + TRIES :] == [*left, end]
