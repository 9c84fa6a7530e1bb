"""The training recipe: its parameters, what of it has an effect, and that every pair of its options learns."""

from __future__ import annotations

import math
from dataclasses import asdict, fields
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_model import batches, small_model, trained

from search_spaces._fit import FitRecipe, fit_params, sample_fit
from search_spaces._hyperparameters import Choice, Domain, Fixed, Real, Scalar, recorded
from xrays.tasks import TASKS, Task

AGE, GENDER = TASKS["age"], TASKS["gender"]
DOMAINS = recorded(sample_fit)


def values(domain: Domain) -> st.SearchStrategy[Any]:
    match domain:
        case Real(low, high):
            return st.floats(low, high)
        case Choice(options):
            return st.sampled_from(options)
    raise AssertionError(f"no strategy for {domain}")


any_params = st.fixed_dictionaries({name: values(domain) for name, domain in DOMAINS.items()})


@given(any_params)
def test_parameters_and_recipes_are_inverse(params: dict[str, Scalar]) -> None:
    recipe = sample_fit(Fixed(params))
    assert asdict(recipe) == params, "every parameter arrives in the field of its name"
    assert fit_params(recipe) == params
    assert sample_fit(Fixed(fit_params(recipe))) == recipe


def test_every_field_is_asked_for_and_the_default_is_in_the_domain() -> None:
    assert list(DOMAINS) == [field.name for field in fields(FitRecipe)]
    assert sample_fit(Fixed(fit_params(FitRecipe()))) == FitRecipe()


@given(any_params, any_params, st.sampled_from(list(DOMAINS)), st.sampled_from([AGE, GENDER]))
def test_what_is_active_tells_two_recipes_apart(
    params: dict[str, Scalar], others: dict[str, Scalar], name: str, task: Task
) -> None:
    one, two = (sample_fit(Fixed({**params, name: value[name]})) for value in (params, others))
    differ = one != two and name in one.active(task)
    assert (one.active(task) != two.active(task)) == differ


def test_what_has_no_effect_is_not_active() -> None:
    everything = {field.name for field in fields(FitRecipe)}
    for kind in ("adam", "adamw", "sgd"):
        for task, without in ((AGE, "smoothing"), (GENDER, "loss")):
            missing = everything - set(FitRecipe(optimizer=kind).active(task))
            assert missing == {without} | ({"weight_decay"} if kind == "adam" else set())


# Optimizer, schedule, loss, average, clip: every pair of their options is in some row.
COVERING = [
    ("adam", "cosine", "l1", False, 0.0),
    ("adam", "one_cycle", "huber", False, 1.0),
    ("adam", "constant", "mse", True, 0.0),
    ("adamw", "cosine", "huber", True, 0.0),
    ("adamw", "one_cycle", "mse", False, 0.0),
    ("adamw", "constant", "l1", False, 1.0),
    ("sgd", "cosine", "mse", False, 1.0),
    ("sgd", "one_cycle", "l1", True, 1.0),
    ("sgd", "constant", "huber", False, 0.0),
]
COVERED = ("optimizer", "schedule", "loss", "ema", "clip")


def test_every_pair_of_options_is_trained_with() -> None:
    for a, b in combinations(range(len(COVERED)), 2):
        options = product(*(DOMAINS[COVERED[column]].options for column in (a, b)))  # type: ignore[union-attr]
        assert {(row[a], row[b]) for row in COVERING} == set(options), (COVERED[a], COVERED[b])


@pytest.mark.slow
@pytest.mark.parametrize("row", COVERING, ids=lambda row: "-".join(map(str, row)))
def test_every_recipe_learns(row: tuple[Any, ...]) -> None:
    from runners._training.optimizers import keep_average, make_loss

    fit = FitRecipe(learning_rate=5e-2, **dict(zip(COVERED, row, strict=True)))
    steps = 120
    model = small_model(fit, steps)
    x, years = next(batches(1))

    def loss() -> float:
        return float(np.mean(make_loss(fit, AGE)(years, np.asarray(model(x, training=False)))))

    before = loss()
    trained(model, steps)
    keep_average(model)
    assert math.isfinite(loss()) and loss() < 0.4 * before
