"""Schedules, optimizers and losses do what their words say, one step at a time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from search_spaces._fit import FitRecipe
from xrays.tasks import TASKS

AGE, GENDER = TASKS["age"], TASKS["gender"]
PLAIN = FitRecipe(learning_rate=1e-2, optimizer="sgd", schedule="constant", weight_decay=1e-6)


# --- schedules


def rates(schedule: str, steps: int, rate: float = 2e-3) -> NDArray[np.float64]:
    """The learning rate of every step, and the one that would follow the last."""
    from runners._training.optimizers import make_optimizer

    optimizer = make_optimizer(FitRecipe(schedule=schedule), rate, steps)
    found = []
    for step in range(steps + 1):
        optimizer.iterations.assign(step)
        found.append(float(optimizer.learning_rate))
    return np.array(found)


@pytest.mark.parametrize(
    ("schedule", "rise", "first", "after"),
    [("cosine", 5, 2e-4, 0.0), ("one_cycle", 30, 8e-5, 0.0), ("constant", 5, 2e-4, 2e-3)],
)
def test_schedules_rise_to_the_rate_and_end_where_they_say(
    schedule: str, rise: int, first: float, after: float
) -> None:
    found = rates(schedule, steps=100)
    assert found[0] == pytest.approx(first)
    assert np.allclose(np.diff(found[: rise + 1]), (2e-3 - first) / rise), "a linear rise"
    assert found.argmax() == rise and found[rise] == pytest.approx(2e-3)
    assert found[100] == pytest.approx(after, abs=1e-9)
    turn = np.pi * np.arange(101 - rise) / (100 - rise)
    assert np.allclose(found[rise:], after + (2e-3 - after) * (1 + np.cos(turn)) / 2, atol=1e-8)
    assert found[99] > 0, "no step is trained with a rate of zero"


def test_in_a_graph_rates_are_those_of_keras_to_the_bit() -> None:
    """What was recorded with Keras's own is trained again the same. A graph's optimizer multiplies constants first
    where it can, which rounds otherwise."""
    import keras
    import tensorflow as tf

    from runners._training.optimizers import make_optimizer

    own = make_optimizer(FitRecipe(schedule="one_cycle"), 5e-3, 100)
    theirs = keras.optimizers.schedules.CosineDecay(5e-3 / 25, 70, warmup_target=5e-3, warmup_steps=30)
    steps = tf.range(101)
    expected, found = (
        tf.function(lambda rate=rate: tf.map_fn(rate, steps, fn_output_signature=tf.float32))().numpy()
        for rate in (theirs, own._learning_rate)
    )
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle", "constant"])
def test_a_stage_of_very_few_steps_has_a_schedule(schedule: str) -> None:
    for steps in (1, 2, 3):
        found = rates(schedule, steps)[:steps]
        assert (found > 0).all() and (found <= 2e-3 * (1 + 1e-6)).all()


# --- optimizers


def moved(fit: FitRecipe, gradient: list[float], steps: int = 1) -> NDArray[np.float64]:
    """How far these gradients, each of its own variable, move them from zero."""
    import keras

    from runners._training.optimizers import make_optimizer

    variables = [keras.Variable(np.zeros(1, np.float32)) for _ in gradient]
    optimizer = make_optimizer(fit, fit.learning_rate, steps=100)
    for _ in range(steps):
        optimizer.apply([np.full(1, each, np.float32) for each in gradient], variables)
    return np.array([keras.ops.convert_to_numpy(variable)[0] for variable in variables], np.float64)


def test_huge_gradients_are_clipped_to_a_common_norm_of_one_and_small_ones_left_alone() -> None:
    nesterov = (1 + 0.9) * PLAIN.learning_rate / 10  # the first step has a tenth of the rate
    clipped = replace(PLAIN, clip=1.0)
    assert moved(clipped, [3e6, -4e6]) == pytest.approx([-0.6 * nesterov, 0.8 * nesterov], rel=1e-5)
    assert moved(PLAIN, [3e6, -4e6]) == pytest.approx([-3e6 * nesterov, 4e6 * nesterov], rel=1e-5)
    assert moved(clipped, [0.3, -0.4]) == pytest.approx(moved(PLAIN, [0.3, -0.4]), rel=1e-6)


def test_sgd_has_nesterov_momentum() -> None:
    speed = place = 0.0
    for rate in rates("constant", 100, PLAIN.learning_rate)[:3]:
        speed = 0.9 * speed - rate * 2.0
        place += 0.9 * speed - rate * 2.0
    assert moved(PLAIN, [2.0], steps=3) == pytest.approx([place], rel=1e-5)


@pytest.mark.parametrize("kind", ["adam", "adamw", "sgd"])
def test_decay_shrinks_kernels_alone_and_plain_adam_decays_nothing(kind: str) -> None:
    import keras

    from runners._training.optimizers import make_optimizer

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.BatchNormalization()])
    for variable in model.trainable_variables:
        variable.assign(np.full(variable.shape, 2.0, np.float32))
    optimizer = make_optimizer(replace(PLAIN, optimizer=kind, weight_decay=1e-2), 1e-2, steps=100)
    optimizer.build(model.trainable_variables)
    for _ in range(10):
        optimizer.apply([np.zeros(variable.shape, np.float32) for variable in model.trainable_variables])
    found = {variable.name: float(keras.ops.mean(variable)) for variable in model.trainable_variables}
    kernel = 2 * np.prod(1 - 1e-2 * rates("constant", 100, 1e-2)[:10]) if kind != "adam" else 2.0
    assert found == {"kernel": pytest.approx(kernel, rel=1e-6), "bias": 2.0, "gamma": 2.0, "beta": 2.0}
    assert kernel != 2.0 or kind == "adam"


@pytest.mark.parametrize("kind", ["adam", "adamw", "sgd"])
@pytest.mark.parametrize("parts", [1, 2])
def test_all_weights_at_once_are_stepped_as_keras_steps_each(
    kind: str, parts: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clipped, decayed and averaged; parts: of a step, whose gradients are accumulated."""
    import keras

    from runners._training.optimizers import make_optimizer

    ours, theirs = (
        keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.BatchNormalization()])
        for _ in range(2)
    )
    theirs.set_weights(ours.get_weights())
    fit = replace(PLAIN, optimizer=kind, weight_decay=1e-2, clip=1.0, ema=True)
    own = make_optimizer(fit, 1e-2, 100, parts)
    monkeypatch.setattr("runners._training.optimizers.flat", lambda kind: kind)
    plain = make_optimizer(fit, 1e-2, 100, parts)
    assert type(own) is not type(plain)
    rng = np.random.default_rng(0)
    for _ in range(6):
        grads = [rng.normal(size=weight.shape).astype(np.float32) for weight in ours.trainable_variables]
        own.apply(grads, ours.trainable_variables)
        plain.apply(grads, theirs.trainable_variables)
    found: list[list[NDArray[np.float32]]] = []
    for optimizer, model in ((own, ours), (plain, theirs)):
        found.append([weight.numpy() for weight in model.trainable_variables])
        optimizer.finalize_variable_values(model.trainable_variables)
        found.append([weight.numpy() for weight in model.trainable_variables])
    for of_ours, of_theirs in zip(found[0] + found[1], found[2] + found[3], strict=True):
        assert np.allclose(of_ours, of_theirs, rtol=1e-6, atol=1e-8)
    assert not np.allclose(found[0][0], found[1][0]), "the average is another one"


