"""What films draw for an operation hangs on its name and the seed, and on no other operation."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from augmented import changed, films, layer
from numpy.typing import NDArray

from search_spaces._augment import AugmentRecipe, recipe_of
from search_spaces._augment_layers import _Stream
from search_spaces._operations import OPERATIONS

FILMS = 500
every_operation = pytest.mark.parametrize("operation", OPERATIONS)


def amounts(recipe: AugmentRecipe, calls: int = 1) -> dict[tuple[str, str], NDArray[np.float32]]:
    """(FILMS,) each, by operation and name, with the further numbers that its films draw, in the last of so many
    calls."""
    change = layer(recipe)
    for _ in range(calls):
        drawn = change.drawn(FILMS)
    return {
        (row.name, name): np.asarray(numbers)
        for row, own in drawn
        for name, numbers in [
            *own.amounts.items(),
            *((f"{name}, further", own.numbers[name]) for name in own.numbers),
        ]
    }


def pixels(recipe: AugmentRecipe, operation: str) -> NDArray[np.float32]:
    """What the operation alone makes of films beside all that the recipe has."""
    change = layer(recipe)
    row, drawn = next(each for each in change.drawn(32) if each[0].name == operation)
    acts = row.changed or row.added
    return np.asarray(acts(films(), drawn)) if acts else np.zeros(0, np.float32)


@every_operation
def test_all_others_beside_it_change_nothing_of_what_it_draws(operation: str) -> None:
    alone, beside = recipe_of("combined", [operation], 0.7), recipe_of("combined", OPERATIONS, 0.7)
    for calls in (1, 3):
        own, all_of_them = amounts(alone, calls), amounts(beside, calls)
        assert own and all(all_of_them[name].tobytes() == numbers.tobytes() for name, numbers in own.items())
    assert pixels(alone, operation).tobytes() == pixels(beside, operation).tobytes()


@every_operation
def test_another_one_takes_its_share_of_films_and_leaves_the_others_as_they_are(operation: str) -> None:
    others = [name for name in OPERATIONS if name != operation]
    without, beside = amounts(recipe_of("one", others, 1.0)), amounts(recipe_of("one", OPERATIONS, 1.0))
    taken = beside[operation, OPERATIONS[operation].amounts[0]] != 0
    assert 0.5 < taken.sum() * (len(OPERATIONS) + 1) / FILMS < 1.6
    for name, numbers in without.items():
        further = name[1].endswith("further")
        assert np.where(taken & (not further), 0, numbers).tobytes() == beside[name].tobytes(), name


def test_another_row_of_the_table_changes_no_film(monkeypatch: pytest.MonkeyPatch) -> None:
    recipes = [recipe_of(mode, list(OPERATIONS), 0.6) for mode in ("combined", "one")]
    before = [changed(films(), recipe) for recipe in recipes]
    rows = dict(OPERATIONS)
    monkeypatch.setitem(OPERATIONS, "other", replace(rows["contrast"], name="other"))  # type: ignore[arg-type]
    assert [changed(films(), recipe).tobytes() for recipe in recipes] == [got.tobytes() for got in before]
    assert not np.array_equal(changed(films(), recipe_of("combined", OPERATIONS, 0.6)), before[0])


def test_no_two_streams_are_one() -> None:
    """Nor do two numbers that films draw have anything to do with each other."""
    names = ["as it is", *OPERATIONS, *(f"{name}, pixels" for name in OPERATIONS)]
    state = np.array([7, 0])
    assert len({int(np.asarray(_Stream(state, name).next())[0]) for name in names}) == len(names)
    drawn = list(amounts(recipe_of("combined", OPERATIONS, 1.0)).values())
    between = np.corrcoef(drawn) - np.eye(len(drawn))
    assert np.abs(between).max() < 4.5 / np.sqrt(FILMS)
    once, twice, thrice = (amounts(recipe_of("combined", OPERATIONS, 1.0), calls) for calls in (1, 2, 3))
    for one, other in pairwise((once, twice, thrice)):
        assert all(abs(np.corrcoef(one[name], other[name])[0, 1]) < 4.5 / np.sqrt(FILMS) for name in one)
