"""A model or card from a stranger runs no code, and one that is cut or odd costs a clear line."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from cli_process import called
from mean_model import model_of_means

from runners._models import opened as opened_
from runners._models.cards import LARGEST, read_card
from runners._models.opened import check_file, opened
from runners._training.portable import save_portable
from xrays.errors import UserError

SIDE = 8


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """As `export` writes it."""
    import keras

    given = keras.Input((SIDE, SIDE, 1))
    hidden = keras.layers.Conv2D(2, 3, activation="relu")(given)
    path = tmp_path_factory.mktemp("model") / "model.h5"
    save_portable(keras.Model(given, keras.layers.Dense(1)(keras.layers.GlobalAveragePooling2D()(hidden))), path)
    return path.read_bytes()


@pytest.fixture
def model(tmp_path: Path, written: bytes) -> Path:
    path = tmp_path / "model.h5"
    path.write_bytes(written)
    return path


def change_config(model: Path, change: Callable[[dict[str, Any]], object]) -> None:
    with h5py.File(model, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        change(config)
        file.attrs["model_config"] = json.dumps(config)


def convolution(config: Mapping[str, Any]) -> dict[str, Any]:
    (found,) = (layer for layer in config["config"]["layers"] if layer["class_name"] == "Conv2D")
    return found  # type: ignore[no-any-return]


def test_what_export_writes_is_opened(model: Path) -> None:
    check_file(model)
    assert opened(model).output_shape == (None, 1)


def test_no_code_of_a_layer_is_run(model: Path, tmp_path: Path) -> None:
    """A Lambda in the words of Keras 2, which holds the bytes of a function."""
    from keras.src.utils.python_utils import func_dump

    mark = str(tmp_path / "ran")
    code = func_dump(eval(f"lambda x, open=open: (open({mark!r}, 'w').close(), x)[1]"))[0]

    def add(config: dict[str, Any]) -> None:
        layer = convolution(config)
        layer["class_name"] = "Lambda"
        layer["config"] = {"name": layer["name"], "function": [code, None, None], "function_type": "lambda"}

    change_config(model, add)
    with pytest.raises(UserError, match=r"a layer of the class 'Lambda'"):
        opened(model)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("command", ["predict", "explain"])
def test_no_command_opens_it(command: str, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Though its card is as it should be."""
    change_config(model, lambda config: convolution(config).update(class_name="Lambda"))
    content = model.read_bytes()
    with monkeypatch.context() as patch:
        path = model_of_means(tmp_path, SIDE, patch)
    path.write_bytes(content)
    card = json.loads(path.with_suffix(".json").read_text())
    card["model_sha256"] = hashlib.sha256(content).hexdigest()
    path.with_suffix(".json").write_text(json.dumps(card))
    (tmp_path / "film.png").write_bytes(b"no image")
    done = called(command, path, "film.png", cwd=tmp_path)
    assert done.returncode == 2 and "model.h5 is not opened: a layer of the class 'Lambda'" in done.stderr
    assert "accepted:" in done.stderr and "next:" in done.stderr and done.stdout == ""


def by_module(config: dict[str, Any]) -> None:
    """As Keras 3 names any class of any module."""
    named = {"module": "os", "class_name": "getcwd", "config": {}, "registered_name": None}
    convolution(config)["config"]["kernel_initializer"] = named


def layer(**changed: Any) -> Callable[[dict[str, Any]], object]:
    return lambda config: convolution(config).update(changed)


def setting(**changed: Any) -> Callable[[dict[str, Any]], object]:
    return lambda config: convolution(config)["config"].update(changed)


CONFIGS: dict[str, tuple[Callable[[dict[str, Any]], object], str]] = {
    "another class of model": (lambda config: config.update(class_name="Sequential"), "not Functional"),
    "a class by its module": (by_module, "'getcwd'"),
    "hidden in a list": (setting(strides=[[{"class_name": "Lambda"}], 1]), "strides of a layer"),
    "an initializer in another place": (
        setting(activation={"class_name": "Zeros", "config": {}}),
        "with the activation {",
    ),
    "an initializer that is a regularizer": (
        setting(kernel_regularizer={"class_name": "Zeros", "config": {}}),
        "kernel_regularizer of a layer",
    ),
    "an activation": (setting(activation="os>system"), "'os>system'"),
    "a setting": (setting(build_config={}), "says 'build_config'"),
    "a key of a layer": (layer(module="os"), "says 'module'"),
    "a call with a value": (layer(inbound_nodes=[[["a", 0, 0, {"b": 1}]]]), "is called with"),
    "no layers": (lambda config: config["config"].pop("layers"), "where a list belongs"),
    "a layer that is none": (lambda config: config["config"]["layers"].append(3), "where an object belongs"),
    "a class that is a list": (layer(class_name=["Dense"]), r"class \['Dense'\]"),
    "an end": (lambda config: config["config"].update(input_layers={"class_name": "x"}), "input_layers"),
    "a layer that would take all memory": (setting(filters=300_000_000), "larger than its weights in the file"),
    "a window that would": (setting(kernel_size=[30_000, 30_000]), "larger than its weights in the file"),
    "a margin that would": (setting(padding=[[30_000, 30_000], [0, 0]]), "puts .* round films"),
    "a size that is none": (setting(filters=-2), "has the size -2"),
    "a setting that fits no layer": (setting(padding="odd"), "Keras cannot open it"),
}


@pytest.mark.parametrize("kind", CONFIGS)
def test_what_no_export_writes_is_refused(kind: str, model: Path) -> None:
    change, said = CONFIGS[kind]
    change_config(model, change)
    with pytest.raises(UserError, match=said) as refused:
        opened(model)
    assert str(model) in refused.value.given


