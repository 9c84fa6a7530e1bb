"""Every operation: what all of them promise, what each one's name says, and which of several a film goes through."""

from __future__ import annotations

import numpy as np
import pytest
from augmented import SIZE, changed, films, largest, layer
from numpy.typing import NDArray

from search_spaces._augment import recipe_of
from search_spaces._operations import OPERATIONS

every_operation = pytest.mark.parametrize("operation", OPERATIONS)


@every_operation
def test_an_operation_changes_training_only_and_differs_between_films_and_calls(operation: str) -> None:
    for mode in ("combined", "one"):
        change = layer(recipe_of(mode, (operation,), 1.0))
        given = films()
        assert np.array_equal(np.asarray(change(given)), given)
        assert np.array_equal(np.asarray(change(given, training=False)), given)
        first, second = (np.asarray(change(given, training=True)) for _ in range(2))
        for got in (first, second):
            assert got.shape == given.shape and got.dtype == given.dtype
            assert got.min() >= 0 and got.max() <= 1 and not np.allclose(got, given)
        assert not np.allclose(first, second)
        assert not np.allclose(first, first[:1]), "all films went through the same change"


@every_operation
def test_an_operation_stays_within_grey_values_on_the_darkest_and_brightest_films(operation: str) -> None:
    noise = np.random.default_rng(0).random((64, SIZE, SIZE, 1))
    extreme = np.where(noise < 0.1, noise, noise > 0.5).astype(np.float32)
    got = changed(extreme, recipe_of("combined", (operation,), 1.0))
    assert np.isfinite(got).all() and got.min() >= 0 and got.max() <= 1


@every_operation
def test_the_seed_alone_decides(operation: str) -> None:
    recipe = recipe_of("combined", (operation,), 0.7)
    sequences = []
    for seed in (3, 3, 4):
        change = layer(recipe, seed)
        sequences.append([np.asarray(change(films(), training=True)) for _ in range(3)])
    assert np.array_equal(sequences[0], sequences[1]) and not np.array_equal(sequences[0], sequences[2])


@pytest.mark.parametrize("operation", [name for name, row in OPERATIONS.items() if row.strength])
def test_a_greater_strength_changes_more(operation: str) -> None:
    weak, strong = (
        np.abs(changed(films(200), recipe_of("combined", (operation,), strength)) - films(200)).mean()
        for strength in (0.1, 1.0)
    )
    assert 0 < 3 * weak < strong


@every_operation
def test_an_operation_beside_others_does_more_than_these(operation: str) -> None:
    others = [name for name in OPERATIONS if name != operation][:2]
    without, beside = (recipe_of("combined", names, 0.6) for names in (others, [*others, operation]))
    assert not np.array_equal(changed(films(), without), changed(films(), beside))


def test_geometric_operations_do_what_their_names_say() -> None:
    given = np.zeros((200, 33, 33, 1), np.float32)
    given[:, 5, 10] = 1.0

    def spots(operations: str, strength: float) -> NDArray[np.int64]:
        """(film, 2) row and column of the brightest pixel, from the middle."""
        got = changed(given, recipe_of("combined", operations.split(), strength))
        return np.array([np.unravel_index(film.argmax(), film.shape[:2]) for film in got]) - 16

    assert {tuple(spot) for spot in spots("flip", 1.0).tolist()} == {(-11, -6), (-11, 6)}
    turned = spots("rotation", 1.0)
    assert np.allclose(np.hypot(*turned.T), np.hypot(11, 6), atol=1.2), "the distance to the middle stays"
    angles = np.degrees(np.arctan2(*turned.T) - np.arctan2(-11, -6))
    assert -24 < angles.min() < -14 and 14 < angles.max() < 24
    both = np.hypot(*spots("flip rotation", 1.0).T)
    assert np.allclose(both, np.hypot(11, 6), atol=1.2), "a mirrored film is turned, not sheared"
    moved = spots("shift", 0.6) - [-11, -6]
    assert np.abs(moved).max() == 3 and len({tuple(spot) for spot in moved.tolist()}) > 20
    zoomed = np.hypot(*spots("zoom", 1.0).T) / np.hypot(11, 6)
    assert 0.7 < zoomed.min() < 0.85 and 1.15 < zoomed.max() < 1.4


