"""A portfolio: what of it a search tries, when, and that it is part of what the search is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from drawing import SPACE, Script, at, listed, new_store, searched
from fake_workers import FakeWorkers, experiment
from test_search_calls import Calls

from runners._search.budget import Budget
from runners._search.proposals import PORTFOLIO, WINNER
from search_spaces import load_space, space_names
from search_spaces._domains import values
from search_spaces._hyperparameters import Real, Scalar
from search_spaces._narrow import narrow
from search_spaces._portfolio import LARGEST, tried_early
from search_spaces._prior import Parts
from search_spaces._space import Entry, Space, domains, fingerprint
from trials.records import Enqueued
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.tasks import TASKS

AGE = TASKS["age"]


def known(*changes: dict[str, Scalar], space: Space = SPACE, **prior: Any) -> Space:
    """The space with a portfolio of its first configuration changed so."""
    entries = tuple(Entry({**space.first, **changed}, "300 films of 64 px") for changed in changes)
    return replace(space, portfolio=entries, prior=prior)


def rate(space: Space) -> Any:
    return lambda recipe: recipe.fit.learning_rate


# --- the contract of a space's portfolio and prior


def faults(space: Space) -> list[str]:
    found, whole = [], domains(space)
    if len(space.portfolio) > LARGEST:
        found.append("too many")
    for entry in space.portfolio:
        try:
            space.recipe(entry.params)
            found += ["not all parameters"] * (list(space.completed(entry.params)) != list(entry.params))
        except (ValueError, KeyError) as error:
            found.append(str(error))
        found += ["no source"] * (not entry.source)
    for task in TASKS.values():
        if not found and len(tried_early(space, task, lambda recipe: 0.0)) <= len(space.portfolio):
            found.append(f"for {task.name} two are the same")
    for name, weights in space.prior.items():
        match weights, whole.get(name):
            case Parts(low, high, parts), Real() as domain:
                found += [f"{name} has another range"] * ((low, high) != (domain.low, domain.high))
            case dict(parts_of), domain if domain is not None and not isinstance(domain, Real):
                found += [f"{name} has other values"] * (list(parts_of) != list(values(domain)))
                parts = tuple(parts_of.values())
            case _:
                found.append(f"{name} is weighted in the wrong way")
                parts = ()
        found += [f"{name} excludes a value"] * any(part <= 0 for part in parts)
    return found


@pytest.mark.parametrize("name", space_names())
def test_every_portfolio_and_prior_keeps_the_contract(name: str) -> None:
    assert faults(load_space(name)) == []


@pytest.mark.parametrize(
    ("space", "fault"),
    [
        (known(*({"learning_rate": 1e-3 + n / 1e4} for n in range(LARGEST + 1))), "too many"),
        (known({"depth": 9}), "depth=9"),
        (known({"dense": 128, "extra": 3}), "not all"),
        (known({"smoothing": 0.1}), "for age two are the same"),
        (known(depth={2: 1, 3: 1, 4: 1}), "other values"),
        (known(depth={2: 1, 3: 1, 4: 1, 5: 0}), "excludes"),
        (known(learning_rate=Parts(1e-4, 1e-2, (1, 2))), "another range"),
        (known(learning_rate=Parts(2e-4, 1e-2, (1, 0))), "excludes"),
        (known(learning_rate={1e-3: 1}), "wrong way"),
        (known(deep={2: 1}), "wrong way"),
    ],
)
def test_the_contract_can_be_broken(space: Space, fault: str) -> None:
    assert any(fault in found for found in faults(space)), faults(space)


# --- which of its entries are tried


def rates_of(params: Sequence[dict[str, Scalar]]) -> list[Scalar]:
    return [one["learning_rate"] for one in params]


def test_the_cheapest_comes_first() -> None:
    space = known(*({"learning_rate": value} for value in (3e-3, 1e-3, 2.5e-3)))
    assert rates_of(tried_early(space, AGE, lambda recipe: recipe.fit.learning_rate)) == [1e-3, 2e-3, 2.5e-3, 3e-3]
    assert rates_of(tried_early(space, AGE, lambda recipe: 1.0)) == [2e-3, 3e-3, 1e-3, 2.5e-3], "else in their order"


def test_what_a_narrowed_space_does_not_allow_moves_and_is_tried_once() -> None:
    space = known({"learning_rate": 9e-3, "depth": 5}, {"learning_rate": 8e-3}, {"filters": 48}, {"filters": 32})
    smaller = narrow(space, ["learning_rate=1e-3..4e-3", "filters=8,16"], ["depth=3"])
    early = tried_early(smaller, AGE, lambda recipe: 1.0)
    assert [(one["learning_rate"], one["depth"], one["filters"]) for one in early] == [(2e-3, 3, 16), (4e-3, 3, 16)]
    for params in early:
        smaller.recipe(params)
        assert list(params) == list(domains(smaller))
    assert len(tried_early(space, AGE, lambda recipe: 1.0)) == 5


def test_what_has_no_effect_for_the_task_makes_no_other_entry() -> None:
    space = known({"smoothing": 0.1}, {"loss": "mse"})
    assert [one["loss"] for one in tried_early(space, AGE, lambda recipe: 1.0)] == ["l1", "mse"]
    assert [one["smoothing"] for one in tried_early(space, TASKS["gender"], lambda recipe: 1.0)] == [0.0, 0.1]


# --- in a search

EARLY = known({"learning_rate": 3e-3}, {"learning_rate": 1e-3}, {"learning_rate": 4e-3})


def origins(store: RunStore) -> list[str]:
    return [result.origin for result in store.trials()]


def test_what_the_user_gave_then_the_first_then_the_portfolio_then_the_searcher(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    store.enqueue([Enqueued(at(5e-3).params, "mine.json 1")])
    script = Script()
    searched(store, script, Budget(6), space=EARLY)
    assert origins(store) == ["mine.json 1", "first", *[PORTFOLIO] * 3, ""]
    results = store.trials()
    assert [result.params["learning_rate"] for result in results[2:5]] == [3e-3, 1e-3, 4e-3], "of one cost"
    assert [result.label for result in results] == ["", "seed", *[PORTFOLIO] * 3, ""]
    assert [result.number for result in script.told] == list(range(6)), "told like any other"


def test_a_resumed_search_goes_on_in_the_portfolio_and_what_was_given_since_comes_before(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    searched(store, Script(), Budget(2), space=EARLY)
    store.enqueue([Enqueued(at(5e-3).params, "mine.json 1")])
    script = Script()
    searched(store, script, Budget(6), space=EARLY)
    assert origins(store) == ["first", PORTFOLIO, "mine.json 1", PORTFOLIO, PORTFOLIO, ""]
    assert len({result.identity for result in store.trials()}) == 6
    assert [trial.origin for trial in script.replayed] == ["first", PORTFOLIO]


def test_an_entry_that_was_given_too_is_trained_once_and_answered_by_nothing(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    store.enqueue([Enqueued(EARLY.portfolio[0].params, "mine.json 1")])
    searched(store, Script(), Budget(5), space=EARLY)
    assert origins(store) == ["mine.json 1", "first", PORTFOLIO, PORTFOLIO, PORTFOLIO, ""]
    assert [result.state for result in store.trials()].count("duplicate") == 1


def test_an_entry_that_costs_less_than_the_first_comes_before_it(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    searched(store, Script(), Budget(3), space=known({"filters": 48}, {"filters": 8}))
    assert [(result.origin, result.label, result.params["filters"]) for result in store.trials()] == [
        (PORTFOLIO, PORTFOLIO, 8), ("first", "seed", 16), (PORTFOLIO, PORTFOLIO, 48)
    ]  # fmt: skip


def test_entries_are_raced(tmp_path: Path) -> None:
    def behind(params: Any, fold: int, epoch: int) -> float:
        return 6.0 if params["learning_rate"] == SPACE.first["learning_rate"] else 20.0

    store = new_store(tmp_path / "run", experiment(pruner="race"))
    searched(store, Script(), Budget(4), FakeWorkers(store.experiment, behind), space=EARLY)
    assert [result.state for result in store.trials()] == ["complete", *["pruned"] * 3]


def test_on_smaller_budgets_entries_get_the_whole_one_and_are_no_winners(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    searched(store, listed([at(2e-3)] * 3 + [at(9e-3, 2), at(2.1e-3, 2)]), Budget(7), space=EARLY)
    results = store.trials()
    assert [result.max_epochs for result in results] == [8, 8, 8, 8, 2, 2, 8]
    assert results[-1].origin == WINNER and results[-1].params["learning_rate"] == 2.1e-3


# --- as part of what a search is


def test_portfolio_and_prior_are_of_the_identity() -> None:
    assert len({fingerprint(space) for space in (SPACE, EARLY, known(depth={2: 1, 3: 1, 4: 2, 5: 1}))}) == 3
    other = known({"learning_rate": 3e-3}, {"learning_rate": 1e-3}, {"learning_rate": 4.1e-3})
    assert fingerprint(other) != fingerprint(EARLY)
    moved = [replace(entry, source="elsewhere") for entry in EARLY.portfolio]
    assert fingerprint(replace(EARLY, portfolio=tuple(moved))) == fingerprint(EARLY), "where it was found is not"


@pytest.fixture
def calls(prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    monkeypatch.setattr("search_spaces.cnn.SPACE", replace(EARLY, prior={"depth": {2: 1, 3: 1, 4: 1, 5: 1e6}}))
    return Calls(prepared, tmp_path, monkeypatch)


def test_without_portfolio_is_another_search(calls: Calls, tmp_path: Path) -> None:
    store, _ = calls(6)
    assert origins(store) == ["first", *[PORTFOLIO] * 3, "", ""]
    assert {result.params["depth"] for result in store.trials()[4:]} == {5}
    assert any(line.startswith("early    3 configurations") for line in calls.said)
    with pytest.raises(UserError, match="--no-portfolio"):
        calls(6, portfolio=False)
    store, _ = calls(6, portfolio=False, runs=tmp_path / "without")
    assert origins(store) == ["first", *[""] * 5] and {result.params["depth"] for result in store.trials()} != {4, 5}
    assert not any(line.startswith("early") for line in calls.said)


def test_a_grid_tries_its_points_alone(calls: Calls) -> None:
    left = [name for name in domains(EARLY) if name != "learning_rate"]
    fixes = tuple(f"{name}={EARLY.first[name]}" for name in left)
    store, outcome = calls(50, fixes=fixes, sampler="grid", grid_points=3)
    assert origins(store) == ["first", *[""] * 3] and "all 3 configurations" in outcome.reason


def test_a_fork_tries_it_anew(calls: Calls) -> None:
    calls(3)
    store, _ = calls(3, epochs=5, fork=True)
    assert origins(store) == ["first", PORTFOLIO, PORTFOLIO] and store.known()
