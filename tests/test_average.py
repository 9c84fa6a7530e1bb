"""The average of the weights: what it is, that a look at it changes nothing, and that it can be kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from small_model import Weights, batches, small_model, trained, weights

from search_spaces._fit import FitRecipe

AVERAGING = FitRecipe(learning_rate=1e-2, ema=True, schedule="constant")


def same(one: Weights, two: Weights) -> bool:
    return all(a.tobytes() == b.tobytes() for a, b in zip(one, two, strict=True))


def average_of(path: list[Weights], steps: int) -> Weights:
    """By hand: it starts at the weights after the first step and forgets like a mean of the last 5 % of the steps."""
    n = max(2, round(0.05 * steps))
    kept = 1 - 2 / (n + 1)
    average = [each.astype(np.float64) for each in path[0]]
    for step in path[1:]:
        average = [kept * old + (1 - kept) * new for old, new in zip(average, step, strict=True)]
    return [each.astype(np.float32) for each in average]


def close(one: Weights, two: Weights) -> bool:
    return all(np.allclose(a, b, rtol=1e-4, atol=1e-5) for a, b in zip(one, two, strict=True))


@pytest.mark.parametrize("steps", [20, 100])
def test_the_average_is_that_of_the_weights_steps_passed_through(steps: int) -> None:
    from runners._training.optimizers import averaged, keep_average

    model = small_model(AVERAGING, steps)
    path = trained(model, 12)
    statistics = [np.array(variable) for variable in model.non_trainable_variables]
    expected = average_of(path, steps)
    assert not close(expected, path[-1]), "the test could not fail"
    with averaged(model):
        within = weights(model)
    assert close(within, expected)
    assert same(weights(model), path[-1]), "swapped back exactly"
    keep_average(model)
    assert same(weights(model), within)
    assert same([np.array(variable) for variable in model.non_trainable_variables], statistics)


def test_a_look_at_the_average_does_not_change_the_training() -> None:
    from runners._training.optimizers import averaged

    undisturbed = trained(small_model(AVERAGING, 20), 6)
    model, looked = small_model(AVERAGING, 20), []
    for x, years in batches(6):
        model.train_on_batch(x, years)
        with averaged(model):
            model.predict_on_batch(x)
        looked.append(weights(model))
    assert all(same(a, b) for a, b in zip(undisturbed, looked, strict=True))


def test_the_weights_come_back_after_an_error() -> None:
    from runners._training.optimizers import averaged

    model = small_model(AVERAGING, 20)
    last = trained(model, 3)[-1]
    with pytest.raises(KeyboardInterrupt), averaged(model):
        assert not same(weights(model), last)
        raise KeyboardInterrupt
    assert same(weights(model), last)


def test_without_an_average_nothing_is_swapped_or_kept() -> None:
    from runners._training.optimizers import averaged, keep_average

    model = small_model(replace(AVERAGING, ema=False), 20)
    last = trained(model, 3)[-1]
    with averaged(model):
        assert same(weights(model), last)
    keep_average(model)
    assert same(weights(model), last)


def test_a_fold_after_another_has_an_average_of_its_own() -> None:
    """Everything is put back to its start between folds; one that diverged leaves no trace."""
    from keras import ops

    from runners._training.optimizers import averaged, keep_average

    model = small_model(AVERAGING, 20)
    start = [
        (variable, ops.convert_to_numpy(variable)) for variable in (*model.variables, *model.optimizer.variables)
    ]
    initial = weights(model)
    runs = []
    for _ in range(2):
        with averaged(model):
            assert same(weights(model), initial), "before the first step there is no average"
        keep_average(model)
        assert same(weights(model), initial)
        path = trained(model, 5)
        keep_average(model)
        runs.append([*path, weights(model)])
        model.train_on_batch(np.full((32, 6), np.nan, np.float32), np.zeros((32, 1), np.float32))
        assert not np.isfinite(weights(model)[0]).all()
        for variable, value in start:
            variable.assign(value)
    assert all(same(a, b) for a, b in zip(*runs, strict=True))


@pytest.fixture
def float16() -> Iterator[None]:
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.usefixtures("float16")
def test_the_average_is_found_behind_float16s_loss_scaling() -> None:
    from runners._training.optimizers import averaged, keep_average

    model = small_model(replace(AVERAGING, clip=1.0), 20)
    assert hasattr(model.optimizer, "inner_optimizer")
    initial = weights(model)
    with averaged(model):
        assert same(weights(model), initial)
    path = [step for step in trained(model, 6) if not same(step, initial)]  # a step that overflows is skipped
    assert len(path) > 2
    with averaged(model):
        assert close(weights(model), average_of(path, 20)) and not same(weights(model), path[-1])
    assert same(weights(model), path[-1])
    keep_average(model)
    assert close(weights(model), average_of(path, 20))
