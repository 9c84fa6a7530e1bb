"""Optuna's searcher: what its study is told and holds, and that its proposals are those of Optuna's own samplers."""

from __future__ import annotations

import json
import math
import statistics
import sys
import tomllib
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from fake_workers import experiment
from hypothesis import given
from hypothesis import strategies as st
from playing import STATES, Play, replay
from run_folders import asked, infeasible, scores, trial
from threadpoolctl import threadpool_info, threadpool_limits

from runners import optuna as ours
from runners._samplers import threads
from runners._samplers.cma_state import packed, unpacked
from runners._samplers.estimates import estimate
from runners._samplers.ledger import Ledger, StudyResult
from runners._samplers.optuna_space import distributions
from runners._samplers.study import StudySearcher
from runners._samplers.threads import one_thread
from runners._searcher import Ask, Pick, Searcher
from runners._seeds import derive
from search_spaces import load_space
from search_spaces._narrow import narrow
from search_spaces._portfolio import without_portfolio
from search_spaces._space import domains
from trials.records import State, TrialResult
from xrays.errors import UserError
from xrays.extras import with_extra
from xrays.tasks import TASKS, Task

AGE, WHOLE = TASKS["age"], without_portfolio(load_space("cnn"))
LEFT = ("depth", "filters", "dropout", "augment_flip", "learning_rate", "optimizer", "weight_decay")
SPACE = narrow(WHOLE, [], [f"{name}={WHOLE.first[name]}" for name in domains(WHOLE) if name not in LEFT])
SEED = 3
PLAIN = [name for name, sampler in ours.SAMPLERS.items() if not sampler.needs]
LEARNING = [name for name, sampler in ours.SAMPLERS.items() if sampler.tell is not None]


def open_searcher(sampler: str, task: Task = AGE) -> Searcher:
    for library in ours.SAMPLERS[sampler].needs:
        pytest.importorskip(library, reason=f"the extra {ours.SAMPLERS[sampler].extra} is not installed")
    return ours.open_searcher(SPACE, task, experiment(sampler=sampler, task=task.name, seed=SEED))


def studied(sampler: str) -> StudySearcher:
    searcher = open_searcher(sampler)
    assert isinstance(searcher, StudySearcher)
    return searcher


# --- what is told


def told(ledger: Ledger, *results: TrialResult) -> tuple[StudyResult, StudyResult]:
    """Of the last of these, by both rules."""
    other = Ledger(ledger._task)
    return [ledger.ranked(result) for result in results][-1], [other.valued(result) for result in results][-1]


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_complete_trial_is_told_by_its_mean_loss(task: Task) -> None:
    values = scores(task.name, 9.0, 10.0, 11.0)
    loss = task.loss(sum(values) / 3)
    assert told(Ledger(task), trial(0, values, task=task.name)) == (StudyResult("COMPLETE", pytest.approx(loss)),) * 2


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_pruned_trial_does_not_gain_by_an_easy_fold(task: Task) -> None:
    """Its own mean of 8.5 would beat the best trial's of 10, and what it was estimated as counts."""
    best = trial(0, scores(task.name, 8.0, 10.0, 12.0), task=task.name)
    (expected,) = scores(task.name, 10.5)
    lost = replace(trial(1, scores(task.name, 8.5), "pruned", task=task.name), estimate=expected)
    loss = task.loss(expected)
    assert told(Ledger(task), best, lost) == (StudyResult("PRUNED", reports={4: loss}), StudyResult("COMPLETE", loss))


def test_the_report_of_a_pruned_trial_is_after_the_epochs_of_all_its_folds() -> None:
    lost = replace(trial(1, [9.0, 11.0], "pruned", epochs=5), estimate=9.0)
    assert told(Ledger(AGE), lost) == (StudyResult("PRUNED", reports={10: 9.0}), StudyResult("COMPLETE", 9.0))


