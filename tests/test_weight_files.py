"""Weight files: whose weights they are, whatever stands around them, and what is said of a file that does not serve.

All files are written here. The arrays of a file are numbered, so that what is read can be told apart.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
import pytest
from numpy.typing import NDArray

from search_spaces._backbones import BACKBONES, attach, backbone_layers
from search_spaces._file_layers import read_layers
from search_spaces._weight_files import backbone_in, find_backbone, fingerprint, load_run
from xrays.errors import UserError

ROW = BACKBONES["mobilenetv2"]
NAMES = ["densenet121", "mobilenetv2"]
ROOT = Path(__file__).parents[1]

Layers = list[tuple[str, list[NDArray[np.float32]]]]


@pytest.fixture(scope="module")
def shapes() -> list[list[tuple[int, ...]]]:
    """Of the backbone's weights, layer by layer."""
    inputs = keras.Input((32, 32, 1))
    model = keras.Model(inputs, attach(inputs, ROW))
    return [[tuple(weight.shape) for weight in layer.weights] for layer in backbone_layers(model, ROW)]


@pytest.fixture(scope="module")
def application() -> keras.Model:
    """Keras's own network for colour pictures, without its top."""
    return keras.applications.MobileNetV2(include_top=False, weights=None, input_shape=(32, 32, 3))


def numbered(shapes: Sequence[Sequence[tuple[int, ...]]], start: int = 0) -> Layers:
    """Layers whose arrays hold their layer's number and a tenth of their own."""
    return [
        (f"layer_{number:03d}", [np.full(shape, number + k / 10, np.float32) for k, shape in enumerate(layer)])
        for number, layer in enumerate(shapes, start)
    ]


def write(path: Path, layers: Layers, *, root: str = "/", cut: int = 0, weight: str = "{layer}/weight_{k}:0") -> Path:
    """A file as Keras writes it: the groups are in the order of their names, the attribute tells the layers' order.
    cut: the attribute comes in pieces of so many names."""
    with h5py.File(path, "w") as file:
        group = file.require_group(root)
        names = [name.encode() for name, _ in layers]
        if cut:
            for piece, start in enumerate(range(0, len(names), cut)):
                group.attrs[f"layer_names{piece}"] = names[start : start + cut]
        else:
            group.attrs["layer_names"] = names
        for name, arrays in layers:
            keys = [weight.format(layer=name, k=k) for k in range(len(arrays))]
            group.create_group(name).attrs["weight_names"] = [key.encode() for key in keys]
            for key, array in zip(keys, arrays, strict=True):
                group[name][key] = array
    return path


def top(*shapes: tuple[int, ...]) -> Layers:
    return [("top", [np.full(shape, -1, np.float32) for shape in shapes])]


def held(path: Path) -> list[list[float]]:
    """One number of each array that is read for the backbone."""
    return [[round(float(array.flat[-1]), 1) for array in arrays] for arrays in load_run(path, ROW)]


def numbers(shapes: Sequence[Sequence[Any]], start: int = 0) -> list[list[float]]:
    return [[round(number + k / 10, 1) for k in range(len(layer))] for number, layer in enumerate(shapes, start)]


def refused(path: Path, names: Sequence[str] = NAMES) -> UserError:
    with pytest.raises(UserError) as caught:
        find_backbone(path, names)
    assert caught.value.given.startswith(f"--weights {path}")
    return caught.value


@pytest.mark.parametrize("root", ["/", "model_weights"])
@pytest.mark.parametrize("cut", [0, 30])
def test_weights_alone_and_whole_models(tmp_path: Path, shapes: Any, root: str, cut: int) -> None:
    path = write(tmp_path / "notop.h5", numbered(shapes), root=root, cut=cut)
    assert find_backbone(path, NAMES) == "mobilenetv2"
    assert held(path) == numbers(shapes)
    assert [array.shape for array in load_run(path, ROW)[0]] == [(3, 3, 3, 32)]
    assert {array.dtype for arrays in load_run(path, ROW) for array in arrays} == {np.dtype(np.float32)}


def test_what_stands_around_the_backbone_is_left_out(tmp_path: Path, shapes: Any) -> None:
    """A Normalization and a convolution before, a layer without weights in the middle, a top behind."""
    before: Layers = [("norm", [np.zeros(3, np.float32), np.ones(3, np.float32), np.float32(0)])]  # type: ignore[list-item]
    before += [("grey", [np.zeros((1, 1, 3, 3), np.float32)]), ("input", [])]
    layers = numbered(shapes)
    path = write(tmp_path / "full.h5", before + layers[:9] + [("relu", [])] + layers[9:] + top((1280, 1000), (1000,)))
    assert held(path) == numbers(shapes)


def test_half_precision_is_read_as_float32(tmp_path: Path, shapes: Any) -> None:
    layers = [(name, [array.astype(np.float16) for array in arrays]) for name, arrays in numbered(shapes)]
    path = write(tmp_path / "half.h5", layers)  # type: ignore[arg-type]
    assert load_run(path, ROW)[0][0].dtype == np.float32


