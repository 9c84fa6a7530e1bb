"""The grid: which values, in which order, what is skipped, where it goes on, what is too much."""

from __future__ import annotations

import itertools
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from drawing import new_store, searched
from fake_workers import experiment
from hypothesis import given
from hypothesis import strategies as st
from run_folders import asked, trial

from runners import grid
from runners._search.budget import Budget
from runners._search.proposals import REPEATS
from runners._searcher import Ask, Done
from search_spaces import load_space, space_names
from search_spaces._domains import highest
from search_spaces._hyperparameters import Choice, Domain, Integer, Real
from search_spaces._narrow import narrow, narrowing
from search_spaces._portfolio import without_portfolio
from search_spaces._space import Space, domains
from trials.records import Enqueued
from xrays.errors import UserError
from xrays.tasks import TASKS, Task

AGE, GENDER = TASKS["age"], TASKS["gender"]
WHOLE = without_portfolio(load_space("cnn"))


def left(**narrower: str) -> Space:
    """The space with these domains, and one value of everything else."""
    fixes = [f"{name}={WHOLE.first[name]}" for name in domains(WHOLE) if name not in narrower]
    return narrow(WHOLE, [f"{name}={text}" for name, text in narrower.items() if text], fixes)


def open_searcher(space: Space, points: int = 3, task: Task = AGE) -> grid.GridSearcher:
    narrowed = narrowing(WHOLE, space) if space.name == "cnn" else ()
    return grid.open_searcher(
        space, task, experiment(runner="grid", sampler="grid", grid_points=points, narrowing=narrowed)
    )


def walked(searcher: grid.GridSearcher) -> tuple[list[Ask], Done]:
    """All that it proposes, and its last word."""
    asks: list[Ask] = []
    while isinstance(ask := searcher.ask(len(asks)), Ask):
        asks.append(ask)
    return asks, ask


# --- values


@pytest.mark.parametrize(
    ("domain", "count", "expected"),
    [
        (Real(0.0, 0.6), 3, (0.0, 0.3, 0.6)),
        (Real(0.0, 0.6), 2, (0.0, 0.6)),
        (Real(0.0, 0.6), 1, (0.3,)),
        (Real(1e-6, 1e-2, log=True), 3, (1e-6, 1e-4, 1e-2)),
        (Real(1e-4, 1e-2, log=True), 1, (1e-3,)),
        (Real(0.3, 0.3), 3, (0.3,)),
        (Integer(2, 5), 3, (2, 4, 5)),
        (Integer(2, 5), 9, (2, 3, 4, 5)),
        (Integer(16, 70, step=16), 3, (16, 48, 64)),
        (Integer(16, 70, step=16), 1, (48,)),
        (Integer(8, 128, log=True), 3, (8, 32, 128)),
        (Integer(7, 7), 5, (7,)),
        (Choice(("b", "a")), 1, ("b", "a")),
        (Choice((False, True)), 3, (False, True)),
    ],
)
def test_the_values_of_a_parameter(domain: Domain, count: int, expected: tuple[Any, ...]) -> None:
    found = grid.values(domain, count)
    assert found == expected
    assert [type(value) for value in found] == [type(value) for value in expected]


_LOW, _WIDTH = st.floats(1e-9, 1e6), st.floats(0, 1e6)
_FROM, _OVER, _STEP = st.integers(-999, 999), st.integers(0, 99), st.integers(1, 9)
_DOMAINS = st.one_of(
    st.builds(lambda low, width, log: Real(low, low + width, log), _LOW, _WIDTH, st.booleans()),
    st.builds(lambda low, width, step: Integer(low, low + width, step), _FROM, _OVER, _STEP),
    st.builds(lambda low, width: Integer(low, low + width, log=True), st.integers(1, 99), st.integers(0, 999)),
)


