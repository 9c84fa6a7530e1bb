"""Weights from PyTorch: read without it, trusted with nothing, and the same features as torchxrayvision's network
has.

That network is written down here once more, with NumPy and in PyTorch's own conventions, as its source has it:
https://github.com/mlmed/torchxrayvision, torchxrayvision/models.py, `DenseNet` and its `features2`.
"""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from test_vectors_file import Opened
from torch_files import BEGIN, END, plain, state_pickle, tensor, write_archive, write_state

from runners._inputs.weights import weights_named
from search_spaces._backbones import BACKBONES
from search_spaces._from_torch import _norm
from search_spaces._torch_file import is_torch, read_state_dict
from search_spaces._weight_files import backbone_in, load_run
from xrays.errors import UserError

Arrays = dict[str, NDArray[Any]]
ROW = BACKBONES["densenet121"]
SIDE = 64


class Reference:
    """DenseNet121 of one channel. settling: weights are drawn as they are needed, and every normalisation takes the
    statistics of what comes to it, so that no signal fades."""

    def __init__(self, state: Arrays, *, settling: bool) -> None:
        self.state, self._settling, self._rng = state, settling, np.random.default_rng(6)

    def conv(self, x: NDArray[Any], name: str, filters: int, kernel: int, stride: int = 1) -> NDArray[Any]:
        key, shape = f"{name}.weight", (filters, x.shape[1], kernel, kernel)
        if self._settling:
            self.state[key] = self._rng.normal(0, np.sqrt(2 / np.prod(shape[1:])), shape).astype(np.float32)
        pad = kernel // 2
        padded = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
        windows = sliding_window_view(padded, (kernel, kernel), axis=(2, 3))[:, :, ::stride, ::stride]
        return np.moveaxis(np.tensordot(windows, self.state[key].astype(float), ((1, 4, 5), (1, 2, 3))), -1, 1)

    def norm_relu(self, x: NDArray[Any], name: str) -> NDArray[Any]:
        if self._settling:
            drawn = {"weight": self._rng.uniform(0.5, 1.5, x.shape[1]), "bias": self._rng.normal(0, 0.2, x.shape[1])}
            found = {"running_mean": x.mean(axis=(0, 2, 3)), "running_var": x.var(axis=(0, 2, 3)) + 1e-3}
            self.state |= {f"{name}.{part}": array.astype(np.float32) for part, array in (drawn | found).items()}
            self.state[f"{name}.num_batches_tracked"] = np.array(7)
        scale, offset, mean, variance = (
            self.state[f"{name}.{part}"].astype(float)[:, None, None]
            for part in ("weight", "bias", "running_mean", "running_var")
        )
        return np.maximum((x - mean) / np.sqrt(variance + 1e-5) * scale + offset, 0)

    def features(self, x: NDArray[Any]) -> NDArray[Any]:
        """(n, 1, S, S) from -1024 to 1024 to (n, 1024)."""
        x = self.norm_relu(self.conv(x, "features.conv0", 64, 7, 2), "features.norm0")
        padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)), constant_values=-np.inf)
        x = sliding_window_view(padded, (3, 3), axis=(2, 3))[:, :, ::2, ::2].max(axis=(4, 5))
        for block, count in enumerate((6, 12, 24, 16), 1):
            for number in range(1, count + 1):
                layer = f"features.denseblock{block}.denselayer{number}"
                new = self.conv(self.norm_relu(x, f"{layer}.norm1"), f"{layer}.conv1", 128, 1)
                new = self.conv(self.norm_relu(new, f"{layer}.norm2"), f"{layer}.conv2", 32, 3)
                x = np.concatenate([x, new], axis=1)
            if block < 4:
                name = f"features.transition{block}"
                x = self.conv(self.norm_relu(x, f"{name}.norm"), f"{name}.conv", x.shape[1] // 2, 1)
                n, channels, height, width = x.shape
                x = x.reshape(n, channels, height // 2, 2, width // 2, 2).mean(axis=(3, 5))
        return self.norm_relu(x, "features.norm5").mean(axis=(2, 3))


def theirs(films: NDArray[np.uint8]) -> NDArray[np.float64]:
    """As torchxrayvision takes them: bones white, from -1024 to 1024. films: (n, S, S, 1), bones black."""
    return (2 * ((255 - films[..., 0].astype(float)) / 255) - 1)[:, None] * 1024


@pytest.fixture(scope="module")
def state() -> Arrays:
    """The arrays of a network with a head, in the order in which PyTorch would have them or not."""
    films = np.random.default_rng(0).integers(0, 256, (6, SIDE, SIDE, 1), dtype=np.uint8)
    held: Arrays = {}
    Reference(held, settling=True).features(theirs(films))
    held["classifier.weight"] = np.zeros((18, 1024), np.float32)
    return held


@pytest.fixture
def file(state: Arrays, tmp_path: Path) -> Path:
    return write_state(tmp_path / "xrv.pt", state)


def test_the_same_features(file: Path, state: Arrays) -> None:
    from runners._training.extraction import frozen
    from search_spaces._backbones import backbone_layers

    def fill(model: Any) -> None:
        for layer, arrays in zip(backbone_layers(model, ROW), load_run(file, ROW), strict=True):
            layer.set_weights(arrays)

    coarse = np.random.default_rng(1).integers(0, 256, (3, SIDE // 8, SIDE // 8, 1), dtype=np.uint8)
    films = coarse.repeat(8, axis=1).repeat(8, axis=2)
    found = np.asarray(frozen(ROW, SIDE, fill)(films.astype(np.float32) / 255, training=False))
    right = Reference(state, settling=False).features(theirs(films))
    assert right.std(axis=0).mean() > 0.1, "films differ: the test could not fail"
    np.testing.assert_allclose(found, right, rtol=1e-4, atol=5e-4)


def test_a_small_variance_comes_out_the_same() -> None:
    scale, offset, mean, variance = np.array([[2.0], [0.5], [0.1], [1e-7]], np.float32)
    state = {"n.weight": scale, "n.bias": offset, "n.running_mean": mean, "n.running_var": variance}
    scaled, *others = _norm(state, "n")
    np.testing.assert_array_equal(np.concatenate(others), [offset[0], mean[0], variance[0]])
    np.testing.assert_allclose(scaled / np.sqrt(variance + 1.001e-5), scale / np.sqrt(variance + 1e-5), rtol=1e-6)
    assert scaled != scale


def test_it_serves_as_weights(file: Path, state: Arrays, tmp_path: Path) -> None:
    weights = weights_named(str(file), ["mobilenetv2", "densenet121"], print)
    assert list(weights.files) == ["densenet121"] and weights.files["densenet121"].path == file
    assert weights.label.startswith("xrv.pt@") and backbone_in(file) == "densenet121"
    # Within another model, and in a checkpoint beside other things.
    inner = write_state(tmp_path / "inner.pt", {f"backbone.{name}": array for name, array in state.items()})
    for one, other in zip(load_run(inner, ROW), load_run(file, ROW), strict=True):
        for a, b in zip(one, other, strict=True):
            np.testing.assert_array_equal(a, b)
    with pytest.raises(UserError, match="holds densenet121, which is not searched over"):
        weights_named(str(file), ["mobilenetv2"], print)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"features.conv0.weight": np.zeros((64, 3, 7, 7), np.float32)}, "not one channel"),
        ({"features.conv0.weight": np.zeros((64, 1, 5, 5), np.float32)}, "other shapes"),
        ({"features.conv0.weight": np.zeros((), np.float32)}, "other shapes"),
        ({"features.denseblock1.denselayer1.conv1.weight": np.zeros(3, np.float32)}, "other shapes"),
        ({"features.norm0.running_var": np.ones(3, np.float32)}, "other shapes"),
        ({"features.norm0.running_var": np.full(64, -1, np.float32)}, "a negative variance"),
        ({"features.norm5.bias": np.full(1024, np.nan, np.float32)}, "have NaN"),
        ({"features.norm5.weight": None}, "it lacks features.norm5.weight"),
        ({"features.conv0.weight": None}, "it lacks features.conv0.weight"),
    ],
)
def test_another_network_is_refused(changes: dict[str, Any], said: str, state: Arrays, tmp_path: Path) -> None:
    other = {name: array for name, array in (state | changes).items() if array is not None}
    with pytest.raises(UserError) as caught:
        weights_named(str(write_state(tmp_path / "other.pt", other)), ["densenet121"], print)
    assert said in caught.value.given and "torchxrayvision" in caught.value.accepted


