"""Backbones: rows that agree with the installed Keras, the same network as Keras's own on the same weights, `.h5`.

Every test runs on the smallest backbone at once, and on all of them with the slow tests. A backbone is built once for
all its tests, so each of these sets the weights that it looks at.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from backbone_rows import (
    SIDE,
    Films,
    Networks,
    activations,
    application,
    complaint,
    into_stem,
    networks,
    preprocessed,
    shaken,
    shapes_at,
    source,
)

from search_spaces import _backbones
from search_spaces._backbones import BACKBONES, Backbone, attach, backbone_layers, signature
from search_spaces._weight_files import find_backbone, load_run

SMALLEST = min(BACKBONES.values(), key=lambda row: row.parameters)
EACH = [pytest.param(name, marks=[] if name == SMALLEST.name else pytest.mark.long) for name in BACKBONES]


@pytest.fixture(scope="module", params=EACH)
def made(request: pytest.FixtureRequest) -> Iterator[Networks]:
    yield networks(BACKBONES[request.param])
    keras.backend.clear_session()


def films(seed: int = 5) -> Films:
    return np.random.default_rng(seed).random((2, SIDE, SIDE, 1), np.float32)


def answer(model: keras.Model, images: Films) -> Films:
    """Called at once: `predict` would trace a graph for a single batch."""
    return np.asarray(model(images, training=False))


def test_the_row_is_true(made: Networks) -> None:
    """Or the right one is printed, to be pasted."""
    if message := complaint(made):
        pytest.fail(message, pytrace=False)


def test_it_is_drawn_from_the_seed_alone(made: Networks) -> None:
    assert made.alike


def test_activations_go_with_the_area(made: Networks) -> None:
    """Less closely in a network that does not pad, and so needs larger films than one that halves five times."""
    expected = made.row.activations * (128 / SIDE) ** 2
    assert activations(made.ours, 128) == pytest.approx(expected, rel=0.01 if made.row.smallest == 2**5 else 0.16)


def test_keras_takes_the_smallest_film_and_no_smaller_one(made: Networks) -> None:
    side = made.row.smallest
    with pytest.raises(ValueError, match="at least"):
        application(made.row)(include_top=False, weights=None, input_shape=(side - 1, side - 1, 3))
    *_, last = shapes_at(made.ours, side)
    assert min(last) >= 1


def test_pixels_are_those_of_keras(made: Networks) -> None:
    """What the first convolution is given, in Keras's network with ImageNet weights and in ours."""
    ours, theirs = into_stem(made.ours), into_stem(made.theirs)
    images = films()
    np.testing.assert_allclose(answer(ours, images), answer(theirs, preprocessed(made.row, images)), atol=1e-5)


def test_it_is_keras_s_network_on_the_same_weights(made: Networks, tmp_path: Path) -> None:
    """Pixels, order of the layers, and reading of the file together."""
    path, images = tmp_path / made.row.file, films()
    made.theirs.save(path)
    expected = answer(made.theirs, preprocessed(made.row, images))
    before = answer(shaken(made.ours, seed=4), images)
    for layer, arrays in zip(backbone_layers(made.ours, made.row), load_run(path, made.row), strict=True):
        layer.set_weights(arrays)
    size = float(np.abs(expected).mean())
    assert np.abs(before - expected).mean() > 0.1 * size
    np.testing.assert_allclose(answer(made.ours, images), expected, rtol=1e-3, atol=1e-3 * size)


def test_a_predictor_survives_h5_and_gives_its_backbone_again(made: Networks, tmp_path: Path) -> None:
    row, path = made.row, tmp_path / "best_gender.h5"
    x = keras.layers.GlobalAveragePooling2D(name="pool")(shaken(made.ours).output)
    model = keras.Model(made.ours.input, keras.layers.Dense(1, name="gender")(x))
    for layer in backbone_layers(model, row)[:20]:
        layer.trainable = False  # frozen layers are written in another order of trainable and other weights
    model.save(path, include_optimizer=False)
    loaded = keras.models.load_model(path, compile=False)
    np.testing.assert_array_equal(answer(loaded, films()), answer(model, films()), strict=True)
    assert find_backbone(path, [row.name]) == row.name
    for layer, arrays in zip(backbone_layers(model, row), load_run(path, row), strict=True):
        for ours, read in zip(layer.get_weights(), arrays, strict=True):
            np.testing.assert_array_equal(ours, read)