@given(_DOMAINS, st.integers(2, 40))
def test_values_are_within_and_rise_from_one_end_to_the_other(domain: Real | Integer, count: int) -> None:
    found = grid.values(domain, count)
    top = domain.high if isinstance(domain, Real) else highest(domain)
    assert (found[0], found[-1]) == (domain.low, top)
    assert list(found) == sorted(set(found)) and len(found) <= count
    if isinstance(domain, Integer):
        assert all((value - domain.low) % domain.step == 0 for value in found)  # type: ignore[operator]


# --- order


def test_the_last_parameter_varies_fastest() -> None:
    asks, done = walked(open_searcher(left(depth="2..3", head="average,max", batch_size="16,32")))
    found = [(ask.params["depth"], ask.params["head"], ask.params["batch_size"]) for ask in asks]
    assert found == list(itertools.product((2, 3), ("average", "max"), (16, 32)))
    assert [ask.attributes for ask in asks] == [{"point": place} for place in range(8)]
    assert done == Done("all 8 configurations of the grid have been tried")


def test_what_has_no_effect_is_not_tried_again() -> None:
    """Adam has no weight decay, and smoothing is for labels that are classes."""
    space = left(optimizer="adam,adamw", weight_decay="", smoothing="0,0.1")
    asks, done = walked(open_searcher(space))
    found = [(ask.params["optimizer"], ask.params["weight_decay"], ask.params["smoothing"]) for ask in asks]
    assert found == [("adam", 1e-6, 0.0), ("adamw", 1e-6, 0.0), ("adamw", 1e-4, 0.0), ("adamw", 1e-2, 0.0)]
    assert done.reason == (
        "all 4 configurations of the grid have been tried; 8 more would have been the same as one of them"
    )
    assert len(walked(open_searcher(space, task=GENDER))[0]) == 8


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_every_configuration_comes_once(task: Task) -> None:
    space = left(
        augment_mode="", augment_flip="", augment_noise="", augment_noise_strength="0.1..1", optimizer="adam,sgd",
        weight_decay="", loss="l1,mse",
    )  # fmt: skip
    values = {name: grid.values(domain, 2) for name, domain in domains(space).items()}
    every = [dict(zip(values, point, strict=True)) for point in itertools.product(*values.values())]
    found = [ask.params for ask in walked(open_searcher(space, 2, task))[0]]
    recipes = [json.dumps(space.recipe(params).active(task)) for params in found]
    assert len(set(recipes)) == len(recipes) < len(every)
    assert set(recipes) == {json.dumps(space.recipe(params).active(task)) for params in every}
    assert found == [params for params in every if params in found], "in order"


# --- where it goes on


def test_it_goes_on_behind_the_last_point_that_was_asked_for() -> None:
    space = left(depth="", optimizer="adam,adamw", weight_decay="")
    asks, done = walked(open_searcher(space))
    for count in range(len(asks) + 1):
        searcher = open_searcher(space)
        searcher.replay(trial(0, [9.0], params=space.first))  # not one of its own
        kept = [
            asked(number, ask.params, attributes=json.loads(json.dumps(ask.attributes)))
            for number, ask in enumerate(asks[:count], 1)
        ]
        for one in sorted(kept, key=lambda one: one.number % 3):
            searcher.replay(one)
        assert walked(searcher) == (asks[count:], done)


def test_what_was_tried_before_is_not_tried_again(tmp_path: Path) -> None:
    """Given by the user, more of them than end a search as repetitions; in a search that is interrupted, too."""
    space = left(dropout="", learning_rate="")
    points = [ask.params for ask in walked(open_searcher(space, 6))[0]]
    store = new_store(tmp_path / "run", experiment(runner="grid", sampler="grid", grid_points=6))
    store.enqueue([Enqueued(params, f"mine.json {n}") for n, params in enumerate(points[: REPEATS + 2])])
    for trials in (24, 99):
        outcome, _, _ = searched(store, open_searcher(space, 6), Budget(trials))
    assert outcome.reason == "all 36 configurations of the grid have been tried"
    assert [result.state for result in store.trials()] == ["complete"] * 37
    first = next(result for result in store.trials() if result.origin == "first")
    assert [result.params for result in store.trials() if result is not first] == points