def test_arrays_of_every_kind_and_order(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    state: Arrays = {
        "a": rng.normal(size=(2, 3, 4)).astype(np.float32),
        "turned": rng.normal(size=(3, 5)).T,
        "half": rng.normal(size=4).astype(np.float16),
        "count": np.array(12),
    }
    found = read_state_dict(write_state(tmp_path / "v.pt", state))
    assert found.keys() == state.keys() and is_torch(tmp_path / "v.pt")
    for name, array in state.items():
        np.testing.assert_array_equal(found[name], array, strict=True)


NUMBERS = {"0": np.arange(6, dtype=np.float32).tobytes()}


def test_two_arrays_may_share_their_numbers(tmp_path: Path) -> None:
    items = {
        "all": tensor("0", "FloatStorage", 6, (2, 3), (3, 1)),
        "end": tensor("0", "FloatStorage", 6, (2,), (1,), 4),
    }
    found = read_state_dict(write_archive(tmp_path / "v.pt", state_pickle(items), NUMBERS))
    np.testing.assert_array_equal(found["end"], [4, 5])


@pytest.mark.parametrize(
    ("size", "stride", "offset"),
    [((7,), (1,), 0), ((2,), (6,), 0), ((3,), (1,), 4), ((2,), (-1,), 3), ((2,), (1,), -1), ((10**9,), (0,), 0),
     ((2, 2), (1,), 0), ((-1,), (1,), 0), ((2.0,), (1,), 0)],
)  # fmt: skip
def test_what_lies_beyond_its_numbers_is_not_read(size: Any, stride: Any, offset: Any, tmp_path: Path) -> None:
    items = {"a": tensor("0", "FloatStorage", 6, size, stride, offset)}
    with pytest.raises(UserError, match=r"v\.pt: an array of"):
        read_state_dict(write_archive(tmp_path / "v.pt", state_pickle(items), NUMBERS))


def test_no_more_is_unpacked_than_the_file_holds(tmp_path: Path) -> None:
    several = {name: tensor("0", "FloatStorage", 1000, (1000,), (1,)) for name in "abc"}
    file = write_archive(tmp_path / "v.pt", state_pickle(several), {"0": bytes(4000)})
    with pytest.raises(UserError, match="its arrays are larger than the file"):
        read_state_dict(file)
    with zipfile.ZipFile(tmp_path / "swollen.pt", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("model/data.pkl", state_pickle({"a": several["a"]}))
        archive.writestr("model/data/0", bytes(4000))
    with pytest.raises(UserError, match="what it holds is larger than the file"):
        read_state_dict(tmp_path / "swollen.pt")


@pytest.mark.parametrize("place", [4, 6, 8])  # in what the directory says of the table: version, flags, method
def test_an_archive_that_is_damaged_is_told(place: int, tmp_path: Path) -> None:
    items = {"a": tensor("0", "FloatStorage", 6, (6,), (1,))}
    content = bytearray(write_archive(tmp_path / "v.pt", state_pickle(items), NUMBERS).read_bytes())
    content[content.index(b"PK\x01\x02") + place + 2] = 99
    (tmp_path / "v.pt").write_bytes(content)
    is_torch(tmp_path / "v.pt")
    with pytest.raises(UserError, match=r"v\.pt"):
        read_state_dict(tmp_path / "v.pt")


def called_in(what: str) -> bytes:
    """A pickle that would call a function of the standard library that does no harm."""
    module, name = what.rsplit(".", 1)
    return BEGIN + f"c{module}\n{name}\n".encode() + b"(" + plain("x") + b"tR" + END


@pytest.mark.parametrize(
    "table",
    [
        called_in("builtins.str"),
        called_in("torch._utils._rebuild_tensor_v3"),
        called_in("torch.nn.modules.conv.Conv2d"),
        BEGIN + plain([1, 2]) + END,
        BEGIN + plain({"a": 1}) + END[:0],
        state_pickle({"a": tensor("0", "FloatStorage", 6, (2,), (1,))})[:-20],
        state_pickle({"a": tensor("1", "FloatStorage", 6, (2,), (1,))}),
        BEGIN + plain("pid") + b"Q" + END,
        b"",
    ],
)
def test_anything_else_is_refused(table: bytes, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        read_state_dict(write_archive(tmp_path / "v.pt", table, NUMBERS))
    assert "state_dict()" in caught.value.remedy


def test_nothing_of_a_file_is_run(tmp_path: Path) -> None:
    """Not in a state dict, not in a whole model, old or new."""
    trace = tmp_path / "trace"
    harmless = pickle.dumps(Opened(trace), protocol=2)
    within = write_archive(tmp_path / "within.pt", state_pickle({"a": harmless[2:-1]}), NUMBERS)
    whole = write_archive(tmp_path / "whole.pt", harmless, {})
    (tmp_path / "old.pt").write_bytes(harmless)
    for file in (within, whole, tmp_path / "old.pt"):
        assert is_torch(file)
        with pytest.raises(UserError, match="--weights"):
            weights_named(str(file), ["densenet121"], print)
        assert not trace.exists()
    with zipfile.ZipFile(whole) as archive:
        pickle.loads(archive.read("model/data.pkl"))
    assert trace.exists(), "the test could not fail"


def test_files_of_keras_are_none_of_torchs(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "model.keras", "w") as archive:
        archive.writestr("model.weights.h5", b"")
    (tmp_path / "model.h5").write_bytes(b"\x89HDF\r\n\x1a\n")
    assert not any(is_torch(tmp_path / name) for name in ("model.keras", "model.h5", "gone.pt"))
