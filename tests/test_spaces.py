"""Contract of every space there is: flat, replayable, buildable, trainable."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from search_spaces import load_space, space_names
from search_spaces._augment import AugmentRecipe, augment_params
from search_spaces._fit import FitRecipe, fit_params
from search_spaces._space import Choice, Fixed, Integer, Real, Scalar, Space, canonical, domains

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
        again = space.sample(Fixed(json.loads(json.dumps(params))))
        assert again == recipe
        assert json.loads(json.dumps(canonical(recipe))) == canonical(again)


@every_space
def test_the_first_configuration_is_in_the_space(space: Space) -> None:
    assert set(space.first) == set(domains(space))
    space.sample(Fixed(space.first))


@every_space
def test_the_strength_of_what_is_off_identifies_nothing(space: Space) -> None:
    weak = {**space.first, "augment_rotation": False, "augment_rotation_strength": 0.2}
    strong = {**weak, "augment_rotation_strength": 0.9}
    assert canonical(space.sample(Fixed(weak))) == canonical(space.sample(Fixed(strong)))
    on = {"augment_rotation": True}
    assert canonical(space.sample(Fixed({**weak, **on}))) != canonical(space.sample(Fixed({**strong, **on})))


def test_values_outside_of_a_domain_are_refused() -> None:
    for wrong in ({"depth": 9}, {"filters": 17}, {"dropout": 0.99}):
        with pytest.raises(ValueError, match=next(iter(wrong))):
            SPACES[0].sample(Fixed({**SPACES[0].first, **wrong}))


def test_recipes_and_parameters_are_inverse() -> None:
    assert set(augment_params(AugmentRecipe())) <= set(domains(SPACES[0]))
    assert set(fit_params(FitRecipe())) <= set(domains(SPACES[0]))