def failure(made: Networks) -> str:
    """What the test of the row prints."""
    with pytest.raises(pytest.fail.Exception) as failed:
        test_the_row_is_true(made)
    return str(failed.value.msg)


def pasted(message: str) -> Backbone:
    """The row at the end of a message, as the table reads it."""
    _, _, text = message.partition("\n")
    row = eval(text.strip().removesuffix(","), vars(_backbones))
    assert isinstance(row, Backbone) and source(row) == text
    return row


@pytest.mark.long
def test_of_a_wrong_row_the_right_one_is_printed() -> None:
    made = networks(SMALLEST)
    wrong: dict[str, Any] = {
        "scale": 1 / 255,
        "offset": (0.1, 0.2, 0.3),
        "smallest": 75,
        "parameters": 1,
        "layers": 1,
    }
    wrong |= {
        "features": 1,
        "activations": SMALLEST.activations + 1,
        "multiply_adds": 1,
        "signature": "0" * 64,
        "file": "weights.h5",
    }
    assert set(wrong) == {field.name for field in fields(Backbone)} - {"name", "application", "options"}
    for name, value in wrong.items():
        message = failure(replace(made, row=replace(SMALLEST, **{name: value})))
        assert message.startswith(f"{SMALLEST.name}: {name} must be as in this row")
        assert pasted(message) == SMALLEST
    assert pasted(failure(replace(made, row=replace(SMALLEST, **wrong)))) == SMALLEST


@pytest.mark.long
def test_of_a_new_backbone_the_row_is_printed() -> None:
    """Of one whose row says no more than its name in Keras, and which rescales films itself."""
    row = pasted(failure(networks(Backbone("new", "MobileNetV3Small"))))
    assert (row.smallest, row.features, row.scale, row.offset) == (32, 576, 255.0, 0.0)
    assert row.file == "weights_mobilenet_v3_small_224_1.0_float_no_top_v2.h5"
    made = networks(row)
    test_the_row_is_true(made)
    test_pixels_are_those_of_keras(made)
    test_keras_takes_the_smallest_film_and_no_smaller_one(made)


def network(row: Backbone) -> keras.Model:
    inputs = keras.Input((80, 80, 1))
    return keras.Model(inputs, attach(inputs, row))


def test_layers_are_found_among_others_whatever_their_names() -> None:
    inputs = keras.Input((80, 80, 1))
    x = keras.layers.Conv2D(1, 3, padding="same")(keras.layers.Normalization()(inputs))
    x = keras.layers.Conv2D(8, 1)(attach(x, SMALLEST))
    model = keras.Model(inputs, keras.layers.BatchNormalization()(x))
    held = backbone_layers(model, SMALLEST)
    alone = backbone_layers(network(SMALLEST), SMALLEST)
    assert len(held) == SMALLEST.layers
    assert [layer.get_config().get("filters") for layer in held] == [
        layer.get_config().get("filters") for layer in alone
    ]
    assert not {id(layer) for layer in held} & {id(model.layers[1]), id(model.layers[2]), id(model.layers[-1])}


def test_layers_of_another_network_are_refused() -> None:
    other = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match=f"does not hold {SMALLEST.name}"):
        backbone_layers(other, SMALLEST)
    another = next(row for row in BACKBONES.values() if row != SMALLEST)
    with pytest.raises(ValueError, match=f"does not hold {another.name}"):
        backbone_layers(network(SMALLEST), another)


def test_a_signature_knows_shapes_and_their_order() -> None:
    one = [[(3, 3, 1, 8)], [(8,), (8,)]]
    assert signature(one) == signature([[[3, 3, 1, 8]], [[8], [8]]])
    others = [one[::-1], [[(3, 3, 1, 8), (8,), (8,)]], [[(3, 3, 1, 8)], [(8,)], [(8,)]], one[:1]]
    assert len({signature(layers) for layers in [one, *others]}) == 5
