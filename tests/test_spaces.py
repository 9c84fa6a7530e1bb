"""Contract of every space there is: flat, replayable, buildable, trainable."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from run_folders import asked
from shapes import shape_for

from search_spaces import load_space, space_names
from search_spaces._augment import AugmentRecipe, augment_params
from search_spaces._fit import FitRecipe, fit_params
from search_spaces._hyperparameters import Choice, Fixed, Integer, Real, Scalar
from search_spaces._space import Space, domains, shared_out
from xrays.tasks import TASKS, Task

SPACES = [load_space(name) for name in space_names()]
every_space = pytest.mark.parametrize("space", SPACES, ids=[space.name for space in SPACES])


def draw(space: Space, rng: np.random.Generator) -> dict[str, Scalar]:
    values: dict[str, Scalar] = {}
    for name, domain in domains(space).items():
        match domain:
            case Integer(low, high, step):
                values[name] = int(rng.choice(np.arange(low, high + 1, step)))
            case Real(low, high, log):
                values[name] = float(
                    np.exp(rng.uniform(np.log(low), np.log(high))) if log else rng.uniform(low, high)
                )
            case Choice(options):
                values[name] = options[rng.integers(len(options))]
    return values


@every_space
@pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))
def test_parameters_without_effect_are_known_by_the_recipe(space: Space, task: Task) -> None:
    """A reader sees those that have one: all others, flags that are off aside, may be anything, and the configuration
    stays the same."""
    rng = np.random.default_rng(0)
    for _ in range(30):
        params, other = draw(space, rng), draw(space, rng)
        trial = asked(0, params, recipe=space.recipe(params).active(task))
        assert 8 < len(trial.effective) < len(params)
        off = {name: value for name, value in params.items() if value is False}
        mixed = {**other, **off, **trial.effective}
        assert space.recipe(mixed).active(task) == trial.recipe


class _Spy(Fixed):
    """Writes down in which order it is asked."""

    def __init__(self, params: dict[str, Scalar]) -> None:
        super().__init__(params)
        self.asked: list[str] = []

    def integer(self, name: str, *args: Any, **kwargs: Any) -> int:
        self.asked.append(name)
        return super().integer(name, *args, **kwargs)

    def real(self, name: str, *args: Any, **kwargs: Any) -> float:
        self.asked.append(name)
        return super().real(name, *args, **kwargs)

    def choice(self, name: str, options: Any) -> Any:
        self.asked.append(name)
        return super().choice(name, options)

    def flag(self, name: str) -> bool:
        self.asked.append(name)
        return super().flag(name)


@every_space
def test_flat_and_a_recipe_survives_json(space: Space) -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        params = draw(space, rng)
        spy = _Spy(params)
        recipe = space.sample(spy)
        assert spy.asked == list(domains(space)), "the same names in the same order on every draw"
        again = space.recipe(json.loads(json.dumps(params)))
        assert again == recipe
        for task in TASKS.values():
            assert json.loads(json.dumps(recipe.active(task))) == again.active(task)


@every_space
def test_the_first_configuration_is_in_the_space(space: Space) -> None:
    assert set(space.first) == set(domains(space))
    space.recipe(space.first)


@every_space
def test_what_has_no_effect_identifies_nothing(space: Space) -> None:
    """A recipe that is built, and differs only in what has no effect, is the same configuration."""
    idle = {"augment_mode": "none"}
    weak = {**space.first, **idle, "augment_rotation": True, "augment_rotation_strength": 0.2}
    strong = {**weak, "augment_rotation_strength": 0.9}
    assert same(space, weak, strong, "age") and same(space, weak, strong, "gender")
    assert same(space, {**space.first, "smoothing": 0.1}, {**space.first, "smoothing": 0.0}, "age")
    assert not same(space, {**space.first, "smoothing": 0.1}, {**space.first, "smoothing": 0.0}, "gender")
    assert same(space, {**space.first, "loss": "l1"}, {**space.first, "loss": "mse"}, "gender")
    assert not same(space, {**space.first, "loss": "l1"}, {**space.first, "loss": "mse"}, "age")


def same(space: Space, a: dict[str, Scalar], b: dict[str, Scalar], task: str) -> bool:
    found = [space.recipe(params).active(TASKS[task]) for params in (a, b)]
    return bool(found[0] == found[1])


@every_space
def test_stages_share_out_all_epochs(space: Space) -> None:
    rng = np.random.default_rng(1)
    for epochs in (1, 2, 3, 30):
        for _ in range(20):
            recipe = space.recipe(draw(space, rng))
            parts = shared_out(space.stages(recipe), epochs)
            assert sum(part.epochs for part in parts) == epochs and all(part.epochs > 0 for part in parts)
            assert parts[-1].stage == space.stages(recipe)[-1], "the last stage is never left out"
            whole = shape_for(space, 64)
            assert parts[-1].shape(whole) == whole, "what is scored in the end takes films as they are"
            assert all(part.stage.on == space.takes or space.build_head for part in parts)


@every_space
def test_a_larger_film_costs_no_less(space: Space) -> None:
    rng = np.random.default_rng(2)
    for _ in range(50):
        recipe = space.recipe(draw(space, rng))
        small, large = (space.footprint(recipe, shape_for(space, side)) for side in (64, 128))
        assert 0 < small.trained <= small.parameters <= large.parameters
        assert 0 < small.activations <= large.activations
        assert 0 < small.training_bytes(16) <= large.training_bytes(32)


def test_values_outside_of_a_domain_are_refused() -> None:
    cnn = load_space("cnn")
    for wrong in ({"depth": 9}, {"filters": 17}, {"dropout": 0.99}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            cnn.recipe({**cnn.first, **wrong})


@every_space
def test_training_is_part_of_every_space_and_augmentation_of_those_on_films(space: Space) -> None:
    augmented = set(augment_params(AugmentRecipe())) & set(domains(space))
    assert augmented == (set(augment_params(AugmentRecipe())) if space.takes == "films" else set())
    assert set(fit_params(FitRecipe())) <= set(domains(space))
