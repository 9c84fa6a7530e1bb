"""Grad-CAM: maps that can be worked out by hand, gradients against differences, every backbone, shuffled weights."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from numpy.typing import NDArray

from runners._explain import gradcam
from runners._explain.gradcam import CHECKED, DRAWS, GradCam, explain_network, predictions_of, shuffle
from search_spaces import load_space
from search_spaces._backbones import BACKBONES
from search_spaces._hyperparameters import Fixed
from xrays.tasks import TASKS

SMALLEST = "mobilenetv2"
EACH = [pytest.param(name, marks=pytest.mark.slow if name == SMALLEST else pytest.mark.long) for name in BACKBONES]


def films(count: int, side: int) -> NDArray[np.uint8]:
    """Smooth noise."""
    coarse = np.random.default_rng(3).integers(0, 256, (count, side // 8, side // 8, 1))
    return coarse.repeat(8, axis=1).repeat(8, axis=2).astype(np.uint8)


def space_network(space: str, side: int, task: str = "age", **changes: Any) -> keras.Model:
    """With the last kernel random: spaces with a backbone begin from zeros."""
    own = load_space(space)
    keras.utils.set_random_seed(4)
    model = own.build(own.sample(Fixed({**own.first, **changes})), TASKS[task], (side, side, 1))
    last = next(layer for layer in reversed(model.layers) if isinstance(layer, layers.Dense))
    rng = np.random.default_rng(5)
    last.set_weights([rng.normal(size=weight.shape) for weight in last.get_weights()])
    return model


def bright_and_dark() -> keras.Model:
    """Its logit is 3 × mean brightness above a half − 2 × mean darkness below it + 1, then a sigmoid."""
    film = keras.Input((8, 8, 1))
    x = layers.ReLU()(layers.Conv2D(2, 1, name="conv")(film))
    model = keras.Model(
        film, layers.Dense(1, activation="sigmoid", name="gender")(layers.GlobalAveragePooling2D()(x))
    )
    model.get_layer("conv").set_weights([np.array([[[[1.0, -1.0]]]]), np.array([-0.5, 0.5])])
    model.get_layer("gender").set_weights([np.array([[3.0], [-2.0]]), np.array([1.0])])
    return model


def test_the_map_of_a_network_that_can_be_worked_out() -> None:
    given = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 1)).astype(np.uint8)
    model = bright_and_dark()
    maps = GradCam(model).maps(given)
    bright = given[..., 0] / 255 - 0.5
    np.testing.assert_allclose(maps, np.where(bright > 0, 3 * bright, 2 * bright) / 64, atol=1e-6)
    answer = predictions_of(model, given).astype(np.float64)
    np.testing.assert_allclose(maps.sum(axis=(1, 2)) + 1, np.log(answer / (1 - answer)), rtol=1e-3)


def test_an_answer_of_which_the_network_is_sure_has_a_map() -> None:
    model = bright_and_dark()
    model.get_layer("gender").set_weights([np.array([[3.0], [-2.0]]), np.array([200.0])])
    given = films(2, 8)
    assert (predictions_of(model, given) == 1).all() and np.abs(GradCam(model).maps(given)).max() > 0


@pytest.mark.parametrize(
    ("stem", "side", "layer", "places"),
    [
        ("plain", 64, "relu_3", 4),
        ("patch_2", 64, "conv_3", 4),
        ("patch_4", 64, "conv_2", 4),
        ("patch_4", 16, "conv_0", 4),
    ],
)
def test_after_a_stem_the_last_map_that_is_not_too_coarse_is_explained(
    stem: str, side: int, layer: str, places: int
) -> None:
    explainer = GradCam(space_network("cnn", side, stem=stem, filters=8))
    assert (explainer.layer, explainer.maps(films(1, side)).shape) == (layer, (1, places, places))


@pytest.mark.parametrize("head", ["average", "max", "both", "flatten"])
def test_channels_weigh_as_much_as_the_answer_moves_with_them(head: str) -> None:
    """Against differences: adding a little to a channel everywhere moves the logit by its gradient's sum."""
    model = space_network("cnn", 32, "gender", depth=2, filters=8, head=head, activation="swish", dropout=0.5)
    explainer, given = GradCam(model), films(2, 32)
    seen = np.asarray(keras.Model(model.input, model.get_layer(explainer.layer).output)(given / np.float32(255)))
    after = keras.Model(model.get_layer(explainer.layer).output, model.layers[-1].input)
    kernel = model.layers[-1].get_weights()[0].astype(np.float64)

    def logit(features: NDArray[np.float32]) -> NDArray[np.float64]:
        return (np.asarray(after(features, training=False), np.float64) @ kernel)[:, 0]

    step = 1e-2 * np.eye(seen.shape[-1], dtype=np.float32)[:, None, None, None]
    slopes = np.stack([(logit(seen + add) - logit(seen - add)) / 2e-2 for add in step], axis=-1)
    expected = (seen * slopes[:, None, None]).sum(axis=-1) / (seen.shape[1] * seen.shape[2])
    np.testing.assert_allclose(explainer.maps(given), expected, atol=0.02 * np.abs(expected).max())


