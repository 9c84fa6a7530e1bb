"""What a space costs: its ends, its table of parameters, and what may not be trained."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, replace

import pytest
from fake_space import fake_space
from shapes import shape_for

from search_spaces import load_space, space_names
from search_spaces._cost import extremes, table, within
from search_spaces._fit import FitRecipe
from search_spaces._hyperparameters import Hyperparameters
from search_spaces._narrow import narrow
from search_spaces._space import Footprint, Shape

SHAPE = (32, 32, 1)


@dataclass(frozen=True)
class FakeRecipe:
    depth: int
    width: int
    squeeze: float
    head: str
    spare: bool
    fit: FitRecipe


def sample(hp: Hyperparameters) -> FakeRecipe:
    return FakeRecipe(
        depth=hp.integer("depth", 1, 9),
        width=hp.choice("width", (32, 8, 64, 16)),
        squeeze=hp.real("squeeze", 0.25, 4.0, log=True),
        head=hp.choice("head", ("flatten", "average")),
        spare=hp.flag("spare"),
        fit=FitRecipe(
            learning_rate=hp.real("learning_rate", 1e-4, 1e-2, log=True),
            batch_size=hp.choice("batch_size", (32, 16, 64)),
        ),
    )


def footprint(recipe: FakeRecipe, shape: Shape) -> Footprint:
    """Memory falls with depth where parameters rise."""
    parameters = 100 * recipe.depth * recipe.width + (1000 if recipe.head == "flatten" else 0)
    return Footprint(parameters, 0, int(shape[0] * 1000 * recipe.squeeze / recipe.depth))


SPACE = fake_space(
    sample,
    first={
        "depth": 4,
        "width": 16,
        "squeeze": 1.0,
        "head": "average",
        "spare": False,
        "learning_rate": 1e-3,
        "batch_size": 32,
    },
    footprint=footprint,
)


@pytest.mark.parametrize("draws", [0, 3, 200])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_ends_of_a_space_whose_ends_are_known(draws: int, seed: int) -> None:
    smallest, largest = extremes(SPACE, SHAPE, draws, seed)
    same = {"spare": False, "learning_rate": 1e-3}
    assert smallest.parameters == 100 * 1 * 8
    assert largest.parameters == 100 * 9 * 64 + 1000
    assert largest.training_bytes == 4 * (100 * 64 + 1000 + 2 * 64 * 32 * 1000 * 4)
    assert largest.training_bytes_at == same | {
        "depth": 1,
        "width": 64,
        "squeeze": 4.0,
        "head": "flatten",
        "batch_size": 64,
    }
    assert smallest.training_bytes == 4 * (100 * 9 * 8 + 2 * 16 * int(32 * 1000 * 0.25 / 9))


def test_what_counts_only_after_a_later_parameter_has_changed() -> None:
    def late(recipe: FakeRecipe, shape: Shape) -> Footprint:
        return Footprint(1 + (recipe.depth if recipe.spare else 0), 0, 0)

    space = replace(SPACE, footprint=late)
    assert extremes(space, SHAPE, draws=0)[1].parameters == 1 + 9


def test_lesser_peaks_do_not_hold_the_climb() -> None:
    """Where cost follows no rule, the draws find what no climb would."""

    def cost(recipe: FakeRecipe) -> int:
        return zlib.crc32(f"{recipe.depth} {recipe.width} {recipe.head} {recipe.spare}".encode())

    space = replace(SPACE, footprint=lambda recipe, shape: Footprint(cost(recipe), 0, 0))
    known = [
        cost(space.recipe({**SPACE.first, "depth": depth, "width": width, "head": head, "spare": spare}))
        for depth in range(1, 10)
        for width in (8, 16, 32, 64)
        for head in ("flatten", "average")
        for spare in (False, True)
    ]
    smallest, largest = extremes(space, SHAPE)
    assert (smallest.parameters, largest.parameters) == (min(known), max(known))


def test_the_ends_of_a_narrowed_space() -> None:
    smallest, largest = extremes(narrow(SPACE, ["depth=2..3", "width=16,32"], ["head=flatten"]), SHAPE, draws=50)
    assert (smallest.parameters, largest.parameters) == (100 * 2 * 16 + 1000, 100 * 3 * 32 + 1000)


@pytest.mark.parametrize("name", space_names())
def test_every_space_is_priced(name: str) -> None:
    space = load_space(name)
    shape = shape_for(space, 64)
    smallest, largest = extremes(space, shape, draws=100)
    recipe = space.recipe(space.first)
    first = space.footprint(recipe, shape)
    assert smallest.parameters <= first.parameters <= largest.parameters
    assert smallest.training_bytes <= first.training_bytes(recipe.fit.batch_size) <= largest.training_bytes
    at = space.recipe(largest.training_bytes_at)
    assert space.footprint(at, shape).training_bytes(at.fit.batch_size) == largest.training_bytes


def test_a_table_of_the_parameters() -> None:
    assert table(narrow(SPACE, [], ["batch_size=64"])) == [
        ("depth", "1..9", "4"),
        ("width", "32, 8, 64, 16", "16"),
        ("squeeze", "0.25..4 (log)", "1"),
        ("head", "flatten, average", "average"),
        ("spare", "false, true", "false"),
        ("learning_rate", "0.0001..0.01 (log)", "0.001"),
        ("batch_size", "64", "64"),
    ]


COST = Footprint(parameters=12_345_678, trained=12_345_678, activations=10_000_000)
NEED = COST.training_bytes(32)


@pytest.mark.parametrize(
    ("max_parameters", "memory", "reason"),
    [
        (None, None, None),
        (12_345_678, NEED, None),
        (10_000_000, NEED, "12,345,678 parameters; at most 10,000,000 (--max-params)"),
        (10_000_000, 1, "12,345,678 parameters; at most 10,000,000 (--max-params)"),
        (None, 1_990_000_000, "needs about 3.0 GB to train with batches of 32; training may take 1.9 GB here"),
        (None, NEED - 1, "needs about 3.0 GB to train with batches of 32; training may take 2.9 GB here"),
    ],
)
def test_what_may_not_be_trained(max_parameters: int | None, memory: int | None, reason: str | None) -> None:
    assert within(COST, 32, max_parameters, memory) == reason