def test_what_another_search_has_tried_is_tried_here() -> None:
    space = left(depth="2..3")
    asks, _ = walked(open_searcher(space))
    recipe = space.recipe(asks[0].params).active(AGE)
    for number, expected in ((-1, asks), (0, asks[1:])):
        searcher = open_searcher(space)
        searcher.replay(replace(trial(number, [9.0], params=asks[0].params), recipe=recipe))
        assert walked(searcher)[0] == expected


# --- what is too much


@pytest.mark.parametrize("name", space_names())
@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
def test_a_grid_that_is_too_large_is_refused_with_what_to_type(name: str, task: Task) -> None:
    space = load_space(name)
    with pytest.raises(UserError) as caught:
        open_searcher(space, task=task)
    assert re.fullmatch(r"a grid of [\d,]{10,} points \(\w+ \d, .*, …\)", caught.value.given)
    assert caught.value.accepted == "at most 10,000 points"
    fixes = re.findall(r"--fix (\S+)", caught.value.remedy)
    assert caught.value.remedy == "the same command with " + " ".join(f"--fix {fix}" for fix in fixes)
    smaller = narrow(space, [], fixes)
    searcher = open_searcher(smaller, task=task)
    assert isinstance(searcher.ask(0), Ask)
    with pytest.raises(UserError):
        open_searcher(narrow(space, [], fixes[:-1]), task=task)


def test_the_parameters_with_the_most_points_are_named() -> None:
    """5 of filters, then 4 each of head and dense."""
    with pytest.raises(UserError, match=r"points \(filters 5, head 4, dense 4, stem 3,"):
        open_searcher(WHOLE)
    with pytest.raises(UserError, match=r"points \(dropout 30, learning_rate 30, weight_decay 30\)"):
        open_searcher(left(dropout="", learning_rate="", weight_decay=""), 30)


def test_what_the_user_has_chosen_is_the_last_to_be_fixed() -> None:
    mine = ["depth=2..4", "loss=l1,mse", "augment_flip=false"]
    with pytest.raises(UserError) as caught:
        open_searcher(narrow(WHOLE, mine, []))
    fixes = re.findall(r"--fix (\w+)=", caught.value.remedy)
    assert not {"depth", "loss", "augment_flip"} & set(fixes) and "instead" not in caught.value.remedy
    open_searcher(narrow(WHOLE, mine, re.findall(r"--fix (\S+)", caught.value.remedy)))
    with pytest.raises(UserError) as caught:
        open_searcher(left(dropout="0..0.5", learning_rate="1e-3..5e-3", weight_decay="1e-6..1e-3"), 30)
    assert (
        caught.value.remedy
        == "the same command with --fix weight_decay=0.0001 instead of what it says on weight_decay"
    )


def test_what_has_no_effect_is_the_first_to_be_fixed() -> None:
    """Strengths, as long as nothing is augmented."""
    strengths = {name: "" for name in domains(WHOLE) if name.endswith("_strength")}
    with pytest.raises(UserError) as caught:
        open_searcher(left(depth="", filters="", head="", **strengths))
    fixes = re.findall(r"--fix (\w+)=", caught.value.remedy)
    assert len(fixes) == 4 and set(fixes) < strengths.keys()


def test_ten_thousand_points_are_not_too_many() -> None:
    names = ("dropout", "learning_rate", "weight_decay", "augment_noise_strength")
    assert isinstance(open_searcher(left(**dict.fromkeys(names, "")), 10).ask(0), Ask)
    with pytest.raises(UserError, match="20,000 points"):
        open_searcher(left(**dict.fromkeys(names, ""), ema=""), 10)