def test_names_do_not_count_but_the_order_does(tmp_path: Path, shapes: Any) -> None:
    layers = numbered(shapes)
    renamed = [(f"{900 - number}_conv", arrays) for number, (_, arrays) in enumerate(layers)]
    assert held(write(tmp_path / "renamed.h5", renamed, weight="old/{k}_{layer}")) == numbers(shapes)
    swapped = [*layers[:5], layers[6], layers[5], *layers[7:]]
    assert backbone_in(write(tmp_path / "swapped.h5", swapped)) is None


def test_a_model_with_a_top_of_keras(tmp_path: Path) -> None:
    model = keras.applications.MobileNetV2(include_top=True, weights=None, input_shape=(32, 32, 3), classes=14)
    path = tmp_path / "top.h5"
    model.save(path)
    assert find_backbone(path, NAMES) == "mobilenetv2"
    weighted = [layer for layer in model.layers if layer.weights]
    for layer, arrays in zip(weighted[:-1], load_run(path, ROW), strict=True):
        for ours, read in zip(layer.get_weights(), arrays, strict=True):
            np.testing.assert_array_equal(ours, read)


# What of a model within the model is trained; the rest is frozen, and lies in the file behind what is trained.
FROZEN: dict[str, Callable[[int, keras.layers.Layer], bool]] = {
    "nothing": lambda number, layer: False,
    "everything": lambda number, layer: True,
    "all but the last 31": lambda number, layer: number < 154 - 31,
    "the last 31": lambda number, layer: number >= 154 - 31,
    "every norm": lambda number, layer: isinstance(layer, keras.layers.BatchNormalization),
    "every other": lambda number, layer: number % 2 == 0,
    "all but the last 31, and every norm": lambda number, layer: number < 154 - 31 or "BN" in layer.name,
}
AROUND: dict[str, Callable[[keras.Model], keras.Model]] = {
    "functional": lambda inner: keras.Model(inner.input, keras.layers.GlobalAveragePooling2D()(inner(inner.input))),
    "sequential": lambda inner: keras.Sequential([keras.Input((32, 32, 3)), inner, keras.layers.Flatten()]),
    "twice": lambda inner: keras.Sequential([keras.Sequential([keras.Input((32, 32, 3)), inner])]),
    "before and behind": lambda inner: keras.Sequential(
        [keras.Input((32, 32, 1)), keras.layers.Conv2D(3, 1), inner, keras.layers.Flatten(), keras.layers.Dense(1)]
    ),
}


@pytest.fixture
def told_apart(application: keras.Model, shapes: Any) -> Iterator[keras.Model]:
    """The network with numbered arrays, as `held` reads them."""
    weighted = [layer for layer in application.layers if layer.weights]
    for layer, (_, arrays) in zip(weighted, numbered(shapes), strict=True):
        layer.set_weights(arrays)
    yield application
    for layer in application.layers:
        layer.trainable = True


@pytest.mark.parametrize(
    ("around", "frozen"),
    [*(("functional", frozen) for frozen in FROZEN), *((around, "every other") for around in AROUND)],
)
def test_a_model_within_the_model(
    tmp_path: Path, told_apart: keras.Model, shapes: Any, around: str, frozen: str
) -> None:
    """As the tutorials build it: the network is one layer, its weights are one list, and some of them are frozen."""
    for number, layer in enumerate(told_apart.layers):
        layer.trainable = not FROZEN[frozen](number, layer)
    path = tmp_path / "nested.h5"
    AROUND[around](told_apart).save(path)
    assert find_backbone(path, NAMES) == "mobilenetv2"
    assert held(path) == numbers(shapes)


@pytest.mark.parametrize("config", [None, "{", "[]", '{"config": {"layers": [{"config": []}]}}'])
def test_a_model_within_the_model_whose_order_is_not_said(
    tmp_path: Path, told_apart: keras.Model, config: str | None
) -> None:
    """Weights alone, or a description that nobody can read: a wrong guess would be silent."""
    for layer in told_apart.layers[:100]:
        layer.trainable = False
    path = tmp_path / "nested.h5"
    AROUND["functional"](told_apart).save(path)
    with h5py.File(path, "r+") as file:
        del file.attrs["model_config"]
        if config is not None:
            file.attrs["model_config"] = config
    error = refused(path)
    name = told_apart.name
    assert f"a model within it, {name}, and does not say in what order its layers come" in error.given
    assert f'model.get_layer("{name}").save(' in error.remedy


def test_weights_h5_of_keras_3_is_refused(tmp_path: Path, application: keras.Model) -> None:
    path = tmp_path / "x.weights.h5"
    application.save_weights(path)
    error = refused(path)
    assert "in what order" in error.given
    assert 'model.save("NAME.h5")' in error.remedy


