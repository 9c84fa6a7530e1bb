"""How `benchmarks/portfolio.py` chooses: regret, a greedy portfolio, what is left out, weights from searches."""

from __future__ import annotations

import random
from dataclasses import replace

import numpy as np
import pytest
from run_folders import trial

from benchmarks._portfolio import MOST, best_of, greedy, left_out, plain, prior_of, regrets, starter
from search_spaces import load_space
from search_spaces._cost import draw
from search_spaces._hyperparameters import Scalar
from search_spaces._portfolio import without_portfolio
from search_spaces._prior import Parts
from search_spaces._space import domains
from trials.records import TrialResult
from xrays.tasks import TASKS

SPACE, AGE = without_portfolio(load_space("cnn")), TASKS["age"]
LOSSES = {
    "young": {"seed": 12.0, "deep": 10.0, "wide": 11.0, "all": 10.5, "bad": 30.0},
    "old": {"seed": 0.30, "deep": 0.30, "wide": 0.20, "all": 0.25, "bad": 0.9},
}
REGRET = regrets(LOSSES, {"young": 20.0, "old": 0.5})


def test_the_regret_of_the_best_is_0_and_of_a_constant_1() -> None:
    assert REGRET["young"] == pytest.approx({"seed": 0.2, "deep": 0.0, "wide": 0.1, "all": 0.05, "bad": 1.0})
    assert REGRET["old"]["wide"] == 0 and REGRET["old"]["seed"] == pytest.approx(1 / 3), "whatever the unit"


def test_those_that_complement_each_other_are_chosen_and_no_more() -> None:
    allowed = ["bad", "deep", "wide", "all"]
    assert greedy(REGRET, allowed, ["seed"], 8) == ["wide", "deep"], "and `all`, good everywhere, adds nothing"
    assert greedy(REGRET, allowed, ["seed"], 1) == ["wide"]
    assert greedy(REGRET, ["bad"], ["seed"], 8) == []


def test_a_first_answer_soon_is_the_cheapest_good_enough_one_if_it_saves_half() -> None:
    seconds = {"bad": 1.0, "all": 4.0, "wide": 10.0, "deep": 12.0}
    assert starter(REGRET, seconds, ["wide", "deep"]) == "all", "`bad` is cheaper, and next to a constant"
    assert starter(REGRET, seconds | {"all": 6.0}, ["wide", "deep"]) is None
    assert starter(REGRET, seconds, ["all"]) is None, "there is one"


def test_the_greedy_one_is_near_the_best_of_all_choices() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        table = {f"c{n}": {f"x{m}": float(rng.random()) for m in range(7)} for n in range(6)}
        names = list(table["c0"])

        def mean(chosen: list[str], table: dict[str, dict[str, float]] = table) -> float:
            return float(np.mean([best_of(lost, chosen) for lost in table.values()]))

        found = mean(greedy(table, names, [], 2))
        best = min(mean([one, other]) for one in names for other in names)
        assert 1 - found >= (1 - 1 / np.e) * (1 - best)


def test_what_was_found_in_a_context_is_not_judged_there() -> None:
    table = {
        "a": {"seed": 0.5, "from a": 0.0, "from b": 0.4, "drawn": 0.45},
        "b": {"seed": 0.5, "from a": 0.3, "from b": 0.0, "drawn": 0.45},
    }
    rows = left_out(table, {"from a": "a", "from b": "b"}, "seed", ["drawn"], 8, {"a": "a", "b": "b"})
    assert [(row.context, row.seed, row.drawn, row.portfolio, row.entries) for row in rows] == [
        ("a", 0.5, 0.45, 0.4, 1),
        ("b", 0.5, 0.45, 0.3, 1),
    ]
    assert left_out(table, {"from a": "a", "from b": "b"}, "seed", ["drawn"], 8, {"a": "x", "b": "x"}) == []


def test_a_configuration_is_written_down_without_what_has_no_effect() -> None:
    params = {
        **SPACE.first,
        "learning_rate": 0.0031415926,
        "dropout": 0.45678,
        "smoothing": 0.1,
        "augment_mode": "combined",
        "augment_rotation": True,
        "augment_rotation_strength": 0.98765,
        "augment_zoom_strength": 0.9,
        "loss": "mse",
    }
    shown = plain(SPACE, AGE, params)
    changed = {name: value for name, value in shown.items() if value != SPACE.first[name]}
    assert changed == {
        "learning_rate": 0.0031,
        "dropout": 0.46,
        "augment_mode": "combined",
        "augment_rotation": True,
        "augment_rotation_strength": 0.99,
        "loss": "mse",
    }
    assert list(shown) == list(domains(SPACE))


def scored(count: int, right: bool, seed: int = 0) -> list[tuple[float, TrialResult]]:
    """Random trials; of right ones 24 filters and a low rate make good ones."""
    rng, found = random.Random(seed), []
    for number in range(count):
        params: dict[str, Scalar] = {name: draw(domain, rng) for name, domain in domains(SPACE).items()}
        loss = 10 + rng.random() - right * ((params["filters"] == 24) + (float(params["learning_rate"]) < 7e-4))
        recipe = SPACE.recipe(params).active(AGE)
        found.append((loss, replace(trial(number, [loss] * 3, params=params), recipe=recipe)))
    return found


def test_values_of_good_trials_weigh_more() -> None:
    prior = prior_of(SPACE, [(AGE, scored(100, True)), (AGE, scored(100, True, seed=1))])
    filters, rates = prior["filters"], prior["learning_rate"]
    assert isinstance(filters, dict) and isinstance(rates, Parts)
    assert max(filters, key=lambda value: filters[value]) == 24 and list(filters) == [8, 16, 24, 32, 48]
    assert rates.weights[0] == max(rates.weights) and (rates.low, rates.high) == (2e-4, 1e-2)
    for weights in (filters.values(), rates.weights):
        assert all(1 / MOST - 0.05 <= weight <= MOST for weight in weights)


def test_luck_says_next_to_nothing() -> None:
    found = prior_of(SPACE, [(AGE, scored(100, False, seed)) for seed in (2, 3)])
    assert len(found) <= 2, found


def test_a_parameter_counts_where_it_has_an_effect() -> None:
    """Strengths of operations that are off, however often they were drawn high."""
    pairs = []
    for number in range(60):
        params = {**SPACE.first, "augment_rotation_strength": 0.2 if number % 3 else 0.9, "augment_mode": "none"}
        recipe = SPACE.recipe(params).active(AGE)
        pairs.append((float(number % 3), replace(trial(number, [9.0] * 3, params=params), recipe=recipe)))
    assert "augment_rotation_strength" not in prior_of(SPACE, [(AGE, pairs)])