# --- losses

TRUTH = np.array([20.0, 40.0, 60.0, 80.0], np.float32)[:, None]
PREDICTED = np.array([29.5, 40.0, 3.0, 118.0], np.float32)[:, None]  # off by 0.5, 0, −3 and 2 standard deviations


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        ("l1", (0.5 + 0 + 3 + 2) / 4),
        ("mse", (0.25 + 0 + 9 + 4) / 4),
        ("huber", (0.125 + 0 + 2.5 + 1.5) / 4),
    ],
)
def test_losses_of_standardised_errors(loss: str, expected: float) -> None:
    from runners._training.optimizers import make_loss

    found = make_loss(FitRecipe(loss=loss, smoothing=0.1), AGE)(TRUTH, PREDICTED)
    assert float(np.mean(found)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.1])
def test_smoothed_labels_are_that_far_from_certain(smoothing: float) -> None:
    from runners._training.optimizers import make_loss

    labels, chances = np.array([[1.0], [0.0], [1.0]]), np.array([[0.9], [0.3], [0.2]])
    soft = labels * (1 - smoothing) + smoothing / 2
    expected = -np.mean(soft * np.log(chances) + (1 - soft) * np.log(1 - chances))
    for loss in ("l1", "mse"):
        found = make_loss(FitRecipe(loss=loss, smoothing=smoothing), GENDER)(labels, chances)
        assert float(found) == pytest.approx(expected, rel=1e-5)
