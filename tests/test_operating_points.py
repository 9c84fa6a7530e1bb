"""Thresholds by a criterion: none does better on the films that choose, and figures are of others that chose."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrays.statistics.operating_points import CRITERIA, LEAST, chosen, unseen
from xrays.statistics.parts import PARTS, parts_of

FILMS = st.lists(
    st.tuples(st.booleans(), st.integers(0, 20).map(lambda twentieths: twentieths / 20)), min_size=2, max_size=40
).filter(lambda films: len({positive for positive, _ in films}) == 2)


def figures(
    labels: NDArray[np.float64], probabilities: NDArray[np.float64], at: float | NDArray[np.float64]
) -> dict[str, float]:
    called, positive = probabilities >= at, labels == 1
    sensitivity, specificity = float(called[positive].mean()), float((~called[~positive]).mean())
    return {
        "accuracy": float((called == positive).mean()),
        "youden": sensitivity + specificity - 1,
        "sensitive": specificity if sensitivity >= LEAST else -1,
        "specific": sensitivity if specificity >= LEAST else -1,
    }


@pytest.mark.parametrize("criterion", CRITERIA)
@given(films=FILMS)
def test_no_threshold_does_better(criterion: str, films: list[tuple[bool, float]]) -> None:
    labels, probabilities = (np.array(values, np.float64) for values in zip(*films, strict=True))
    at = chosen(criterion, labels, probabilities)
    assert at is not None
    every = [figures(labels, probabilities, step)[criterion] for step in np.arange(-0.025, 1.05, 0.05)]
    assert figures(labels, probabilities, at)[criterion] == pytest.approx(max(every))


def test_of_thresholds_as_good_the_nearest_to_a_half() -> None:
    labels, probabilities = np.array([0.0, 1, 0, 1]), np.array([0.1, 0.3, 0.7, 0.95])
    assert chosen("accuracy", labels, probabilities) == pytest.approx(0.2)  # so is 0.825, farther off
    assert chosen("accuracy", labels, np.array([0.2, 0.9, 0.2, 0.9])) == pytest.approx(0.55)


def test_without_both_classes_there_is_none() -> None:
    assert chosen("youden", np.ones(4), np.linspace(0, 1, 4)) is None
    assert unseen("youden", np.array([1.0, 0, 0]), np.array([0.9, 0.1, 0.2]), np.array(["a", "b", "c"])) is None


def test_a_film_has_no_say_in_its_own_threshold() -> None:
    rng = np.random.default_rng(0)
    labels, patients = rng.integers(0, 2, 200).astype(np.float64), np.arange(200) // 2
    probabilities = np.clip(0.5 + 0.2 * (labels - 0.5) + rng.normal(0, 0.2, 200), 0, 1)
    before = unseen("accuracy", labels, probabilities, patients)
    assert before is not None and len(set(before.tolist())) <= PARTS
    for own in parts_of(patients):
        other = np.where(own, 1 - labels, labels)
        after = unseen("accuracy", other, probabilities, patients)
        assert after is not None and (after[own] == before[own]).all() and (after != before).any()


def test_parts_keep_patients_whole_and_hold_every_film_once() -> None:
    patients = np.arange(90) % 31
    parts = parts_of(patients)
    assert (np.sum(parts, axis=0) == 1).all() and all(part.any() for part in parts)
    assert all(not {*patients[part]} & {*patients[~part]} for part in parts)