def test_maps_do_not_depend_on_the_films_beside_them() -> None:
    explainer, given = GradCam(space_network("cnn", 32)), films(19, 32)
    together = explainer.maps(given)
    np.testing.assert_allclose(explainer.maps(given[17:]), together[17:], rtol=1e-3, atol=1e-6)


def test_a_last_map_that_is_too_coarse_gives_way_to_one_before() -> None:
    for depth, layer, side in ((2, "relu_1", 8), (5, "conv_3", 4)):
        explainer = GradCam(space_network("cnn", 32, depth=depth))
        assert explainer.layer == layer and explainer.maps(films(1, 32)).shape == (1, side, side)
    residual = GradCam(space_network("cnn", 32, depth=5, residual=True))
    assert residual.maps(films(1, 32)).shape == (1, 4, 4), "a layer that the shortcut goes past explains nothing"


@pytest.fixture
def no_graphs() -> Iterator[None]:
    """What would be a graph is called step by step: of a deep network it takes longer to make than all its maps."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.mark.parametrize("name", EACH)
def test_every_backbone_has_maps_that_change_with_its_weights(
    name: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In graphs, and against several draws of weights, the smallest one."""
    draws = DRAWS if name == SMALLEST else 1
    if name != SMALLEST:
        request.getfixturevalue("no_graphs")
        monkeypatch.setattr(gradcam, "DRAWS", draws)
    side = 80 if name == "inceptionv3" else 64
    model = space_network("transfer", side, backbone=name)
    learnt = [layer.get_weights() for layer in model.layers]
    shuffle(model, learnt, seed=(1,))  # with statistics, without which fresh networks put out next to nothing
    settled, told = statistics(model), list[tuple[int, int]]()
    found = explain_network(model, films(6, side), seed=0, progress=lambda done, total: told.append((done, total)))
    assert found.maps.shape[0] == 6 and min(found.maps.shape[1:]) >= 4
    assert found.shuffled.shape == (draws, 6, *found.maps.shape[1:])
    assert np.isfinite(found.maps).all() and (np.abs(found.maps).max(axis=(1, 2)) > 0).all()
    assert all(np.abs(found.maps - draw).max() > 0 for draw in found.shuffled)
    assert told[-1] == (6 + 6 * draws, 6 + 6 * draws)
    assert all((settled[layer] != now).any(axis=1).all() for layer, now in statistics(model).items())


def test_shuffled_kernels_have_the_same_numbers_in_another_order() -> None:
    model = space_network("cnn", 32)
    learnt = [layer.get_weights() for layer in model.layers]
    shuffle(model, learnt, seed=(0, 1))
    once = model.get_layer("conv_1").get_weights()
    (kernel, bias), number = learnt[model.layers.index(model.get_layer("conv_1"))], 0
    assert (np.sort(once[number].ravel()) == np.sort(kernel.ravel())).all()
    assert (once[0] != kernel).mean() > 0.9 and (once[1] == bias).all()
    shuffle(model, learnt, seed=(0, 2))
    assert (model.get_layer("conv_1").get_weights()[0] != once[0]).any()


def statistics(model: keras.Model) -> dict[str, NDArray[Any]]:
    return {
        layer.name: np.stack([np.asarray(layer.moving_mean), np.asarray(layer.moving_variance)])
        for layer in model.layers
        if isinstance(layer, layers.BatchNormalization)
    }


def test_every_normalisation_gets_the_statistics_of_shuffled_kernels() -> None:
    """Those before the cut and after it, and those that are not trained; what is trained stays as it was."""
    model = space_network("cnn", 32, depth=5, normalisation="batch")
    cut = model.layers.index(model.get_layer(GradCam(model).layer))
    places = [model.layers.index(model.get_layer(name)) for name in statistics(model)]
    assert min(places) < cut < max(places)
    model.layers[places[0]].trainable = False
    before, trained = statistics(model), [layer.trainable for layer in model.layers]
    momenta = [model.layers[place].momentum for place in places]
    shuffle(model, [layer.get_weights() for layer in model.layers], seed=(3,))
    after = statistics(model)
    assert [name for name in before if (before[name] == after[name]).all(axis=1).any()] == []
    assert [layer.trainable for layer in model.layers] == trained
    assert [model.layers[place].momentum for place in places] == momenta


def test_a_hundred_films_are_not_all_checked() -> None:
    found = explain_network(
        space_network("cnn", 16, depth=2), films(CHECKED + 5, 16), seed=0, progress=lambda *_: None
    )
    assert len(found.maps) == len(found.predictions) == CHECKED + 5
    assert found.shuffled.shape[1] == CHECKED
