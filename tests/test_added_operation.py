"""An operation that is added to the table changes nothing that is there: runs, identities, kept features."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from house import ROOT, project_files
from run_folders import trial
from test_search_calls import Calls

from runners import load_runner, runner_names
from runners._ablation.arms import all_arms
from runners._search.known import known_trials
from runners._training.feature_cache import FeatureKey
from search_spaces import load_space, space_names
from search_spaces._augment import VIEWS
from search_spaces._older import older_spaces, parameters_of
from search_spaces._operations import OPERATIONS
from search_spaces._space import Space, domains, fingerprint
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.tasks import TASKS

OTHER = replace(OPERATIONS["contrast"], name="other")
# A grid over all parameters is too large; an extra of ours may not be installed.
SAMPLERS = {
    sampler
    for runner in runner_names()
    for sampler, row in load_runner(runner).SAMPLERS.items()
    if runner != "grid" and not getattr(row, "needs", ())
}
# Loaded before anything is added: a space makes its first configuration when it is loaded.
every_space = pytest.mark.parametrize("name", [name for name in space_names() if load_space(name).takes == "films"])


@pytest.fixture
def add(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Puts the row into the table, with what has been made of the table when a space was loaded."""

    def added() -> None:
        monkeypatch.setitem(OPERATIONS, "other", OTHER)  # type: ignore[arg-type]
        for name in space_names():
            space = load_space(name)
            first = space.completed(space.first)
            monkeypatch.setattr(f"search_spaces.{name}.SPACE", replace(space, first=first))

    return added


def facts(space: Space) -> Any:
    """The recipes of some configurations as they identify trials, and what their networks cost."""
    rotated = {"augment_mode": "combined", "augment_rotation": True, "augment_flip": True}
    recipes = [space.recipe({**first, **changes}) for first in [dict(space.first)] for changes in ({}, rotated)]
    costs = [space.footprint(recipe, (64, 64, 1)) for recipe in recipes]
    return costs, [recipe.active(task) for recipe in recipes for task in TASKS.values()]


@every_space
def test_configurations_are_what_they_were(name: str, add: Callable[[], None]) -> None:
    space = load_space(name)
    old, asked, found = dict(space.first), list(domains(space)), facts(space)
    add()
    assert facts(replace(space, first=old)) == found
    assert [each for each in domains(space) if each not in parameters_of(OTHER)] == asked
    with pytest.raises(KeyError):
        space.recipe({each: value for each, value in old.items() if each != "batch_size"})


def test_kept_features_are_found_by_the_same_key(add: Callable[[], None]) -> None:
    def keys() -> list[Any]:
        views = {view: (policy.augmented, policy.augment.active()) for view, policy in VIEWS.items()}
        return [views, *(FeatureKey("densenet121", "w", "p", view, "float32", "tensorflow").name for view in VIEWS)]

    before = keys()
    add()
    assert keys() == before


@every_space
def test_a_space_is_known_as_it_was(name: str, add: Callable[[], None]) -> None:
    before = load_space(name)
    was, first = fingerprint(before), dict(before.first)
    add()
    now = load_space(name)
    assert fingerprint(now) != was
    older = list(older_spaces(now))
    assert fingerprint(older[0]) == was and older[0].first == first and len(older) == len(OPERATIONS)
    assert not [each for each in domains(older[-1]) if each not in ("augment_mode",) and each.startswith("augment_")]
    assert older[0].recipe(first) == now.recipe(first)


@every_space
def test_an_ablation_of_an_old_run_has_the_arms_that_it_had(name: str, add: Callable[[], None]) -> None:
    space = load_space(name)
    winner = trial(3, [9.0] * 3, params={**space.first, "augment_mode": "combined", "augment_rotation": True})
    before = {arm.configuration for arm, _ in all_arms(space, TASKS["age"], winner)}
    add()
    after = {arm.configuration: arm for arm, _ in all_arms(load_space(name), TASKS["age"], winner)}
    assert before <= after.keys()
    assert {arm.operation for configuration, arm in after.items() if configuration not in before} <= {"other"}


def test_a_fork_learns_from_old_trials(add: Callable[[], None]) -> None:
    space = load_space("cnn")
    old = [trial(0, [9.0] * 3, params=dict(space.first)), trial(1, [9.0] * 3, params={"depth": 3})]
    add()
    known = known_trials(old, load_space("cnn"), "fork of old")
    assert [list(result.params) for result in known] == [list(domains(load_space("cnn")))]
    assert known[0].params["augment_other"] is False and known[0].identity == old[0].identity


@pytest.fixture
def calls(prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(prepared, tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("sampler", "name"),
    [("random", None), *(pytest.param(sampler, "mine", marks=pytest.mark.slow) for sampler in sorted(SAMPLERS))],
)
def test_the_same_command_goes_on_with_an_old_run(
    sampler: str, name: str | None, calls: Calls, add: Callable[[], None], tmp_path: Path
) -> None:
    for runs in (tmp_path / "same table", tmp_path):
        calls(5, sampler=sampler, name=name, runs=runs)
    same, _ = calls(8, sampler=sampler, name=name, runs=tmp_path / "same table")
    add()
    store, _ = calls(8, sampler=sampler, name=name, runs=tmp_path)
    assert store.path.name == same.path.name
    assert [result.params for result in store.trials()] == [result.params for result in same.trials()]


def test_a_new_search_has_the_operation_and_so_has_one_that_names_it(
    calls: Calls, add: Callable[[], None], tmp_path: Path
) -> None:
    calls(3)
    add()
    store, _ = calls(3, runs=tmp_path / "new")
    assert "augment_other" in store.provenance.domains and "augment_other_strength" in store.trials()[1].params
    with pytest.raises(UserError, match="another search"):
        calls(3, sets=("augment_other=false",))
    fork, _ = calls(3, fork=True)
    assert "augment_other" in fork.provenance.domains and len(fork.known()) == 3


def test_recorded_parameters_become_recipes_in_one_way() -> None:
    """By `Space.recipe`, which knows what is missing in old ones: rerun, ablate, explain and export among them."""
    users = [str(path.relative_to(ROOT)) for path in project_files() if re.search(r"\bFixed\(", path.read_text())]
    # KerasTuner has a parameter of that name.
    assert users == ["search_spaces/_space.py", "runners/_samplers/keras_tuner_space.py"]