@pytest.mark.parametrize(
    "odd",
    [
        infeasible(5, "too large"),
        trial(5, [math.nan, 9.0, 9.0]),
        trial(5, [math.inf]),
        trial(5, [math.nan], "pruned"),
    ],
)
def test_what_has_no_finite_loss_is_told_as_worse_than_all(odd: TrialResult) -> None:
    assert told(Ledger(AGE), odd) == (StudyResult("PRUNED"), StudyResult("FAIL"))
    lost = replace(trial(2, [9.0], "pruned"), estimate=14.0)
    before = [trial(0, [9.0]), trial(1, [12.0]), lost, trial(3, [], "failed")]
    assert told(Ledger(AGE), *before, odd) == (StudyResult("PRUNED"), StudyResult("COMPLETE", 14.0))


def test_a_wild_loss_is_told_as_useless_and_an_infeasible_trial_no_worse() -> None:
    """A label's standard deviation of 19 years is what no constant loses more than."""
    ledger = Ledger(AGE)
    given = [trial(0, [1e6]), trial(1, [9.0]), infeasible(2, "too large"), trial(3, [18.0]), trial(4, [25.0])]
    assert [ledger.valued(one).value for one in given] == [19.0, 9.0, 19.0, 18.0, 19.0]
    assert Ledger(AGE).ranked(given[0]).value == 1e6, "of which only the rank counts"
    accuracy = Ledger(TASKS["gender"])
    assert [accuracy.valued(trial(n, [score], task="gender")).value for n, score in enumerate((0.0, 0.9))] == [
        0,
        -0.9,
    ]


def test_where_most_networks_are_useless_the_better_half_is_still_told_apart() -> None:
    """As after an epoch: what counts is still which of them lose less."""
    ledger = Ledger(AGE)
    values = [
        ledger.valued(trial(number, [loss])).value for number, loss in enumerate([50.0, 40.0, 30.0, 45.0, 28.0])
    ]
    assert values == [19.0, 40.0, 30.0, 40.0, 28.0]


def test_a_failed_trial_is_told_as_failed() -> None:
    assert told(Ledger(AGE), trial(0, [9.0]), trial(1, [9.0], "failed")) == (StudyResult("FAIL"), StudyResult("FAIL"))


_SCORES = st.lists(st.one_of(st.floats(-1e30, 1e30), st.sampled_from([math.nan, math.inf])), min_size=1, max_size=3)
_STATES = st.sampled_from(["complete", "pruned", "failed", "infeasible"])


@given(st.lists(st.tuples(_STATES, _SCORES), max_size=8))
def test_whatever_is_told_is_finite(drawn: list[tuple[State, list[float]]]) -> None:
    ledger, other = Ledger(AGE), Ledger(AGE)
    before: list[TrialResult] = []
    for number, (state, values) in enumerate(drawn):
        result = trial(number, values if state in ("complete", "pruned") else [], state)
        result = replace(result, estimate=estimate(AGE, result, before))
        before.append(result)
        ranked, valued = ledger.ranked(result), other.valued(result)
        for one in (ranked, valued):
            assert (one.state == "COMPLETE") == (one.value is not None)
            assert all(map(math.isfinite, [*one.reports.values(), *([one.value] if one.value is not None else [])]))
        assert (ranked.state == "FAIL") == (state == "failed") and valued.state != "PRUNED"


# --- what the study holds


def held(searcher: StudySearcher) -> list[tuple[Any, ...]]:
    searcher._settle()
    trials = searcher._study.get_trials(deepcopy=False)
    return [(one.state.name, one.values, one.intermediate_values, one.params) for one in trials]


@pytest.mark.parametrize("sampler", LEARNING)
def test_a_replayed_study_holds_what_the_unbroken_one_holds(sampler: str) -> None:
    """Whatever the order of finishing, and with trials that are still open."""
    searcher = studied(sampler)
    play = Play(searcher, AGE, SPACE, slots=4, states=STATES)
    play.until(9)
    replayed = studied(sampler)
    replay(play, replayed)
    assert held(replayed) == held(searcher)
    numbers = [one.number for one in [*play.told, *play.open] if not one.origin or one in play.told]
    assert replayed._numbers == searcher._numbers == sorted(numbers)
    assert sum(state == "RUNNING" for state, *_ in held(replayed)) == sum(not one.origin for one in play.open) > 0
    while play.open:
        replayed.tell(play.finish(play.open[0]))
    assert held(replayed) == held(searcher)
    assert "RUNNING" not in {state for state, *_ in held(replayed)}


