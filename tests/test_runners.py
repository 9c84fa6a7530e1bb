"""Contract of every runner and sampler there is."""

from __future__ import annotations

import itertools

import pytest
from fake_workers import experiment

from runners import load_runner, runner_names
from runners._searcher import Searcher
from search_spaces import load_space
from search_spaces._space import Choice, Fixed, Integer, Real, canonical, domains
from trials.records import FoldScore, State, TrialResult
from xrays.errors import UserError
from xrays.tasks import TASKS, Task

PAIRS = [(name, sampler) for name in runner_names() for sampler in load_runner(name).SAMPLERS]
SPACE = load_space("cnn")


def open_searcher(runner: str, sampler: str, task: Task, seed: int = 3) -> Searcher:
    identity = experiment(runner=runner, sampler=sampler, task=task.name, seed=seed)
    return load_runner(runner).open_searcher(SPACE, task, identity)


def answer(task: Task, number: int, params: dict, state: State = "complete", label: str = "") -> TrialResult:
    """Good at shallow networks: `depth` decides."""
    value = 8.0 + params["depth"] if task.direction == "min" else 1 - params["depth"] / 10
    done = 3 if state == "complete" else 1
    folds = tuple(FoldScore(n, {task.objective: value}, 8, 0.0, (value,) * 8, (1.0,) * 8) for n in range(done))
    return TrialResult(number, state, params, {}, () if state == "failed" else folds, number, 0.0, "", "", label)


@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_values_are_in_range_and_all_are_asked_for(runner: str, sampler: str) -> None:
    searcher, wanted = open_searcher(runner, sampler, TASKS["age"]), domains(SPACE)
    for number in range(15):
        ask = searcher.ask(number)
        assert list(ask.params) == list(wanted)
        for name, domain in wanted.items():
            value = ask.params[name]
            match domain:
                case Integer(low, high, step):
                    assert low <= value <= high and (value - low) % step == 0  # type: ignore[operator]
                case Real(low, high):
                    assert low <= value <= high  # type: ignore[operator]
                case Choice(options):
                    assert value in options
        searcher.tell(answer(TASKS["age"], number, dict(ask.params)))


@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_the_first_configuration_is_the_space_s_own(runner: str, sampler: str) -> None:
    ask = open_searcher(runner, sampler, TASKS["gender"]).ask(0)
    assert dict(ask.params) == dict(SPACE.first) and ask.label
    assert canonical(SPACE.sample(Fixed(ask.params)))


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_a_replayed_searcher_asks_what_the_unbroken_one_asks(runner: str, sampler: str, task: Task) -> None:
    unbroken = open_searcher(runner, sampler, task)
    states: list[State] = ["complete", "complete", "pruned", "complete", "failed"]
    told = []
    for number, state in zip(range(30), itertools.cycle(states)):
        ask = unbroken.ask(number)
        told.append(answer(task, number, dict(ask.params), state, ask.label))
        unbroken.tell(told[-1])
    replayed = open_searcher(runner, sampler, task)
    for result in told:
        replayed.replay(result)
    assert replayed.ask(30) == unbroken.ask(30)


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
    with pytest.raises(UserError, match="optuna"):
        load_runner("hyperopt")
    with pytest.raises(UserError, match="cnn"):
        load_space("vit")
