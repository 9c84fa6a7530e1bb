"""Contract of every runner and sampler there is."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest
from fake_workers import experiment

from runners import load_runner, runner_names
from runners._searcher import Searcher
from search_spaces import load_space, space_names
from search_spaces._hyperparameters import Choice, Fixed, Hyperparameters, Integer, Real
from search_spaces._narrow import narrow
from search_spaces._space import Space, canonical, domains
from trials.records import FoldScore, State, TrialResult
from xrays.errors import UserError
from xrays.tasks import TASKS, Task

PAIRS = [(name, sampler) for name in runner_names() for sampler in load_runner(name).SAMPLERS]
SPACE = load_space("cnn")
SPACES = [load_space(name) for name in space_names()]


def open_searcher(runner: str, sampler: str, task: Task, seed: int = 3, space: Space = SPACE) -> Searcher:
    identity = experiment(runner=runner, sampler=sampler, task=task.name, seed=seed)
    return load_runner(runner).open_searcher(space, task, identity)


def answer(task: Task, number: int, params: dict, state: State = "complete", label: str = "") -> TrialResult:
    """Good at shallow networks: `depth` decides."""
    depth = params.get("depth", 3)
    value = 8.0 + depth if task.direction == "min" else 1 - depth / 10
    done = {"complete": 3, "pruned": 1}.get(state, 0)
    folds = tuple(FoldScore(n, {task.objective: value}, 8, 0.0, (value,) * 8, (1.0,) * 8) for n in range(done))
    return TrialResult(number, state, params, {}, folds, number, 0.0, "", "", label)


def assert_within(params: dict, space: Space) -> None:
    """All parameters in the space's order, in range, as plain scalars of the type that the space has."""
    wanted = domains(space)
    assert list(params) == list(wanted)
    for name, domain in wanted.items():
        value = params[name]
        match domain:
            case Integer(low, high, step):
                assert type(value) is int and low <= value <= high and (value - low) % step == 0
            case Real(low, high):
                assert type(value) is float and low <= value <= high
            case Choice(options):
                assert (value, type(value)) in [(option, type(option)) for option in options]


@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_values_are_in_range_and_all_are_asked_for(runner: str, sampler: str) -> None:
    searcher = open_searcher(runner, sampler, TASKS["age"])
    for number in range(9):
        ask = searcher.ask(number)
        assert_within(dict(ask.params), SPACE)
        searcher.tell(answer(TASKS["age"], number, dict(ask.params)))


@pytest.mark.parametrize("space", SPACES, ids=space_names())
@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_values_are_in_what_a_space_was_narrowed_to(runner: str, sampler: str, space: Space) -> None:
    sets = ["learning_rate=1e-3..2e-3", "batch_size=16,32", "ema=yes", "augment_flip=no", "clip=1"]
    smaller = narrow(space, sets, fixes=["optimizer=sgd", "dropout=0.25"])
    searcher = open_searcher(runner, sampler, TASKS["age"], space=smaller)
    for number in range(8):
        ask = searcher.ask(number)
        assert_within(dict(ask.params), smaller)
        assert ask.params["ema"] is True and ask.params["dropout"] == 0.25
        assert smaller.sample(Fixed(ask.params)) == space.sample(Fixed(ask.params))
        searcher.tell(answer(TASKS["age"], number, dict(ask.params)))


@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_the_first_configuration_is_the_space_s_own(runner: str, sampler: str) -> None:
    ask = open_searcher(runner, sampler, TASKS["gender"]).ask(0)
    assert dict(ask.params) == dict(SPACE.first) and ask.label
    assert canonical(SPACE.sample(Fixed(ask.params)), TASKS["gender"])


def frozen_answerers(params: dict[str, Any]) -> list[Hyperparameters]:
    """These values given by each library's own means."""
    from keras_tuner import HyperParameters
    from optuna.trial import FixedTrial

    from runners import keras_tuner, optuna

    known = HyperParameters()
    known.values = dict(params)
    return [optuna._Handle(FixedTrial(params)), keras_tuner._Handle(known), Fixed(params)]  # type: ignore[arg-type]


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize("space", SPACES, ids=space_names())
@pytest.mark.parametrize("runner", runner_names())
def test_the_same_recipe_from_every_handle(runner: str, space: Space, task: Task) -> None:
    """What the live handle led to, the record leads to: after JSON, and through every library."""
    recipes: list[Any] = []

    def sample(hp: Hyperparameters) -> Any:
        recipes.append(space.sample(hp))
        return recipes[-1]

    searcher = open_searcher(runner, "random", task, space=replace(space, sample=sample))
    for number in range(30):
        ask = searcher.ask(number)
        live, params = recipes[-1], json.loads(json.dumps(ask.params))
        assert [space.sample(handle) for handle in frozen_answerers(params)] == [live] * 3
        assert canonical(space.sample(Fixed(params)), task) == canonical(live, task)
    assert len({json.dumps(canonical(recipe, task)) for recipe in recipes}) > 20, "draws that differ"


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_a_replayed_searcher_asks_what_the_unbroken_one_asks(runner: str, sampler: str, task: Task) -> None:
    unbroken = open_searcher(runner, sampler, task)
    states: list[State] = ["complete", "complete", "pruned", "infeasible", "complete", "failed"]
    told = []
    for number, state in zip(range(14), itertools.cycle(states)):
        ask = unbroken.ask(number)
        told.append(answer(task, number, dict(ask.params), state, ask.label))
        unbroken.tell(told[-1])
    replayed = open_searcher(runner, sampler, task)
    for result in told:
        replayed.replay(TrialResult.from_json(json.loads(json.dumps(result.to_json()))))
    assert replayed.ask(14) == unbroken.ask(14)
    other = open_searcher(runner, sampler, task, seed=4)
    for result in told:
        other.replay(result)
    assert other.ask(14) != replayed.ask(14), "the seed decides"


@pytest.mark.parametrize("state", ["failed", "infeasible"])
@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_misfortunes_in_a_row_end_no_search(runner: str, sampler: str, state: State) -> None:
    searcher = open_searcher(runner, sampler, TASKS["age"])
    asked = []
    for number in range(12):
        asked.append(searcher.ask(number).params)
        searcher.tell(answer(TASKS["age"], number, dict(asked[-1]), state))
    assert len({json.dumps(params) for params in asked}) == 12


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_tpe_follows_the_direction(task: Task) -> None:
    searcher = open_searcher("optuna", "tpe", task)
    depths = []
    for number in range(60):
        ask = searcher.ask(number)
        depths.append(ask.params["depth"])
        searcher.tell(answer(task, number, dict(ask.params)))
    late, random = depths[-20:], 2 / 4 * 20
    assert sum(depth <= 3 for depth in late) > random + 4, "shallow is better for both tasks, in their direction"


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match="keras_tuner or optuna"):
        load_runner("hyperopt")
    with pytest.raises(UserError, match="cnn"):
        load_space("vit")