def test_tpe_keeps_away_from_what_is_running() -> None:
    """The constant liar, also of an open trial from an earlier call."""
    play = Play(studied("tpe"), AGE, SPACE, slots=3)
    play.until(8)

    def asks(number: int) -> tuple[Any, Any]:
        alone, liar = studied("tpe"), studied("tpe")
        replay(play, liar)
        for result in play.told:
            alone.replay(result)
        return alone.ask(number), liar.ask(number)

    assert any(alone != liar for alone, liar in map(asks, range(20, 30)))


def test_a_result_that_nobody_asked_for_takes_its_place_by_number() -> None:
    """And those that run meanwhile can still be told."""
    searcher = studied("tpe")
    asks = {number: searcher.ask(number) for number in (1, 2)}
    searcher.tell(trial(0, [9.0, 9.0, 9.0], params=SPACE.first))
    asks[3] = searcher.ask(3)
    for number in (3, 1, 2):
        searcher.tell(trial(number, [10.0 + number], params=asks[number].params))
    assert [values for _, values, *_ in held(searcher)] == [[9.0], [11.0], [12.0], [13.0]]


@pytest.mark.parametrize("sampler", LEARNING)
def test_of_an_open_trial_that_nobody_asked_for_nothing_is_known(sampler: str) -> None:
    searcher, replayed = studied(sampler), studied(sampler)
    first = asked(0, SPACE.first, origin="first")
    replayed.replay(first)
    assert held(replayed) == []
    assert replayed.ask(1) == searcher.ask(1)
    for one in (searcher, replayed):
        one.tell(trial(0, [9.0], params=SPACE.first))
    assert replayed.ask(2) == searcher.ask(2)


def test_the_same_configuration_may_be_told_under_several_numbers() -> None:
    searcher = studied("tpe")
    for number in (-2, -1, 0, 5):
        searcher.replay(trial(number, [9.0], params=SPACE.first))
    assert len(held(searcher)) == 4


def test_a_sampler_that_does_not_look_at_scores_is_told_nothing() -> None:
    for sampler in ours.SAMPLERS.keys() - set(LEARNING):
        searcher, told = open_searcher(sampler), open_searcher(sampler)
        told.replay(replace(trial(0, [9.0], params=SPACE.first), params={}))
        told.tell(trial(1, [9.0], params={}))
        assert told.ask(2) == searcher.ask(2)


# --- that the proposals are Optuna's


def plain_study(searcher: StudySearcher, sampler: Any) -> Any:
    """The same trials under a sampler that has to find out itself which parameters there are."""
    import optuna

    study = optuna.create_study(sampler=sampler)
    study.add_trials(searcher._study.get_trials())
    return study


def proposal(study: Any) -> dict[str, Any]:
    asked = study.ask(distributions(SPACE))
    return {name: asked.params[name] for name in domains(SPACE)}


def their_tpe(number: int) -> Any:
    from optuna.samplers import TPESampler

    seed = derive(SEED, "ask", number)
    return TPESampler(seed=seed, multivariate=True, constant_liar=True, n_startup_trials=ours.STARTUP)