def test_weights_h5_of_tensorflow_2_is_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "x.weights.h5", "w") as file:
        file.create_group("_layer_checkpoint_dependencies/conv2d/vars")
    assert "in what order" in refused(tmp_path / "x.weights.h5").given


def test_a_keras_file_is_named(tmp_path: Path, application: keras.Model) -> None:
    application.save(tmp_path / "x.keras")
    error = refused(tmp_path / "x.keras")
    assert error.given.endswith("is a .keras file")
    assert 'model.save("NAME.h5")' in error.remedy


def test_a_backbone_that_is_not_searched_over(tmp_path: Path, shapes: Any) -> None:
    path = write(tmp_path / "notop.h5", numbered(shapes))
    error = refused(path, ["densenet121", "inceptionv3"])
    assert "holds mobilenetv2" in error.given
    assert error.accepted == "weights of densenet121 or inceptionv3"
    assert "--set backbone=mobilenetv2" in error.remedy
    with pytest.raises(UserError, match="holds mobilenetv2"):
        load_run(path, BACKBONES["densenet121"])


def test_one_channel_in_the_stem(tmp_path: Path, shapes: Any) -> None:
    grey = [[(3, 3, 1, 32)], *shapes[1:]]
    error = refused(write(tmp_path / "grey.h5", numbered(grey)))
    assert "104 layers with weights" in error.given
    assert "(3, 3, 1, 32), for films of one channel; backbones have three" in error.given


def test_another_network(tmp_path: Path, shapes: Any) -> None:
    error = refused(write(tmp_path / "half.h5", numbered(shapes[:50])))
    assert "50 layers with weights" in error.given and "(3, 3, 3, 32)" in error.given
    assert "one channel" not in error.given
    assert "densenet121 (241 layers with weights, 7,037,504 parameters)" in error.accepted
    assert "mobilenetv2 (104 layers with weights, 2,257,984 parameters)" in error.accepted
    assert "no convolution" in refused(write(tmp_path / "mlp.h5", top((10, 10), (10,)))).given


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    assert "is not there" in refused(tmp_path / "nothing.h5").given
    assert "is not there" in refused(tmp_path).given


@pytest.mark.parametrize("content", [b"", b"layer,shape\nconv,3\n", b"PK\x03\x04" + bytes(4000)])
def test_a_file_that_is_not_hdf5(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "weights.h5"
    path.write_bytes(content)
    error = refused(path)
    assert "is not an HDF5 file" in error.given
    assert 'model.save("NAME.h5")' in error.remedy


def test_an_hdf5_file_of_someone_else(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "films.h5", "w") as file:
        file["films"] = np.zeros((4, 8, 8))
    assert "is not a file of Keras" in refused(tmp_path / "films.h5").given


@pytest.mark.parametrize("kept", [200, 100_000, -1])
def test_a_file_that_is_cut_off(tmp_path: Path, shapes: Any, kept: int) -> None:
    path = write(tmp_path / "notop.h5", numbered(shapes))
    path.write_bytes(path.read_bytes()[:kept])
    error = refused(path)
    assert "is cut off" in error.given
    assert "again" in error.remedy


def test_a_file_that_misses_a_layer(tmp_path: Path, shapes: Any) -> None:
    path = write(tmp_path / "notop.h5", numbered(shapes))
    with h5py.File(path, "a") as file:
        del file["layer_050"]
    assert "cannot be read" in refused(path).given


def test_no_array_is_read_to_look_at_a_file(tmp_path: Path) -> None:
    """A layer of 4 TB that is declared but not written."""
    path = write(tmp_path / "large.h5", [])
    with h5py.File(path, "a") as file:
        file.attrs["layer_names"] = [b"large"]
        file.create_group("large").attrs["weight_names"] = [b"kernel"]
        file["large"].create_dataset("kernel", (1_000_000, 1_000_000), np.float32, chunks=(1000, 1000))
    (layer,) = read_layers(path)
    assert (layer.name, layer.shapes) == ("large", ((1_000_000, 1_000_000),))


def test_a_fingerprint_is_of_the_content(tmp_path: Path) -> None:
    one, two, three = tmp_path / "a.h5", tmp_path / "b.h5", tmp_path / "c.h5"
    one.write_bytes(b"abc"), two.write_bytes(b"abc"), three.write_bytes(b"abd")
    assert fingerprint(one) == fingerprint(two) == "ba7816bf8f01cfea"
    assert fingerprint(three) != fingerprint(one)


def test_reading_loads_no_network_library(tmp_path: Path, shapes: Any) -> None:
    path = write(tmp_path / "notop.h5", numbered(shapes))
    program = f"""
import sys
from pathlib import Path
from runners._inputs.weights import weights_named
assert list(weights_named({str(path)!r}, ["mobilenetv2"], print).files) == ["mobilenetv2"]
assert "h5py" in sys.modules
assert not {{"keras", "tensorflow", "jax", "torch"}} & set(sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
