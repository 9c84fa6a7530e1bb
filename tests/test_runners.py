"""Contract of every runner and sampler there is."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from statistics import fmean
from typing import Any

import pytest
from fake_workers import experiment
from playing import STATES, Play, replay, shallow

from runners import load_runner, runner_names
from runners._search.known import known_trials
from runners._searcher import Ask, Pick, Searcher
from search_spaces import load_space, space_names
from search_spaces._hyperparameters import Choice, Fixed, Hyperparameters, Integer, Real, Scalar
from search_spaces._narrow import narrow
from search_spaces._portfolio import without_portfolio
from search_spaces._space import Space, domains
from trials.records import State
from xrays.errors import UserError
from xrays.tasks import TASKS, Task

PAIRS = [(name, sampler) for name in runner_names() for sampler in load_runner(name).SAMPLERS]
# A proposal of a Gaussian process takes a tenth of a second or two, and many are asked for.
MANY = [pytest.param(*pair, marks=pytest.mark.long if pair[1] in ("bayesian", "gp") else ()) for pair in PAIRS]
SEEDLESS = {"grid"}
AGE = TASKS["age"]
SPACES = [load_space(name) for name in space_names()]
WHOLE = without_portfolio(load_space("cnn"))


def learns(runner: str, sampler: str) -> bool:
    found = load_runner(runner).SAMPLERS[sampler].learns
    assert isinstance(found, bool)
    return found


def left(*names: str) -> Space:
    """A space in which these parameters alone have more than one value."""
    return narrow(WHOLE, [], [f"{name}={WHOLE.first[name]}" for name in domains(WHOLE) if name not in names])


SMALL = left(
    "depth", "filters", "dropout", "augment_mode", "augment_flip", "learning_rate", "optimizer", "weight_decay"
)


def open_searcher(runner: str, sampler: str, task: Task = AGE, seed: int = 3, space: Space = SMALL) -> Searcher:
    for library in getattr(load_runner(runner).SAMPLERS[sampler], "needs", ()):
        pytest.importorskip(library, reason=f"--sampler {sampler} takes an extra of ours")
    points = {"grid_points": 3} if sampler == "grid" else {}
    identity = experiment(runner=runner, sampler=sampler, task=task.name, seed=seed, **points)
    return load_runner(runner).open_searcher(space, task, identity)


def taken(runner: str, sampler: str, space: Space) -> Space:
    """The space, or what a runner makes of it that refuses it as too large: the fixes that it says to type."""
    try:
        open_searcher(runner, sampler, space=space)
    except UserError as refused:
        return narrow(space, [], re.findall(r"--fix (\S+)", refused.remedy))
    return space


def assert_within(params: Mapping[str, Any], space: Space) -> None:
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


@pytest.mark.parametrize("space", SPACES, ids=space_names())
@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_values_are_in_range_and_all_are_asked_for(runner: str, sampler: str, space: Space) -> None:
    space = taken(runner, sampler, space)
    play = Play(open_searcher(runner, sampler, space=space), AGE, space, loss=lambda params: params["dropout"])
    play.until(9)
    for trial in play.told:
        assert_within(trial.params, space)
        assert json.loads(json.dumps(trial.params)) == trial.params
        assert json.loads(json.dumps(trial.attributes)) == trial.attributes


@pytest.mark.parametrize("space", SPACES, ids=space_names())
@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_values_are_in_what_a_space_was_narrowed_to(runner: str, sampler: str, space: Space) -> None:
    sets = ["learning_rate=1e-3..2e-3", "batch_size=16,32", "ema=yes", "clip=1"]
    sets += ["augment_flip=no"] if space.takes == "films" else []
    smaller = taken(runner, sampler, narrow(space, sets, fixes=["optimizer=sgd", "dropout=0.25"]))
    play = Play(open_searcher(runner, sampler, space=smaller), AGE, smaller, loss=lambda params: params["batch_size"])
    play.until(8)
    for trial in play.told:
        assert_within(trial.params, smaller)
        assert trial.params["ema"] is True and trial.params["dropout"] == 0.25
        assert smaller.recipe(trial.params) == space.recipe(trial.params)


def frozen_answerers(params: dict[str, Any]) -> list[Hyperparameters]:
    """These values given by each library's own means."""
    from keras_tuner import HyperParameters
    from optuna.trial import FixedTrial

    from runners._samplers import keras_tuner_space, optuna_space

    known = HyperParameters()
    known.values = dict(params)
    return [optuna_space.Handle(FixedTrial(params)), keras_tuner_space.Handle(known), Fixed(params)]  # type: ignore[arg-type]


