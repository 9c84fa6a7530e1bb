"""Scores: the same as scikit-learn's, and never a number made of nothing."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics as reference
from hypothesis import given
from hypothesis import strategies as st

from xrays.errors import UserError
from xrays.statistics.metrics import METRICS, score
from xrays.tasks import TASKS, Task, task_named

AGE, GENDER = TASKS["age"], TASKS["gender"]
YEARS = st.floats(0, 120, width=32)
CHANCE = st.floats(0, 1, width=32)


class TestAge:
    @given(st.lists(st.tuples(YEARS, YEARS), min_size=2, max_size=50))
    def test_equals_scikit_learn(self, pairs: list[tuple[float, float]]) -> None:
        truth, predicted = np.array(pairs, np.float32).T
        found = score(AGE, truth, predicted)
        assert list(found) == ["mae", "rmse", "r2"]
        exact = truth.astype(np.float64), predicted.astype(np.float64)
        assert found["mae"] == pytest.approx(reference.mean_absolute_error(*exact))
        assert found["rmse"] == pytest.approx(reference.root_mean_squared_error(*exact))
        if len(set(truth)) > 1:
            assert found["r2"] == pytest.approx(reference.r2_score(*exact), rel=1e-6, abs=1e-6)

    def test_by_hand(self) -> None:
        found = score(AGE, np.array([20.0, 40.0, 60.0]), np.array([23.0, 40.0, 56.0]))
        assert found == pytest.approx({"mae": 7 / 3, "rmse": math.sqrt(25 / 3), "r2": 1 - 25 / 800})

    @pytest.mark.parametrize("age", [63.3, 0.1, 33.3, 50.0])
    @pytest.mark.parametrize("count", [1, 3, 7, 50])
    def test_equal_ages_have_no_variance_to_explain(self, age: float, count: int) -> None:
        """Their mean need not be that age to the last bit: R² would then be minus 10²⁸."""
        found = score(AGE, np.full(count, age), np.full(count, age + 1))
        assert math.isnan(found["r2"]) and found["mae"] == pytest.approx(1)

    def test_single_precision_is_not_summed_in_single_precision(self) -> None:
        truth = np.full(1_000_000, 50, np.float32)
        truth[0] = 51
        assert score(AGE, truth, truth + np.float32(0.1))["mae"] == pytest.approx(0.1, rel=1e-4)


class TestGender:
    @given(st.lists(st.tuples(st.integers(0, 1), CHANCE), min_size=2, max_size=50))
    def test_equals_scikit_learn(self, pairs: list[tuple[int, float]]) -> None:
        truth, predicted = np.array(pairs, np.float32).T
        found = score(GENDER, truth, predicted)
        assert list(found) == ["accuracy", "auc"]
        assert found["accuracy"] == pytest.approx(reference.accuracy_score(truth, predicted >= 0.5))
        if len(set(truth)) == 2:
            assert found["auc"] == pytest.approx(reference.roc_auc_score(truth, predicted))

    @pytest.mark.parametrize("label", [0, 1])
    def test_one_class_alone_has_no_auc(self, label: int) -> None:
        found = score(GENDER, np.full(4, label), np.array([0.1, 0.4, 0.6, 0.9]))
        assert math.isnan(found["auc"]) and found["accuracy"] == 0.5

    def test_a_half_counts_as_male(self) -> None:
        assert score(GENDER, np.array([1, 0]), np.array([0.5, 0.5]))["accuracy"] == 0.5
        assert score(GENDER, np.array([1, 1]), np.array([0.5, 0.5]))["accuracy"] == 1.0

    def test_ties_count_half(self) -> None:
        assert score(GENDER, np.array([0, 1, 1]), np.array([0.5, 0.5, 0.9]))["auc"] == 0.75


@pytest.mark.parametrize("task", TASKS.values(), ids=TASKS)
class TestRefused:
    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_what_is_no_number(self, task: Task, bad: float) -> None:
        with pytest.raises(ValueError, match="NaN or infinite"):
            score(task, np.array([0.0, 1.0, 1.0]), np.array([0.1, bad, 0.9]))

    @pytest.mark.parametrize(("truth", "predicted"), [((3,), (2,)), ((3,), (3, 1)), ((3, 1), (3, 1)), ((0,), (0,))])
    def test_shapes(self, task: Task, truth: tuple[int, ...], predicted: tuple[int, ...]) -> None:
        """(3,) against (3, 1) would silently become (3, 3)."""
        with pytest.raises(ValueError, match="do not match"):
            score(task, np.zeros(truth), np.zeros(predicted))


class TestTasks:
    def test_every_metric_of_a_task_is_there(self) -> None:
        for name, task in TASKS.items():
            assert task.name == name and task.objective in task.metrics
            assert set(task.metrics) <= set(METRICS)

    def test_directions(self) -> None:
        assert AGE.better(9.0, 10.0) and not AGE.better(10.0, 9.0) and not AGE.better(9.0, 9.0)
        assert GENDER.better(0.9, 0.8) and not GENDER.better(0.8, 0.9) and not GENDER.better(0.9, 0.9)

    @given(st.sampled_from(list(TASKS.values())), st.floats(-10, 10), st.floats(-10, 10))
    def test_a_better_score_is_a_smaller_loss(self, task: Task, a: float, b: float) -> None:
        assert task.better(a, b) == (task.loss(a) < task.loss(b))

    def test_a_task_that_there_is_not(self) -> None:
        assert task_named("age") is AGE
        with pytest.raises(UserError) as caught:
            task_named("weight")
        assert caught.value.given == "--task weight" and caught.value.accepted == " or ".join(TASKS)