def their_cmaes(number: int, start: Mapping[str, Any]) -> Any:
    from optuna.samplers import CmaEsSampler

    seed, others = derive(SEED, "cmaes", number), their_tpe(number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return CmaEsSampler(x0=dict(start), seed=seed, independent_sampler=others, warn_independent_sampling=False)


@pytest.mark.parametrize("sampler", LEARNING)
def test_the_proposal_is_the_one_of_optuna_s_sampler(sampler: str) -> None:
    from optuna.samplers import GPSampler, RandomSampler

    searcher = studied(sampler)
    play = Play(searcher, AGE, SPACE, slots=3, states=STATES)
    play.until(24)
    number = play.number
    theirs: Any = their_cmaes(number, play.told[0].params) if sampler == "cmaes" else their_tpe(number)
    if sampler == "gp":
        random = RandomSampler(seed=derive(SEED, "ask", number))
        theirs = GPSampler(seed=derive(SEED, "gp", number), independent_sampler=random, n_startup_trials=ours.STARTUP)
    study = plain_study(searcher, theirs)
    with threadpool_limits(1):
        expected = proposal(study)
    assert dict(searcher.ask(number).params) == expected


def test_samplers_compute_with_one_thread_also_in_what_is_loaded_later(monkeypatch: pytest.MonkeyPatch) -> None:
    with threadpool_limits(2):
        with one_thread():
            assert {library["num_threads"] for library in threadpool_info()} == {1}
        assert max(library["num_threads"] for library in threadpool_info()) == 2
    looked = threads._controller.cache_info().misses
    with one_thread():
        assert threads._controller.cache_info().misses == looked
    monkeypatch.setitem(sys.modules, "a_library", ModuleType("a_library"))
    with one_thread():
        assert threads._controller.cache_info().misses == looked + 1


def test_the_points_of_qmc_are_those_of_one_sequence() -> None:
    from optuna import create_study
    from optuna.exceptions import ExperimentalWarning
    from optuna.samplers import QMCSampler
    from optuna.trial import create_trial

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)
        study = create_study(sampler=QMCSampler(scramble=True, seed=derive(SEED, "qmc")))
    study.add_trial(create_trial(params=dict(SPACE.first), distributions=distributions(SPACE), value=0.0))
    sequence = [proposal(study) for _ in range(9)]
    searcher = open_searcher("qmc")
    asks = [searcher.ask(number) for number in range(1, 10)]
    assert [dict(ask.params) for ask in asks if isinstance(ask, Ask)] == sequence
    assert len({json.dumps(params) for params in sequence}) == 9


def test_points_of_qmc_that_were_not_taken_are_proposed_again() -> None:
    """Also after a restart, and whichever is taken, all have come in the end."""
    searcher, points = open_searcher("qmc"), []
    for number, place in enumerate((2, 1, 0, 2, 0, 0, 0), 1):
        again, pick = open_searcher("qmc"), Pick(3, lambda offers, place=place: place)
        for earlier, point in enumerate(points, 1):
            again.replay(asked(earlier, SPACE.first, attributes={"point": point}))
        ask = searcher.ask(number, pick)
        assert isinstance(ask, Ask) and again.ask(number, pick) == ask
        points.append(ask.attributes["point"])
    assert points == [2, 1, 0, 5, 3, 4, 6]


# --- CMA-ES


def played_by_cmaes(count: int) -> tuple[StudySearcher, list[Ask]]:
    searcher, asks = studied("cmaes"), []
    for number in range(count):
        asks.append(searcher.ask(number))
        loss = float(asks[-1].params["dropout"]) + float(asks[-1].params["depth"])
        searcher.tell(replace(trial(number, [loss], params=asks[-1].params), attributes=asks[-1].attributes))
    return searcher, asks


def test_cmaes_goes_on_by_generations_and_keeps_no_pickle() -> None:
    _, asks = played_by_cmaes(40)
    generations = [ask.attributes["generation"] for ask in asks if ask.attributes]
    assert len(generations) >= 39 and generations == sorted(generations) and generations[-1] >= 3
    states = [ask.attributes["optimizer"] for ask in asks if "optimizer" in ask.attributes]
    assert len(states) == generations[-1], "kept once a generation"
    for state in states:
        assert "_mean" in state and len(json.dumps(state)) < 10_000
        assert not any(isinstance(value, str | bytes) for value in state.values())


def known_to_be(loss: float, number: int, origin: str = "", **params: Any) -> TrialResult:
    return replace(trial(number, [loss], params={**SPACE.first, **params}), origin=origin)


def numbers_of(searcher: Searcher, asks: int = 12) -> list[list[float]]:
    """Depth, dropout and the logarithm of the rate, as shares of their ranges."""
    found = []
    for number in range(100, 100 + asks):
        ask = searcher.ask(number)
        assert isinstance(ask, Ask)
        row = []
        for name in ("depth", "dropout", "learning_rate"):
            domain, value = domains(SPACE)[name], float(ask.params[name])
            low, high = float(domain.low), float(domain.high)  # type: ignore[union-attr]
            if name == "learning_rate":
                value, low, high = math.log(value), math.log(low), math.log(high)
            row.append((value - low) / (high - low))
        found.append(row)
    return found