def attribute(value: object) -> Callable[[Path], None]:
    def change(model: Path) -> None:
        with h5py.File(model, "r+") as file:
            del file.attrs["model_config"]
            if value is not None:
                file.attrs["model_config"] = value

    return change


def in_file(change: Callable[[h5py.Group], object]) -> Callable[[Path], None]:
    def changed(model: Path) -> None:
        with h5py.File(model, "r+") as file:
            change(file["model_weights"])

    return changed


def elsewhere(weights: h5py.Group) -> None:
    weights.create_dataset("secret", (4,), "u1", external=[("/etc/hostname", 0, 4)])


def doubling(weights: h5py.Group) -> None:
    """Each group is twice in the one above."""
    for _ in range(20):
        inner = weights.create_group("a")
        weights["b"] = inner
        weights = inner


def pickled(weights: h5py.Group) -> None:
    weights["objects"] = np.void(b"\x80\x04K\x01.")


def diverged(weights: h5py.Group) -> None:
    """As a training leaves them that nobody has looked at."""
    weights.visititems(lambda _, part: part.__setitem__(..., np.nan) if isinstance(part, h5py.Dataset) else None)


def swollen(weights: h5py.Group) -> None:
    """Unpacked it would be ten gigabytes: none of them is written."""
    weights.create_dataset("large", (10**10,), "u1", chunks=(10**6,), compression="gzip")


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "cut": (lambda model: model.write_bytes(model.read_bytes()[:-300]), "cut, damaged or no HDF5"),
    "empty": (lambda model: model.write_bytes(b""), "cut, damaged or no HDF5"),
    "text": (lambda model: model.write_text("a model"), "cut, damaged or no HDF5"),
    "no network": (attribute(None), "holds no network"),
    "a number for a network": (attribute(3), "holds no network"),
    "half a JSON": (attribute('{"class_name": '), "Expecting value"),
    "a list": (attribute("[1]"), "where an object belongs"),
    "nested deeply": (attribute("[" * 50_000), "nested too deeply"),
    "a link to another file": (in_file(lambda w: w.__setitem__("a", h5py.ExternalLink("b.h5", "/"))), "is a link"),
    "a link to nowhere": (in_file(lambda w: w.__setitem__("a", h5py.SoftLink("/nowhere"))), "is a link"),
    "a circle": (in_file(lambda w: w.__setitem__("a", w)), "under several names"),
    "a million ways": (in_file(doubling), "under several names"),
    "nested groups": (in_file(lambda w: w.create_group("/".join("a" * 2000))), "nested too deeply"),
    "an array in another file": (in_file(elsewhere), "lies in another file"),
    "an object": (in_file(pickled), "holds no numbers"),
    "an array larger than the file": (in_file(swollen), "larger than the file"),
    "weights that are no numbers": (in_file(diverged), "have NaN or infinity"),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_an_odd_file_is_refused_before_keras_sees_it(kind: str, model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    change, said = FILES[kind]
    change(model)
    monkeypatch.setattr(opened_, "silent_start", lambda: pytest.fail("Keras is loaded"))
    with pytest.raises(UserError, match=said) as refused:
        opened(model)
    assert refused.value.remedy and str(model) in refused.value.given


@pytest.mark.parametrize(("card", "named"), [('{"task": "gender"}', "gender"), ("{}", "TASK"), ("[", "TASK")])
def test_what_brings_it_back_is_of_its_own_task(card: str, named: str, model: Path) -> None:
    model.with_suffix(".json").write_text(card)
    model.write_bytes(model.read_bytes()[:-300])
    for read in (check_file, read_card):
        with pytest.raises(UserError) as refused:
            read(model)
        assert f"export --task {named}" in refused.value.remedy


ODD_CARDS: dict[str, tuple[Mapping[str, Any], str]] = {
    "a run elsewhere": ({"run": "../mine"}, "no name of a run"),
    "a run from the root": ({"run": "/tmp"}, "no name of a run"),
    "the folder of runs": ({"run": ".."}, "no name of a run"),
    "no run": ({"run": ""}, "no name of a run"),
    "films without pixels": ({"input": {"shape": [0, 0, 1]}, "experiment": {"size": 0}}, r"shape \[0, 0, 1\]"),
    "films of no screen": (
        {"input": {"shape": [10**9, 10**9, 1]}, "experiment": {"size": 10**9}},
        r"shape \[1000000000,",
    ),
    "pictures in words": ({"input": {"pictures": {"brightness": ["dark", 1]}}}, "where a number belongs"),
    "pictures of one end": ({"input": {"pictures": {"brightness": [1]}}}, "has 1 ends"),
    "pictures that are a list": ({"input": {"pictures": [1]}}, "where an object belongs"),
}


def test_a_card_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = model_of_means(tmp_path, SIDE, monkeypatch)
    os.truncate(path.with_suffix(".json"), LARGEST + 1)  # of which the disk holds nothing
    with pytest.raises(UserError, match="larger than that of any model"):
        read_card(path)


@pytest.mark.parametrize("kind", ODD_CARDS)
def test_an_odd_card_is_refused(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd, said = ODD_CARDS[kind]
    path = model_of_means(tmp_path, SIDE, monkeypatch)
    card = json.loads(path.with_suffix(".json").read_text())
    read_card(path)
    card |= {key: {**card[key], **value} if isinstance(value, dict) else value for key, value in odd.items()}
    path.with_suffix(".json").write_text(json.dumps(card))
    with pytest.raises(UserError, match=said):
        read_card(path)
