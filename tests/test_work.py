"""What training takes, by arithmetic alone: which recipes are cheap, and how a fold's seconds are made up."""

from __future__ import annotations

from dataclasses import replace

import pytest

from runners._race.race import RUNGS
from runners._race.standing import rung
from search_spaces import load_space
from search_spaces._hyperparameters import Scalar
from search_spaces._space import Footprint, Space, Stage, shared_out
from search_spaces._work import COMPILING, FORWARD, RATES, Workload
from search_spaces.cnn import START_SHARE

CNN, TRANSFER = load_space("cnn"), load_space("transfer")
SHAPE, OWN = (64, 64, 1), RATES["float32"]


def fold(space: Space, epochs: int = 30, films: int = 640, precision: str = "float32", **changes: Scalar) -> float:
    return Workload(space, SHAPE, films, 5, epochs, precision).of(space.recipe({**space.first, **changes})).fold


@pytest.mark.parametrize("precision", RATES)
def test_the_seconds_of_a_fold(precision: str) -> None:
    """512 films to train on in 16 steps, 128 to score."""
    rates = RATES[precision]
    cost = Footprint(9, 100, 1000, 10**6, normalised=300, activated=200, layers=7)
    space = replace(CNN, footprint=lambda recipe, shape: cost)
    through = 10**6 * rates.multiply_add + 1000 * rates.activation + 300 * rates.normalised + 200 * rates.activated
    epoch = 512 * through + 16 * (rates.step + 7 * rates.layer + 100 * rates.weight) + 128 * FORWARD * through
    assert fold(space, precision=precision) == pytest.approx(30 * epoch)


def test_what_augmentation_takes() -> None:
    """All that moves pixels is one resampling; a number for every pixel takes as long, and the rest next to none."""
    plain, one = fold(CNN), 30 * 512 * 64**2 * OWN.moved_pixel
    for passes, names in ((0, ["contrast"]), (1, ["rotation"]), (1, ["rotation", "zoom"]), (2, ["shift", "noise"])):
        taken = fold(CNN, augment_mode="one", **{f"augment_{name}": True for name in names})
        assert taken - plain == pytest.approx(passes * one, abs=1e-9), names


def test_in_bfloat16_it_is_kernels_that_profit() -> None:
    """And activations that lose: a large kernel on many channels against a costly function of few."""
    kernels: dict[str, Scalar] = {"kernel": 5, "activation": "relu"}
    numbers: dict[str, Scalar] = {"filters": 8, "activation": "gelu"}
    gains = [fold(CNN, **changes) / fold(CNN, precision="mixed", **changes) for changes in (kernels, numbers)]
    assert gains[0] > 1.7 > 1.3 > gains[1]
    assert fold(CNN, normalisation="group") > 1.1 * fold(CNN)


def test_part_of_a_network_is_learnt() -> None:
    """Its films go forwards through all of it."""
    space = replace(CNN, footprint=lambda recipe, shape: Footprint(9, 0, 0, 10**6, 0.25))
    epoch = 10**6 * OWN.multiply_add * (512 * (1 / 3 + 0.25 * 2 / 3) + 128 / 3) + 16 * OWN.step
    assert fold(space) == pytest.approx(30 * epoch)


def test_stages_add_up() -> None:
    """The head on features for a third of the epochs, then the whole network."""
    tuned = {"unfreeze": 1.0, "augment_mode": "combined", "augment_rotation": True}
    probe = fold(TRANSFER, epochs=10)
    assert fold(TRANSFER, epochs=30) == pytest.approx(3 * probe)
    alone = replace(TRANSFER, stages=lambda recipe: (Stage("fine-tune", "films", 1.0, 1e-4),))
    assert fold(TRANSFER, **tuned) == pytest.approx(probe + fold(alone, epochs=20, **tuned))
    assert fold(TRANSFER, **tuned) > 50 * fold(TRANSFER)
    two = Workload(TRANSFER, SHAPE, 640, 5, 30, "float32").of(TRANSFER.recipe({**TRANSFER.first, **tuned}))
    assert two.compiling == 2 * COMPILING
    assert two.trial(5) == two.compiling + 5 * two.fold


def test_a_halved_film_is_half_of_the_pixels() -> None:
    """For the first part of the epochs, in a network that is compiled once more."""
    moved: dict[str, Scalar] = {"augment_mode": "combined", "augment_rotation": True}
    space = replace(CNN, footprint=lambda recipe, shape: Footprint(9, 0, 0, shape[0] ** 2))
    steps = 30 * 16 * OWN.step
    whole, half = (fold(space, start_size=size, **moved) - steps for size in ("whole", "half"))
    assert half == pytest.approx((1 - START_SHARE + START_SHARE * (45 / 64) ** 2) * whole)
    halved = Workload(CNN, SHAPE, 640, 5, 30, "float32").of(CNN.recipe({**CNN.first, "start_size": "half"}))
    assert halved.compiling == 2 * COMPILING


@pytest.mark.parametrize("epochs", range(3, 61))
def test_the_first_rung_lies_where_films_become_whole(epochs: int) -> None:
    """So that nobody is judged there by less than all of the first part, or by a step of the second."""
    halved = shared_out(CNN.stages(CNN.recipe({**CNN.first, "start_size": "half"})), epochs)[0]
    assert halved.halved and halved.epochs == rung(epochs, min(RUNGS))


def test_what_is_done_by_an_epoch() -> None:
    """Films of half the pixels take a fifth of a fold in a third of its epochs; a head takes next to nothing, and of
    the whole network's epochs each as much as the other."""
    workload = Workload(CNN, SHAPE, 640, 5, 30, "float32")
    whole, half = (workload.done(CNN.recipe({**CNN.first, "start_size": size}), 30) for size in ("whole", "half"))
    assert whole == [epoch / 30 for epoch in range(31)]
    assert 0.19 < half[10] < 0.21 and half[0] == 0 and half[30] == 1
    assert half[20] == pytest.approx((half[10] + 1) / 2)
    tuned = TRANSFER.recipe({**TRANSFER.first, "unfreeze": 1.0})
    done = Workload(TRANSFER, SHAPE, 640, 5, 30, "float32").done(tuned, 30)
    assert done[10] < 0.02 and 0.35 < done[17] < 0.37 and done[30] == 1


@pytest.mark.parametrize("epochs", [1, 7, 10])
def test_a_smaller_budget_is_a_schedule_of_its_own(epochs: int) -> None:
    """Its own first part is on halved films, and all of it is a share of a fold on the whole budget."""
    workload, recipe = Workload(CNN, SHAPE, 640, 5, 30, "float32"), CNN.recipe({**CNN.first, "start_size": "half"})
    done, whole = workload.done(recipe, epochs), workload.done(recipe, 30)
    assert len(done) == epochs + 1
    assert done[-1] == pytest.approx(replace(workload, epochs=epochs).of(recipe).fold / workload.of(recipe).fold)
    assert done[-1] >= whole[epochs]


@pytest.mark.parametrize(
    "dearer", [{"filters": 32}, {"kernel": 5}, {"residual": True}, {"downsampling": "max_pool", "growth": 2.0}]
)
def test_a_larger_network_takes_longer(dearer: dict[str, Scalar]) -> None:
    small: dict[str, Scalar] = {"growth": 1.0, "downsampling": "stride"}
    assert fold(CNN, **small) < fold(CNN, **{**small, **dearer})