@pytest.mark.parametrize("space", SPACES, ids=space_names())
@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_the_same_recipe_from_every_handle(runner: str, sampler: str, space: Space) -> None:
    """What the live handle led to, the record leads to: after JSON, and through every library."""
    recipes: list[Any] = []
    space = taken(runner, sampler, space)

    def sample(hp: Hyperparameters) -> Any:
        recipes.append(space.sample(hp))
        return recipes[-1]

    searcher = open_searcher(runner, sampler, space=replace(space, sample=sample))
    different: dict[str, set[str]] = {name: set() for name in TASKS}
    for number in range(30):
        ask = searcher.ask(number)
        assert isinstance(ask, Ask)
        live, params = recipes[-1], json.loads(json.dumps(ask.params))
        assert [space.sample(handle) for handle in frozen_answerers(params)] == [live] * 3
        for name, task in TASKS.items():
            assert space.recipe(params).active(task) == live.active(task)
            different[name].add(json.dumps(live.active(task)))
    assert min(map(len, different.values())) > 20, "draws that differ"


@pytest.mark.parametrize(("task", "slots"), list(zip(TASKS.values(), itertools.cycle([1, 4]))), ids=TASKS)
@pytest.mark.parametrize(("runner", "sampler"), MANY)
def test_a_replayed_searcher_asks_what_the_unbroken_one_asks(
    runner: str, sampler: str, task: Task, slots: int
) -> None:
    """Also with open trials, whose results come later, and with a first one that takes long; and of several proposals
    nothing stays but the one that was taken."""
    pick = Pick(3, lambda offers: len(offers) - 1)
    play = Play(open_searcher(runner, sampler, task), task, SMALL, slots=slots, states=STATES, pick=pick)
    play.until(30)
    replayed = open_searcher(runner, sampler, task)
    replay(play, replayed)
    asks = []
    for _ in range(4):
        asks.append(play.searcher.ask(play.number, pick))
        assert replayed.ask(play.number, pick) == asks[-1]
        trial = play.add(asks[-1])
        replayed.tell(play.finish(min(play.open, key=lambda trial: trial.number)))
        assert trial.params not in [told.params for told in play.told if told is not trial]


@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_a_searcher_makes_several_proposals(runner: str, sampler: str) -> None:
    """The first of them is what it proposes where one is wanted, and they differ."""
    made: list[list[str]] = []

    def noting(offers: Sequence[Mapping[str, Scalar]]) -> int:
        made.append([json.dumps(offer) for offer in offers])
        return 0

    several, alone = open_searcher(runner, sampler), open_searcher(runner, sampler)
    for number in range(1, 4):
        ask = several.ask(number, Pick(4, noting))
        assert isinstance(ask, Ask) and ask == alone.ask(number)
        count = 1 if getattr(load_runner(runner).SAMPLERS[sampler], "one", False) else 4
        assert len(made[-1]) == len(set(made[-1])) == count and json.dumps(ask.params) == made[-1][0]


@pytest.mark.parametrize(("runner", "sampler"), [pair for pair in PAIRS if pair[1] not in SEEDLESS])
def test_the_seed_decides(runner: str, sampler: str) -> None:
    one, same, other = ([open_searcher(runner, sampler, seed=seed).ask(n) for n in (1, 2)] for seed in (3, 3, 4))
    assert one == same
    assert one[0] != other[0] and one[1] != other[1]


