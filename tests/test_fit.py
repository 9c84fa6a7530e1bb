"""The training recipe: its parameters, and that optimizer, schedule, loss and average do what its words say."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, fields, replace
from itertools import combinations, product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from search_spaces._fit import FitRecipe, fit_params, sample_fit
from search_spaces._hyperparameters import Choice, Domain, Fixed, Real, Scalar, recorded
from xrays.tasks import TASKS, Task

AGE, GENDER = TASKS["age"], TASKS["gender"]
DOMAINS = recorded(sample_fit)
PLAIN = FitRecipe(learning_rate=1e-2, optimizer="sgd", schedule="constant", weight_decay=1e-6)
Weights = list[NDArray[np.float32]]


def values(domain: Domain) -> st.SearchStrategy[Any]:
    match domain:
        case Real(low, high):
            return st.floats(low, high)
        case Choice(options):
            return st.sampled_from(options)
    raise AssertionError(f"no strategy for {domain}")


any_params = st.fixed_dictionaries({name: values(domain) for name, domain in DOMAINS.items()})


# Parameters


@given(any_params)
def test_parameters_and_recipes_are_inverse(params: dict[str, Scalar]) -> None:
    recipe = sample_fit(Fixed(params))
    assert asdict(recipe) == params, "every parameter arrives in the field of its name"
    assert fit_params(recipe) == params
    assert sample_fit(Fixed(fit_params(recipe))) == recipe


def test_every_field_is_asked_for_and_the_default_is_in_the_domain() -> None:
    assert list(DOMAINS) == [field.name for field in fields(FitRecipe)]
    assert sample_fit(Fixed(fit_params(FitRecipe()))) == FitRecipe()


@given(any_params, any_params, st.sampled_from(list(DOMAINS)), st.sampled_from([AGE, GENDER]))
def test_what_is_active_tells_two_recipes_apart(
    params: dict[str, Scalar], others: dict[str, Scalar], name: str, task: Task
) -> None:
    one, two = (sample_fit(Fixed({**params, name: value[name]})) for value in (params, others))
    differ = one != two and name in one.active(task)
    assert (one.active(task) != two.active(task)) == differ


def test_what_has_no_effect_is_not_active() -> None:
    everything = {field.name for field in fields(FitRecipe)}
    for kind in ("adam", "adamw", "sgd"):
        for task, without in ((AGE, "smoothing"), (GENDER, "loss")):
            missing = everything - set(FitRecipe(optimizer=kind).active(task))
            assert missing == {without} | ({"weight_decay"} if kind == "adam" else set())


# Schedules


def rates(schedule: str, steps: int, rate: float = 2e-3) -> NDArray[np.float64]:
    """The learning rate of every step, and the one that would follow the last."""
    from runners._optimizers import make_optimizer

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


@pytest.mark.parametrize("schedule", ["cosine", "one_cycle", "constant"])
def test_a_stage_of_very_few_steps_has_a_schedule(schedule: str) -> None:
    for steps in (1, 2, 3):
        found = rates(schedule, steps)[:steps]
        assert (found > 0).all() and (found <= 2e-3 * (1 + 1e-6)).all()


# Optimizers, one step at a time


def moved(fit: FitRecipe, gradient: list[float], steps: int = 1) -> NDArray[np.float64]:
    """How far these gradients, each of its own variable, move them from zero."""
    import keras

    from runners._optimizers import make_optimizer

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

    from runners._optimizers import make_optimizer

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


# Losses

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
    from runners._optimizers import make_loss

    found = make_loss(FitRecipe(loss=loss, smoothing=0.1), AGE)(TRUTH, PREDICTED)
    assert float(np.mean(found)) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("smoothing", [0.0, 0.05, 0.1])
def test_smoothed_labels_are_that_far_from_certain(smoothing: float) -> None:
    from runners._optimizers import make_loss

    labels, chances = np.array([[1.0], [0.0], [1.0]]), np.array([[0.9], [0.3], [0.2]])
    soft = labels * (1 - smoothing) + smoothing / 2
    expected = -np.mean(soft * np.log(chances) + (1 - soft) * np.log(1 - chances))
    for loss in ("l1", "mse"):
        found = make_loss(FitRecipe(loss=loss, smoothing=smoothing), GENDER)(labels, chances)
        assert float(found) == pytest.approx(expected, rel=1e-5)


# Training


def small_model(fit: FitRecipe, steps: int, seed: int = 0) -> Any:
    """Two dense layers on six numbers, BatchNormalization between them, answers in years; compiled and built."""
    import keras
    from keras import layers

    from runners._optimizers import make_loss, make_optimizer

    keras.utils.set_random_seed(seed)
    inputs = keras.Input((6,))
    x = layers.ReLU()(layers.BatchNormalization(momentum=0.9)(layers.Dense(8)(inputs)))
    x = layers.Dense(1, dtype="float32")(x)
    model = keras.Model(inputs, layers.Rescaling(AGE.scale, AGE.center, dtype="float32")(x))
    model.compile(make_optimizer(fit, fit.learning_rate, steps), make_loss(fit, AGE))
    model.optimizer.build(model.trainable_variables)
    return model


def batches(count: int) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
    rng = np.random.default_rng(4)
    slopes = rng.normal(size=6)
    for _ in range(count):
        x = rng.normal(size=(32, 6)).astype(np.float32)
        years = 55 + 10 * (x @ slopes)[:, None] + rng.normal(size=(32, 1))
        yield x, years.astype(np.float32)


def trained(model: Any, steps: int) -> list[Weights]:
    """Trains; returns the trainable weights after every step."""
    path = []
    for x, years in batches(steps):
        model.train_on_batch(x, years)
        path.append(weights(model))
    return path


def weights(model: Any) -> Weights:
    from keras import ops

    return [ops.convert_to_numpy(variable) for variable in model.trainable_variables]


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


AVERAGING = FitRecipe(learning_rate=1e-2, ema=True, schedule="constant")


@pytest.mark.parametrize("steps", [20, 100])
def test_the_average_is_that_of_the_weights_steps_passed_through(steps: int) -> None:
    from runners._optimizers import averaged, keep_average

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
    from runners._optimizers import averaged

    undisturbed = trained(small_model(AVERAGING, 20), 6)
    model, looked = small_model(AVERAGING, 20), []
    for x, years in batches(6):
        model.train_on_batch(x, years)
        with averaged(model):
            model.predict_on_batch(x)
        looked.append(weights(model))
    assert all(same(a, b) for a, b in zip(undisturbed, looked, strict=True))


def test_the_weights_come_back_after_an_error() -> None:
    from runners._optimizers import averaged

    model = small_model(AVERAGING, 20)
    last = trained(model, 3)[-1]
    with pytest.raises(KeyboardInterrupt), averaged(model):
        assert not same(weights(model), last)
        raise KeyboardInterrupt
    assert same(weights(model), last)


def test_without_an_average_nothing_is_swapped_or_kept() -> None:
    from runners._optimizers import averaged, keep_average

    model = small_model(replace(AVERAGING, ema=False), 20)
    last = trained(model, 3)[-1]
    with averaged(model):
        assert same(weights(model), last)
    keep_average(model)
    assert same(weights(model), last)


def test_a_fold_after_another_has_an_average_of_its_own() -> None:
    """Everything is put back to its start between folds; one that diverged leaves no trace."""
    from keras import ops

    from runners._optimizers import averaged, keep_average

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
    from runners._optimizers import averaged, keep_average

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


# Optimizer, schedule, loss, average, clip: every pair of their options is in some row.
COVERING = [
    ("adam", "cosine", "l1", False, 0.0),
    ("adam", "one_cycle", "huber", False, 1.0),
    ("adam", "constant", "mse", True, 0.0),
    ("adamw", "cosine", "huber", True, 0.0),
    ("adamw", "one_cycle", "mse", False, 0.0),
    ("adamw", "constant", "l1", False, 1.0),
    ("sgd", "cosine", "mse", False, 1.0),
    ("sgd", "one_cycle", "l1", True, 1.0),
    ("sgd", "constant", "huber", False, 0.0),
]
COVERED = ("optimizer", "schedule", "loss", "ema", "clip")


def test_every_pair_of_options_is_trained_with() -> None:
    for a, b in combinations(range(len(COVERED)), 2):
        options = product(*(DOMAINS[COVERED[column]].options for column in (a, b)))  # type: ignore[union-attr]
        assert {(row[a], row[b]) for row in COVERING} == set(options), (COVERED[a], COVERED[b])


@pytest.mark.slow
@pytest.mark.parametrize("row", COVERING, ids=lambda row: "-".join(map(str, row)))
def test_every_recipe_learns(row: tuple[Any, ...]) -> None:
    from runners._optimizers import keep_average, make_loss

    fit = FitRecipe(learning_rate=5e-2, **dict(zip(COVERED, row, strict=True)))
    steps = 120
    model = small_model(fit, steps)
    x, years = next(batches(1))

    def loss() -> float:
        return float(np.mean(make_loss(fit, AGE)(years, np.asarray(model(x, training=False)))))

    before = loss()
    trained(model, steps)
    keep_average(model)
    assert math.isfinite(loss()) and loss() < 0.4 * before
