"""The portable form of an exported file: it says the same, in words that are few and known.

Of backbones, and that other versions of Keras really open it, in test_other_keras.py.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from every_model import answers, every_cnn, every_embedding

from runners._models.opened import check_file
from runners._training.portable import DEFAULTS, INITIALIZERS, NotPortable, portable, save_portable
from search_spaces import load_space
from xrays.tasks import TASKS

Config = dict[str, Any]
# What other versions of Keras stumble over, by name: the table is not its own judge.
REFUSED = {
    *("input_axes", "output_axes", "quantization_config", "renorm", "renorm_clipping", "renorm_momentum"),
    *("batch_shape", "optional", "args", "kwargs", "training", "mask"),
}


def config_of(path: Path) -> Config:
    with h5py.File(path) as file:
        config: Config = json.loads(file.attrs["model_config"])
    return config


def written(model: Any, folder: Path) -> Config:
    """As Keras itself writes it."""
    model.save(folder / "plain.h5", include_optimizer=False)
    return config_of(folder / "plain.h5")


def classes(config: Config) -> set[str]:
    return {layer["class_name"] for layer in config["config"]["layers"]}


def keys(value: Any) -> set[str]:
    """All keys anywhere in it."""
    if isinstance(value, dict):
        return {*value, *(key for own in value.values() for key in keys(own))}
    return {key for own in value for key in keys(own)} if isinstance(value, list) else set()


def survives(model: Any, path: Path) -> Config:
    save_portable(model, path)
    check_file(path)  # whoever opens files of others opens this one
    loaded = keras.models.load_model(path, compile=False)
    np.testing.assert_array_equal(answers(loaded), answers(model), strict=True)
    assert loaded.name == model.name and [layer.name for layer in loaded.layers] == [x.name for x in model.layers]
    config = config_of(path)
    assert not keys(config) & REFUSED
    assert {str(layer["config"]["dtype"]) for layer in config["config"]["layers"]} == {"float32"}
    return config


def test_everything_of_the_space_cnn(tmp_path: Path) -> None:
    for name, model in every_cnn():
        survives(model, tmp_path / f"{name}.h5")


def test_everything_of_the_space_embedding(tmp_path: Path) -> None:
    for name, model in every_embedding():
        survives(model, tmp_path / f"{name}.h5")


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """Of a residual network with BatchNormalization, as Keras writes it."""
    space = load_space("cnn")
    recipe = space.recipe({**space.first, "depth": 2, "filters": 8, "residual": True, "head": "both"})
    return written(space.build(recipe, TASKS["age"], (16, 16, 1)), tmp_path_factory.mktemp("config"))


def layers_of(config: Config, class_name: str) -> list[Config]:
    return [layer for layer in config["config"]["layers"] if layer["class_name"] == class_name]


def refused(config: Config, change: Callable[[Config], None]) -> str:
    changed = copy.deepcopy(config)
    change(changed)
    with pytest.raises(NotPortable) as caught:
        portable(changed)
    return str(caught.value)


def test_a_key_that_a_later_keras_adds_is_no_silent_pass(config: Config) -> None:
    """Anywhere: in every layer and every initializer of it, in what stands around them."""
    count = 0
    for number, layer in enumerate(config["config"]["layers"]):
        where = f"layer {layer['name']} ({layer['class_name']})"

        def of(changed: Config, number: int = number) -> Config:
            found: Config = changed["config"]["layers"][number]
            return found

        told = refused(config, lambda changed: of(changed)["config"].update(lately=None))
        assert told == f"{where} has lately, which not every version of Keras knows"
        assert where in refused(config, lambda changed: of(changed).update(lately=None))
        for key, value in layer["config"].items():
            if isinstance(value, dict) and key != "dtype":
                count += 1
                told = refused(
                    config, lambda changed, key=key: of(changed)["config"][key]["config"].update(lately=None)
                )
                assert told.startswith(f"{key} of {where} has lately")
        for call in range(len(layer["inbound_nodes"])):
            told = refused(
                config, lambda changed, call=call: of(changed)["inbound_nodes"][call]["kwargs"].update(lately=None)
            )
            assert told == f"{where} is called with lately=None"
    assert count > 30
    assert "the model has lately" in refused(config, lambda changed: changed["config"].update(lately=1))


@pytest.mark.parametrize(("class_name", "idle"), [(row, key) for row, keys in DEFAULTS.items() for key in keys])
def test_what_is_left_out_must_say_nothing(config: Config, class_name: str, idle: str) -> None:
    """A key that older versions do not know is dropped where it is the default, and only there."""

    def change(changed: Config) -> None:
        for layer in changed["config"]["layers"]:
            if layer["class_name"] == class_name:
                layer["config"][idle] = 0.5
            if class_name in INITIALIZERS and "kernel_initializer" in layer["config"]:
                layer["config"]["kernel_initializer"] = {"class_name": class_name, "config": {idle: 0.5}}

    assert f"{idle}=0.5, which older versions of Keras do not have" in refused(config, change)


@pytest.mark.parametrize(
    ("class_name", "key", "value"),
    [
        ("Dense", "activation", "celu"),
        ("Dense", "kernel_initializer", {"class_name": "Orthogonal", "config": {}}),
        ("Conv2D", "kernel_regularizer", {"class_name": "L2", "config": {"l2": 0.1}}),
        ("Conv2D", "dtype", {"class_name": "DTypePolicy", "config": {"name": "mixed_bfloat16"}}),
        ("Conv2D", "dtype", {"class_name": "QuantizedDTypePolicy", "config": {"mode": "int8"}}),
        ("InputLayer", "dtype", "uint8"),
    ],
)
def test_a_value_that_nobody_has_tried(config: Config, class_name: str, key: str, value: Any) -> None:
    told = refused(config, lambda changed: layers_of(changed, class_name)[0]["config"].update({key: value}))
    assert f"({class_name})" in told and "has not been tried in other versions of Keras" in told


def test_a_dropout_that_is_always_awake_would_be_another_network(config: Config) -> None:
    def change(changed: Config) -> None:
        layers_of(changed, "Dropout")[0]["inbound_nodes"][0]["kwargs"]["training"] = True

    assert refused(config, change) == "layer dropout (Dropout) is called with training=True"


def test_models_that_no_space_makes(tmp_path: Path) -> None:
    film = keras.Input((8, 8, 1))
    features = keras.layers.Flatten()(film)
    inner = keras.Model(film, features, name="inner")
    for model, told in (
        (keras.Sequential([film, keras.layers.Dense(2)]), "of the class Sequential"),
        (keras.Model(film, keras.layers.Dense(1)(inner(film))), "layer inner (Functional) is of a class"),
        (keras.Model(film, keras.layers.LayerNormalization(name="own")(film)), "layer own (LayerNormalization)"),
        (keras.Model(film, [features, film]), "a model of 2 inputs or outputs"),
    ):
        with pytest.raises(NotPortable) as caught:
            save_portable(model, tmp_path / "model.h5")
        assert told in str(caught.value)