@pytest.mark.parametrize("state", ["failed", "infeasible"])
@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_misfortunes_in_a_row_end_no_search(runner: str, sampler: str, state: State) -> None:
    play = Play(open_searcher(runner, sampler), AGE, SMALL, states=[state])
    play.until(24)
    assert len(play.told) == 24 and play.done is None
    assert len({json.dumps(trial.params) for trial in play.told}) > 16, "promotions apart"


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
@pytest.mark.parametrize(("runner", "sampler"), [pair for pair in MANY if learns(*pair.values)])
def test_a_sampler_that_learns_follows_the_direction(runner: str, sampler: str, task: Task) -> None:
    play, blind = (
        Play(open_searcher(*names, task), task, SMALL) for names in ((runner, sampler), ("optuna", "random"))
    )
    for one in (play, blind):
        one.until(45)
    late, random = (fmean(shallow(trial.params) for trial in one.told[-15:]) for one in (play, blind))
    assert late < random - 0.5, "shallow is better for both tasks, in their direction"


@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_trials_of_an_older_search_change_what_a_sampler_proposes_that_learns(runner: str, sampler: str) -> None:
    """And of no other one."""
    old = Play(open_searcher("optuna", "random"), AGE, SMALL)
    old.until(20)
    known = known_trials(old.told, SMALL, "fork of old")
    asks = []
    for trials in ((), known):
        searcher = open_searcher(runner, sampler)
        for trial in trials:
            searcher.replay(trial)
        play = Play(searcher, AGE, SMALL)
        play.until(3)
        asks.append([trial.params for trial in play.told[1:]])
    assert (asks[0] != asks[1]) == learns(runner, sampler)
    numbers = [[params["dropout"] for params in one] for one in asks]
    assert (numbers[0] != numbers[1]) == learns(runner, sampler), "not the choices alone"


@pytest.mark.parametrize(("runner", "sampler"), MANY)
def test_what_runs_at_the_same_time_differs(runner: str, sampler: str) -> None:
    """Several workers would train one configuration. Numbers alone, so that no two need be the same."""
    names = ("dropout", "learning_rate", "weight_decay")
    space = left(*names)
    play = Play(open_searcher(runner, sampler, space=space), AGE, space, loss=lambda params: params["dropout"])
    play.until(20)
    rows = []
    for _ in range(4):
        ask = play.searcher.ask(play.number)
        assert isinstance(ask, Ask)
        play.add(ask)
        rows.append([float(ask.params[name]) for name in names])
    for one, other in itertools.combinations(rows, 2):
        assert one != pytest.approx(other, rel=1e-2)


@pytest.mark.parametrize(("names", "points"), [(("residual", "head"), 8), (("dropout",), 3)])
@pytest.mark.parametrize(("runner", "sampler"), MANY)
def test_where_little_is_left_a_searcher_goes_on_or_is_done_for_good(
    runner: str, sampler: str, names: Sequence[str], points: int
) -> None:
    space = left(*names)
    play = Play(open_searcher(runner, sampler, space=space), AGE, space)
    play.until(26)
    if play.done:
        assert len({tuple(trial.params[name] for name in names) for trial in play.told[1:]}) == points
        assert [play.searcher.ask(play.number + n) for n in range(3)] == [play.done] * 3
    else:
        assert len(play.told) == 26


@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_many_may_be_asked_for_before_any_is_told(runner: str, sampler: str) -> None:
    """Or the searcher waits, which only makes sense while something is running."""
    play = Play(open_searcher(runner, sampler), AGE, SMALL, slots=24)
    play.fill()
    assert play.done is None
    assert len({json.dumps(trial.params) for trial in play.open}) == len(play.open)


def test_unknown_names_are_refused_with_the_known_ones() -> None:
    with pytest.raises(UserError, match=" or ".join(runner_names())):
        load_runner("hyperopt")
    with pytest.raises(UserError, match=" or ".join(space_names())):
        load_space("vit")
