"""Augmentation inside a network: in training only, compiled, repeated, and in any precision."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from augmented import SIZE, changed, films, layer

from search_spaces._augment import AugmentRecipe, recipe_of
from search_spaces._operations import OPERATIONS


def test_without_effect_nothing_is_added_to_the_network() -> None:
    import keras

    from search_spaces._augment_layers import augment

    inputs = keras.Input((SIZE, SIZE, 1))
    for idle in (
        AugmentRecipe(),
        AugmentRecipe("combined"),
        AugmentRecipe("one"),
        recipe_of("none", OPERATIONS, 1.0),
    ):
        assert augment(inputs, idle, seed=3) is inputs
    assert augment(inputs, recipe_of("one", ("flip",), 1.0), seed=3) is not inputs


def test_augmentation_changes_training_only_and_differs_between_films() -> None:
    import keras

    from search_spaces._augment_layers import augment

    inputs = keras.Input((SIZE, SIZE, 1))
    model = keras.Model(inputs, augment(inputs, recipe_of("combined", OPERATIONS, 0.5), seed=3))
    film = films(4)
    assert np.array_equal(np.asarray(model(film, training=False)), film)
    got = [np.asarray(model(film, training=True)) for _ in range(2)]
    assert not np.allclose(got[0], film) and not np.allclose(got[0], got[1])
    assert not np.allclose(got[0][0], got[0][1])
    assert min(c.min() for c in got) >= 0 and max(c.max() for c in got) <= 1


def test_in_a_compiled_network_batches_of_any_size_go_through_the_same_changes() -> None:
    import keras

    recipe = recipe_of("combined", OPERATIONS, 0.5)

    class Training(keras.layers.Layer):
        """`predict_on_batch` runs the compiled graph, but says that it does not train."""

        def __init__(self) -> None:
            super().__init__()
            self.change = layer(recipe)

        def call(self, x: Any) -> Any:
            return self.change(x, training=True)

    inputs = keras.Input((SIZE, SIZE, 1))
    model = keras.Model(inputs, Training()(inputs))
    assert model.output_shape == (None, SIZE, SIZE, 1)
    eager = layer(recipe)
    for count in (1, 7, 32):
        compiled = np.asarray(model.predict_on_batch(films(count)))
        assert np.allclose(compiled, np.asarray(eager(films(count), training=True)), atol=1e-5)
        assert not np.allclose(compiled, films(count))


def test_a_trainer_can_set_and_repeat_the_sequence() -> None:
    import keras

    from search_spaces._augment_layers import augment

    inputs = keras.Input((SIZE, SIZE, 1))
    model = keras.Model(inputs, augment(inputs, recipe_of("one", OPERATIONS, 1.0), seed=5))
    assert not model.trainable_variables
    states = [variable for variable in model.variables if variable.name == "seed_generator_state"]
    start = [np.asarray(state) for state in states]
    first, second = (np.asarray(model(films(), training=True)) for _ in range(2))
    for state, value in zip(states, start, strict=True):
        state.assign(value)
    again = np.asarray(model(films(), training=True))
    assert np.array_equal(first, again) and not np.array_equal(first, second)


@pytest.fixture
def mixed() -> Iterator[None]:
    import keras

    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_bfloat16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.mark.usefixtures("mixed")
@pytest.mark.parametrize("mode", ["combined", "one"])
def test_under_mixed_precision_films_keep_all_their_grey_values(mode: str) -> None:
    import keras

    from search_spaces._augment_layers import augment

    inputs = keras.Input((SIZE, SIZE, 1))
    model = keras.Model(inputs, augment(inputs, recipe_of(mode, OPERATIONS, 0.5), seed=3))
    assert np.array_equal(np.asarray(model(films())), films())
    got = np.asarray(model(films(), training=True))
    keras.config.set_dtype_policy("float32")
    assert np.array_equal(got, changed(films(), recipe_of(mode, OPERATIONS, 0.5)))


def test_only_resampling_forbids_compilation_by_xla() -> None:
    """TensorFlow's resampling has no XLA kernel: a model that holds it must not be compiled for a GPU."""
    forbidden = {name for name in OPERATIONS if not layer(recipe_of("combined", (name,), 1.0)).supports_jit}
    assert forbidden == {name for name, row in OPERATIONS.items() if row.resamples} != set()