def test_cmaes_begins_at_the_best_that_is_known() -> None:
    """Of another search, given by the user, or the space's own: none of them is of a generation."""
    searcher, corner = studied("cmaes"), {"depth": 5, "dropout": 0.6, "learning_rate": 1e-2}
    searcher.replay(known_to_be(12.0, -1, "fork of another"))
    searcher.replay(known_to_be(9.0, -2, "fork of another", **corner))
    searcher.tell(known_to_be(10.0, 0, "first"))
    drawn = numbers_of(searcher)
    assert statistics.fmean(value for row in drawn for value in row) > 0.75, "half of the ranges by itself"


def test_cmaes_keeps_its_start_and_so_does_a_restart() -> None:
    """Whatever better trial is told while the first generation runs."""
    searcher, asks = studied("cmaes"), {}
    searcher.tell(known_to_be(10.0, 0, "first"))
    asks[3] = searcher.ask(3)
    assert asks[3].attributes == {"generation": 0, "start": dict(SPACE.first)}
    late = [known_to_be(7.0, 1, "given", dropout=0.6), known_to_be(8.0, 2, "given", dropout=0.0)]
    for result in late:
        searcher.tell(result)
    searcher._settle()
    expected = proposal(plain_study(searcher, their_cmaes(4, SPACE.first)))
    asks[4] = searcher.ask(4)
    assert asks[4] == Ask(expected, attributes=asks[3].attributes)
    again = studied("cmaes")
    for result in (known_to_be(10.0, 0, "first"), *late):
        again.replay(result)
    for number in (3, 4):
        again.replay(asked(number, asks[number].params, attributes=json.loads(json.dumps(asks[number].attributes))))
    assert [again.ask(number) for number in (5, 6)] == [searcher.ask(number) for number in (5, 6)]


def test_the_optimizer_survives_json() -> None:
    import pickle

    searcher, _ = played_by_cmaes(40)
    kept = [one.system_attrs for one in searcher._study.get_trials(deepcopy=False)]
    system = next(attrs for attrs in reversed(kept) if "cma:optimizer:0" in attrs)
    back = unpacked(json.loads(json.dumps(packed(system))))
    optimizers = []
    for attrs in (system, back):
        parts = [attrs[f"cma:optimizer:{part}"] for part in range(sum(":optimizer:" in key for key in attrs))]
        optimizers.append(pickle.loads(bytes.fromhex("".join(parts))))
        optimizers[-1].reseed_rng(1)
    points = [[optimizer.ask().tolist() for _ in range(6)] for optimizer in optimizers]
    assert points[0] == points[1]
    for optimizer in optimizers:
        size = optimizer.population_size
        optimizer.tell([(optimizer.ask(), float(place)) for place in range(size)])
        optimizer.reseed_rng(2)
    assert optimizers[0].ask().tolist() == optimizers[1].ask().tolist()
    assert packed(back) == packed(system)


def test_other_samplers_keep_nothing() -> None:
    for sampler in PLAIN:
        searcher = open_searcher(sampler)
        for number in range(ours.STARTUP + 3):
            ask = searcher.ask(number)
            # But the place of a point in its sequence.
            assert isinstance(ask, Ask) and set(ask.attributes) <= {"point"}
            searcher.tell(trial(number, [9.0], params=ask.params))
    assert unpacked({"point": 3}) == {}


# --- extras


@pytest.mark.parametrize("sampler", [name for name, sampler in ours.SAMPLERS.items() if sampler.needs])
def test_a_missing_extra_is_said_before_anything_is_done(sampler: str, monkeypatch: pytest.MonkeyPatch) -> None:
    row = ours.SAMPLERS[sampler]
    for library in row.needs:
        monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UserError) as caught:
        ours.open_searcher(SPACE, AGE, experiment(sampler=sampler))
    assert caught.value.given == f"--sampler {sampler} without {' and '.join(row.needs)}"
    assert caught.value.accepted.endswith(f"or --sampler {' or '.join(PLAIN)}")
    assert caught.value.remedy == with_extra(row.extra)


def test_every_extra_is_one_of_the_project_s() -> None:
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text())["project"]
    for sampler in ours.SAMPLERS.values():
        for library in sampler.needs:
            assert any(line.startswith(library) for line in project["optional-dependencies"][sampler.extra])
