"""A space with few configurations is tried whole, whatever its searcher repeats, in the same order after a stop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from drawing import new_store, searched
from fake_workers import FakeWorkers, experiment
from hypothesis import given, settings
from hypothesis import strategies as st

from runners import load_runner, runner_names
from runners._outcome import Outcome
from runners._search.budget import Budget
from runners._search.untried import Untried
from search_spaces import load_space, space_names
from search_spaces._hyperparameters import Scalar
from search_spaces._narrow import narrow
from search_spaces._portfolio import without_portfolio
from search_spaces._space import Space, domains
from trials.records import TrialResult, identity_of
from trials.store import RunStore
from xrays.tasks import TASKS

AGE, WHOLE = TASKS["age"], without_portfolio(load_space("cnn"))
# A grid says itself when it is over, and Hyperband trains a configuration again for longer.
OTHERWISE = {"grid", "hyperband"}
SAMPLERS = [
    pytest.param(name, sampler, marks=pytest.mark.long if sampler in ("bayesian", "gp") else pytest.mark.slow)
    for name in runner_names()
    for sampler in load_runner(name).SAMPLERS
    if sampler not in OTHERWISE
]


def left(*sets: str, idle: bool = False) -> Space:
    """The space with these parameters, all others as they are first; idle: strengths of operations are left, which
    have no effect where there is no augmentation."""
    names = {text.partition("=")[0] for text in sets}
    fixes = [
        f"{name}={WHOLE.first[name]}"
        for name in domains(WHOLE)
        if name not in {*names, "augment_mode"} and not (idle and name.startswith("augment_"))
    ]
    return narrow(WHOLE, [*(text for text in sets if "=" in text), "augment_mode=none"], fixes)


THIRTY = left("depth=4..5", "filters", "growth")


def distance(params: Mapping[str, Scalar], fold: int, epoch: int) -> float:
    """Best with the narrowest of the deepest networks: at an edge, where models of the score like to stay."""
    far = abs(float(params["depth"]) - 5) + 0.02 * float(params["filters"]) + float(params["growth"])
    return 5 + far + 0.05 * fold


def tried(path: Path, runner: str, sampler: str, space: Space, *budgets: int) -> tuple[Outcome, RunStore]:
    """A search that was stopped and gone on with at these numbers of trials."""
    own = experiment(runner=runner, sampler=sampler, seed=3, pruner="none")
    store = new_store(path, own)
    for trials in budgets:
        searcher = load_runner(runner).open_searcher(space, AGE, own)
        outcome, _, _ = searched(store, searcher, Budget(trials), FakeWorkers(own, distance), space=space)
    return outcome, store


def params_of(results: list[TrialResult]) -> list[tuple[str, Mapping[str, Scalar]]]:
    return [(result.state, result.params) for result in results]


@pytest.mark.parametrize(("runner", "sampler"), SAMPLERS)
def test_every_sampler_tries_a_small_space_whole(tmp_path: Path, runner: str, sampler: str) -> None:
    for library in getattr(load_runner(runner).SAMPLERS[sampler], "needs", ()):
        pytest.importorskip(library)
    outcome, store = tried(tmp_path / "unbroken", runner, sampler, THIRTY, 99)
    results = store.trials()
    assert outcome.reason == "all configurations have been tried: nothing new is left"
    assert sum(result.state == "complete" for result in results) == 30
    assert len({result.identity for result in results}) == 30
    # What is repeated costs nothing, and is answered each time: there are no more repeats than configurations.
    assert sum(result.state == "duplicate" for result in results) <= 30
    _, again = tried(tmp_path / "stopped", runner, sampler, THIRTY, 7, 16, 27, 99)
    assert params_of(again.trials()) == params_of(results)


def test_parameters_without_effect_make_no_difference(tmp_path: Path) -> None:
    """Of six configurations each has a thousand strengths of everything that is off."""
    space = left("depth=3..5", "kernel", idle=True)
    outcome, store = tried(tmp_path / "run", "optuna", "tpe", space, 99)
    assert "nothing new is left" in outcome.reason
    assert sum(result.state == "complete" for result in store.trials()) == 6


def test_a_single_configuration_is_tried_once(tmp_path: Path) -> None:
    outcome, store = tried(tmp_path / "run", "optuna", "random", left(), 99)
    assert "nothing new is left" in outcome.reason
    assert [result.state for result in store.trials()] == ["complete", "duplicate"]


class TestUntried:
    @given(seed=st.integers(1, 2**31 - 1))
    @settings(max_examples=20, deadline=None)
    def test_each_configuration_once(self, seed: int) -> None:
        space, known = left("depth=3..4", "filters", "kernel"), set[str]()
        untried = Untried(space, AGE, seed)
        while point := untried.next(lambda recipe: identity_of(recipe, 1) in known):
            params, recipe = point
            assert recipe == space.recipe(params)
            name = identity_of(recipe.active(AGE), 1)
            assert name not in known
            known.add(name)
        assert len(known) == 20

    @pytest.mark.parametrize("name", space_names())
    def test_in_a_whole_space_there_always_is_one(self, name: str) -> None:
        """Of which no list of points could be made."""
        space, known = load_space(name), set[str]()
        for _ in range(20):
            point = Untried(space, AGE, 3).next(lambda recipe: identity_of(recipe, 1) in known)
            assert point is not None
            known.add(identity_of(point[1].active(AGE), 1))
        assert len(known) == 20
