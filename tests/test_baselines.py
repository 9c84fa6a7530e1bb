"""The baselines decide whether anyone believes a network: right on what is plain, silent, and never in the way."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from test_folds import films
from threadpoolctl import threadpool_limits

from runners._search.baselines import train_baselines
from runners._search.labels import check_labels
from trials.records import Baseline
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import make_plan
from xrays.splits import Splits
from xrays.tasks import TASKS


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Where other processes have the cores, threads of one small product wait for each other."""
    with threadpool_limits(1):
        yield


def plain(gender: NDArray[np.int64], groups: NDArray[np.int64] | None = None) -> XrayArrays:
    """Grey films, of which those of women have a bright spot."""
    count = len(gender)
    arrays = films(20 + np.arange(count) % 60, gender, groups)
    images = np.full((count, 64, 64, 1), 100, np.uint8)
    images[gender == 0, 20:22, 20:22] = 250
    return replace(arrays, images=images)


def shuffled(seed: int, *genders: tuple[int, int]) -> NDArray[np.int64]:
    """So many of every gender, in some order."""
    return np.random.default_rng(seed).permutation(np.concatenate([[gender] * count for gender, count in genders]))


def probed(arrays: XrayArrays, assignment: NDArray[np.int8], task: str) -> Baseline:
    """The linear probe, with every warning an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (constant, probe), _ = train_baselines(arrays, TASKS[task], assignment)
    assert (constant.name, probe.name) == ("constant", "linear probe")
    return probe


@pytest.mark.parametrize(
    ("genders", "folds"),
    [
        *((((0, 4), (1, 56)), folds) for folds in (2, 3)),
        *((((0, 6), (1, 6)), folds) for folds in (2, 3, 4)),
        (((0, 4), (1, 4)), 2),
        (((0, 3), (1, 3), (-1, 74)), 2),
    ],
    ids=["4 women of 60, 2", "3", "6 of 12, 2", "3", "4", "4 of 8, 2", "3 and 3 of 80, 2"],
)
def test_the_probe_finds_what_is_plain(genders: tuple[tuple[int, int], ...], folds: int) -> None:
    for seed in range(3):
        arrays = plain(shuffled(seed, *genders))
        plan = make_plan(arrays, folds=folds, splits=Splits(seed=seed))
        check_labels(arrays, plan, "gender")
        probe = probed(arrays, plan.assignment, "gender")
        assert [fold.metrics for fold in probe.folds] == [{"accuracy": 1.0, "auc": 1.0}] * folds


@pytest.mark.parametrize(
    ("genders", "folds", "has", "remedy"),
    [
        (((0, 60),), 2, r"\d\d female and 0 male films", "--task age .*--folds 2$"),
        (((0, 60), (1, 4)), 5, r"\d+ female and 0 male films", "--task gender .*--folds [23]$"),
        (((-1, 60),), 2, "0 female and 0 male films", "--task age .*--folds 2$"),
    ],
    ids=["women only", "few men", "no label"],
)
def test_folds_without_a_class_are_told_what_these_films_do_serve(
    genders: tuple[tuple[int, int], ...], folds: int, has: str, remedy: str
) -> None:
    arrays = plain(shuffled(0, *genders))
    with pytest.raises(UserError, match=has) as refused:
        check_labels(arrays, make_plan(arrays, folds=folds), "gender")
    assert re.search(remedy, refused.value.remedy)


@pytest.mark.parametrize("task", TASKS)
def test_two_patients_have_a_probe(task: str) -> None:
    """Each is all that one of the folds trains on, so that no penalty can be chosen there."""
    patient = (np.arange(90) >= 60).astype(np.int64)
    arrays = plain(np.arange(90) % 2, patient)
    probe = probed(arrays, patient.astype(np.int8)[None], task)
    assert all(np.isfinite(list(fold.metrics.values())).all() for fold in probe.folds)
    if TASKS[task].kind == "binary":
        assert [fold.metrics["accuracy"] for fold in probe.folds] == [1.0, 1.0]


def test_films_of_one_age_have_a_probe() -> None:
    arrays = plain(shuffled(0, (0, 30), (1, 30)))
    arrays.labels["age"][:] = 50
    probe = probed(arrays, make_plan(arrays, folds=3).assignment, "age")
    assert [fold.metrics["mae"] for fold in probe.folds] == pytest.approx([0, 0, 0], abs=1e-4)


def test_a_penalty_is_chosen_where_it_can_be() -> None:
    """Noise alone: the strongest penalty, with which the probe is the constant, and not the one it has without."""
    rng = np.random.default_rng(0)
    arrays = films(rng.uniform(20, 80, 200), rng.integers(0, 2, 200))
    arrays = replace(arrays, images=rng.integers(0, 255, (200, 64, 64, 1)).astype(np.uint8))
    (constant, probe), _ = train_baselines(arrays, TASKS["age"], make_plan(arrays).assignment)
    means = [np.mean([fold.metrics["mae"] for fold in baseline.folds]) for baseline in (constant, probe)]
    assert means[1] == pytest.approx(means[0], rel=0.02)


def test_of_a_search_on_vectors_the_probe_is_on_these_and_not_on_the_films() -> None:
    gender, rng = shuffled(0, (0, 30), (1, 30)), np.random.default_rng(1)
    arrays = plain(gender)
    noise = rng.normal(size=(60, 5)).astype(np.float32)
    telling = noise + 4 * gender[:, None].astype(np.float32) * (np.arange(5) == 2)
    assignment = make_plan(arrays).assignment

    def right(vectors: NDArray[np.float32] | None) -> float:
        (_, probe), _ = train_baselines(arrays, TASKS["gender"], assignment, vectors)
        return float(np.mean([fold.metrics["accuracy"] for fold in probe.folds]))

    assert right(None) == 1, "by the bright spot"
    assert right(telling) > 0.9
    assert right(noise) < 0.75
