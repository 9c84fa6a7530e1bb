"""Backbones: rows that agree with the installed Keras, the same network as Keras's own on the same weights, `.h5`.

Every test runs on the smallest backbone at once, and on all of them with the slow tests.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from search_spaces._backbones import BACKBONES, Backbone, attach, backbone_layers, signature
from search_spaces._weight_files import find_backbone, load_run

SIDE = 80  # px; inceptionv3 takes 75 and more
EACH = [pytest.param(name, marks=[] if name == "mobilenetv2" else pytest.mark.long) for name in BACKBONES]
# Statistics in the ImageNet file of EfficientNetB0: the variances are standard deviations.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def network(row: Backbone, side: int, *, head: bool = False) -> keras.Model:
    """From films to the backbone's last map, or to one number."""
    films = keras.Input((side, side, 1), name="film")
    x = attach(films, row)
    if head:
        x = keras.layers.Dense(1, name="gender")(keras.layers.GlobalAveragePooling2D(name="pool")(x))
    return keras.Model(films, x)


def films(side: int, seed: int = 5) -> NDArray[np.float32]:
    return np.random.default_rng(seed).random((2, side, side, 1), np.float32)


def answer(model: keras.Model, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Called at once: `predict` would trace a graph for a single batch."""
    return np.asarray(model(images, training=False))


def shaken(model: keras.Model, seed: int = 3) -> keras.Model:
    """Weights of which no two are alike: fresh BatchNormalizations all are, and would hide a wrong order. What is
    Normalization's stays."""
    rng = np.random.default_rng(seed)
    for layer in model.layers:
        if not isinstance(layer, keras.layers.Normalization):
            layer.set_weights([w * rng.uniform(0.8, 1.2, w.shape) + rng.normal(0, 0.01) for w in layer.get_weights()])
    return model


def of_keras(row: Backbone, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[keras.Model, Path]:
    """Keras's own network as it is with its ImageNet weights, here with random ones, and the file it read them from.
    It takes colour pictures of 0 to 255 after `preprocess_input`."""
    application = getattr(keras.applications, row.application)
    random = shaken(application(include_top=False, weights=None, input_shape=(SIDE, SIDE, 3)))
    for layer in random.layers:
        if isinstance(layer, keras.layers.Normalization) and layer.weights:
            layer.set_weights([np.array(MEAN), np.array(STD), np.array(0)])
    path = folder / row.file
    random.save(path)
    asked: list[str] = []

    def cached(name: str, *args: Any, **kwargs: Any) -> str:
        asked.append(name)
        return str(path)

    monkeypatch.setattr("keras.src.utils.file_utils.get_file", cached)
    made = application(include_top=False, weights="imagenet", input_shape=(224, 224, 3))
    assert asked == [row.file], "Keras calls the file otherwise"
    return made, path


def preprocessed(row: Backbone, images: NDArray[np.float32]) -> NDArray[np.float32]:
    """Films as Keras wants them for this application."""
    module = sys.modules[getattr(keras.applications, row.application).__module__]
    colour = np.repeat(255 * images, 3, axis=-1)
    return np.asarray(module.preprocess_input(colour))


@pytest.mark.parametrize("name", EACH)
def test_the_row_is_true(name: str) -> None:
    row = BACKBONES[name]
    model = network(row, 224)
    shapes = [[weight.shape for weight in layer.weights] for layer in backbone_layers(model, row)]
    assert row.name == name
    assert len(shapes) == row.layers
    assert sum(math.prod(shape) for layer in shapes for shape in layer) == row.parameters
    assert signature(shapes) == row.signature
    assert model.output.shape[-1] == row.features
    assert activations(model) == row.activations


@pytest.mark.parametrize("name", EACH)
def test_activations_go_with_the_area(name: str) -> None:
    row = BACKBONES[name]
    expected = row.activations * (128 / 224) ** 2
    assert activations(network(row, 128)) == pytest.approx(expected, rel=0.16 if name == "inceptionv3" else 0.01)


def activations(model: keras.Model) -> int:
    made = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    return sum(math.prod(layer.output.shape[1:]) for layer in made)


@pytest.mark.parametrize("name", EACH)
def test_keras_takes_the_smallest_film_and_no_smaller_one(name: str) -> None:
    row = BACKBONES[name]
    with pytest.raises(ValueError, match="at least"):
        side = row.smallest - 1
        getattr(keras.applications, row.application)(include_top=False, weights=None, input_shape=(side, side, 3))
    assert network(row, row.smallest).output.shape[1] >= 1


@pytest.mark.parametrize("name", ["resnet50v2", "densenet121", "mobilenetv2", "inceptionv3"])
def test_pixels_are_those_of_keras(name: str) -> None:
    row, images = BACKBONES[name], films(8)
    ours = images * np.float32(row.scale) + np.float32(row.offset)
    np.testing.assert_allclose(np.broadcast_to(ours, (2, 8, 8, 3)), preprocessed(row, images), atol=1e-5)


@pytest.mark.long
@pytest.mark.parametrize("name", ["efficientnetb0", "efficientnetv2b0"])
def test_pixels_are_those_of_keras_where_the_network_makes_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the first convolution is given, in Keras's network with ImageNet weights and in ours."""
    row, images = BACKBONES[name], films(224)
    theirs, _ = of_keras(row, tmp_path, monkeypatch)
    np.testing.assert_allclose(
        answer(into_stem(network(row, 224)), images),
        answer(into_stem(theirs), preprocessed(row, images)),
        atol=1e-5,
    )


def into_stem(model: keras.Model) -> keras.Model:
    """From the model's input to the last layer before its first weights that training changes."""
    stem = next(layer for layer in model.layers if layer.trainable_weights)
    return keras.Model(model.input, stem.input)


@pytest.mark.parametrize("name", EACH)
def test_it_is_keras_s_network_on_the_same_weights(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pixels, order of the layers, and reading of the file together, through the file of the ImageNet weights."""
    row, images = BACKBONES[name], films(224)
    theirs, path = of_keras(row, tmp_path, monkeypatch)
    expected = answer(theirs, preprocessed(row, images))
    ours = network(row, 224)
    before = answer(ours, images)
    for layer, arrays in zip(backbone_layers(ours, row), load_run(path, row), strict=True):
        layer.set_weights(arrays)
    size = float(np.abs(expected).mean())
    assert np.abs(before - expected).mean() > 0.1 * size
    np.testing.assert_allclose(answer(ours, images), expected, rtol=1e-3, atol=1e-3 * size)


@pytest.mark.parametrize("name", EACH)
def test_a_predictor_survives_h5_and_gives_its_backbone_again(name: str, tmp_path: Path) -> None:
    row, path = BACKBONES[name], tmp_path / "best_gender.h5"
    model = shaken(network(row, SIDE, head=True))
    for layer in backbone_layers(model, row)[:20]:
        layer.trainable = False  # frozen layers are written in another order of trainable and other weights
    model.save(path, include_optimizer=False)
    loaded = keras.models.load_model(path, compile=False)
    np.testing.assert_array_equal(answer(loaded, films(SIDE)), answer(model, films(SIDE)), strict=True)
    assert find_backbone(path, [name]) == name
    for layer, arrays in zip(backbone_layers(model, row), load_run(path, row), strict=True):
        for ours, read in zip(layer.get_weights(), arrays, strict=True):
            np.testing.assert_array_equal(ours, read)


def test_layers_are_found_among_others_whatever_their_names() -> None:
    row = BACKBONES["mobilenetv2"]
    inputs = keras.Input((SIDE, SIDE, 1))
    x = keras.layers.Conv2D(1, 3, padding="same")(keras.layers.Normalization()(inputs))
    x = keras.layers.Conv2D(8, 1)(attach(x, row))
    model = keras.Model(inputs, keras.layers.BatchNormalization()(x))
    found = backbone_layers(model, row)
    alone = backbone_layers(network(row, SIDE), row)
    assert len(found) == row.layers
    assert [layer.get_config().get("filters") for layer in found] == [
        layer.get_config().get("filters") for layer in alone
    ]
    assert not {id(layer) for layer in found} & {id(model.layers[1]), id(model.layers[2]), id(model.layers[-1])}


def test_layers_of_another_network_are_refused() -> None:
    row = BACKBONES["mobilenetv2"]
    other = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)])
    with pytest.raises(ValueError, match="does not hold mobilenetv2"):
        backbone_layers(other, row)
    with pytest.raises(ValueError, match="does not hold resnet50v2"):
        backbone_layers(network(row, SIDE), BACKBONES["resnet50v2"])


def test_a_signature_knows_shapes_and_their_order() -> None:
    one = [[(3, 3, 1, 8)], [(8,), (8,)]]
    assert signature(one) == signature([[[3, 3, 1, 8]], [[8], [8]]])
    others = [one[::-1], [[(3, 3, 1, 8), (8,), (8,)]], [[(3, 3, 1, 8)], [(8,)], [(8,)]], one[:1]]
    assert len({signature(layers) for layers in [one, *others]}) == 5