def test_tonal_operations_do_what_their_names_say() -> None:
    given = films(200)
    centred = given - given.mean((1, 2, 3), keepdims=True)

    got = changed(given, recipe_of("combined", ("contrast",), 1.0))
    gains = (got - got.mean((1, 2, 3), keepdims=True)).std((1, 2, 3)) / centred.std((1, 2, 3))
    assert np.allclose(got.mean((1, 2, 3)), given.mean((1, 2, 3)), atol=1e-5)
    assert 0.5 <= gains.min() < 0.55 and 1.45 < gains.max() <= 1.5

    by = changed(given, recipe_of("combined", ("brightness",), 0.5)) - given
    assert np.allclose(by, by[:, :1, :1], atol=1e-6)
    assert -0.1 <= by.min() < -0.09 and 0.09 < by.max() <= 0.1

    exponents = np.log(changed(given, recipe_of("combined", ("gamma",), 1.0))) / np.log(given)
    assert np.allclose(exponents, exponents[:, :1, :1], atol=1e-4)
    assert 0.5 <= exponents.min() < 0.55 and 1.8 < exponents.max() <= 2.001
    ends = np.zeros_like(given)
    ends[:, : SIZE // 2] = 1.0
    assert np.allclose(changed(ends, recipe_of("combined", ("gamma",), 1.0)), ends), "black and white stay"

    grain = changed(given, recipe_of("combined", ("noise",), 1.0)) - given
    deviations = grain.std((1, 2, 3))
    assert deviations.min() < 0.1 * largest("noise") and 0.9 < deviations.max() / largest("noise") < 1.1
    scaled = grain[deviations > 0.2 * largest("noise")]
    scaled = scaled / scaled.std((1, 2, 3), keepdims=True)
    assert abs(scaled.mean()) < 0.02 and abs((scaled**4).mean() - 3) < 0.1, "the tails are a Gaussian's"


def test_erasing_fills_one_rectangle_inside_the_film_with_its_mean() -> None:
    given = films(200, size=40)
    got = changed(given, recipe_of("combined", ("erasing",), 1.0))
    areas, places = [], []
    for before, after in zip(given[..., 0], got[..., 0], strict=True):
        rows, columns = np.nonzero(before != after)
        if len(rows):
            box = (slice(rows.min(), rows.max() + 1), slice(columns.min(), columns.max() + 1))
            assert np.allclose(after[box], before.mean(), atol=1e-6), "a full rectangle in the mean grey"
            height, width = after[box].shape
            assert 0.4 < height / width < 2.5 or height * width < 40
            areas.append(height * width / before.size)
            places.append((rows.mean(), columns.mean()))
    assert len(areas) > 190 and 0.9 < max(areas) / largest("erasing") < 1.1 and np.median(areas) > 0.1
    assert np.ptp(places, axis=0).min() > 25, "all over the film"


def test_one_operation_a_film_and_never_two() -> None:
    given = films(600)
    got = changed(given, recipe_of("one", ("flip", "brightness"), 1.0))
    by = (got - given)[:, :1, :1]
    same = (got == given).all((1, 2, 3))
    mirrored = (got == given[:, :, ::-1]).all((1, 2, 3))
    brightened = np.isclose(got - given, by, atol=1e-6).all((1, 2, 3)) & ~same
    assert (same ^ mirrored ^ brightened).all() and not (same & mirrored).any()
    for kind in (same, mirrored, brightened):
        assert 140 < kind.sum() < 260, "each of the operations and no operation in equal shares"
    assert np.ptp(by[brightened]) > 1.8 * largest("brightness")


def test_each_of_all_operations_has_an_equal_share() -> None:
    """Told by what each one does to a film of two greys that the others do not."""
    given = films(2000)
    got = changed(given, recipe_of("one", OPERATIONS, 1.0))
    share = 2000 / (len(OPERATIONS) + 1)
    untouched = (got == given).all((1, 2, 3))
    mirrored = (got == given[:, :, ::-1]).all((1, 2, 3))
    brightened = np.isclose(got - given, (got - given)[:, :1, :1], atol=1e-6).all((1, 2, 3)) & ~untouched
    # Pixels that are as they were beside others that are not: only an erased film has that in whole rows.
    erased = ((got == given).all((2, 3)).any(1)) & ~untouched
    for kind in (untouched, mirrored, brightened, erased):
        assert 0.75 * share < kind.sum() < 1.25 * share


def test_combined_every_operation_acts_on_every_film() -> None:
    names = [name for name in OPERATIONS if name != "flip"]
    for left_out in names:
        rest = [name for name in names if name != left_out]
        whole, part = (changed(films(16), recipe_of("combined", chosen, 0.5)) for chosen in (names, rest))
        assert (np.abs(whole - part).max((1, 2, 3)) > 1e-4).all()


def test_no_flip_without_its_flag_and_every_second_film_with_it() -> None:
    """The left half is darker; small changes of all other kinds do not turn that round."""
    step = np.where(np.arange(SIZE) < SIZE // 2, 0.2, 0.8).astype(np.float32)
    given = np.broadcast_to(step[None, None, :, None], (300, SIZE, SIZE, 1))
    without = [name for name in OPERATIONS if name != "flip"]
    for mode in ("combined", "one"):
        for operations, least, most in ((without, 0, 0), (OPERATIONS, 15, 190)):
            got = changed(given, recipe_of(mode, operations, 0.2))
            turned = got[:, :, : SIZE // 2].mean((1, 2, 3)) > got[:, :, SIZE // 2 :].mean((1, 2, 3))
            assert least <= turned.sum() <= most
