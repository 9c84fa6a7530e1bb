"""Every format that can be had here, written and asked as `export` does it, and what comes of one that fails.

Formats whose packages are missing are skipped: `pip install -e '.[onnx,tflite,openvino]'`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
from every_model import answers, every_cnn, every_embedding, every_joined, every_transfer, films, some_cnn
from numpy.typing import NDArray

from runners._models.formats import load_format, other_names
from runners._models.formats._beside import every_file
from runners._models.formats._made import ALIKE, make
from runners._models.formats._plain import spelled_out
from runners._models.formats._process import called_once
from runners._models.formats._written import rehearse, write_formats
from runners._training.joined import joined
from runners._training.portable import save_portable
from xrays.errors import UserError
from xrays.statistics.blend import Blend
from xrays.tasks import TASKS

pytestmark = pytest.mark.long


def formats() -> Iterator[Any]:
    """By name."""
    for name in other_names():
        missing = load_format(name).FORMAT.missing
        skip = pytest.mark.skipif(bool(missing), reason=f"without {' and '.join(missing)}")
        yield pytest.param(name, marks=skip)


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """All layers of all spaces, in a few networks: of every space's one that is the median of its own."""
    folder = tmp_path_factory.mktemp("networks")
    found = {name: model for name, model in every_joined() if name != "joined_mean"}
    some = islice(every_cnn(), 0, None, 4)  # all activations and norms by turns
    for space, models in (("cnn", some), ("transfer", every_transfer()), ("embedding", every_embedding())):
        by_shape: dict[tuple[int, ...], list[Path]] = {}
        for name, model in models:
            path = folder / f"{space}_{name}.h5"
            save_portable(model, path)
            by_shape.setdefault(model.input_shape, []).append(path)
        for number, paths in enumerate(by_shape.values()):
            share = 1 / len(paths)
            blend = Blend((1,) * len(paths), (share,) * len(paths), "median")
            found[f"{space}_{number}"] = joined(blend, paths, TASKS["age"])
    return found


@pytest.mark.filterwarnings("ignore")  # of converters, about Python and NumPy
@pytest.mark.parametrize("name", list(formats()))
def test_every_layer_is_written_and_answers_one_film_and_many(
    name: str, networks: dict[str, Any], tmp_path: Path
) -> None:
    own = load_format(name)
    for title, network in networks.items():
        save_portable(network, tmp_path / "model.h5")
        loaded = called_once(tmp_path / "model.h5")
        target, *_ = own.FORMAT.targets(tmp_path / f"{title}.h5")
        own.write(loaded, target)
        answer, given = own.opened(target), films(network).astype(np.float32) / 255
        found = [np.asarray(answer(some)) for some in (given, given[:1], given)]
        right = answers(network)
        for end, wanted in zip(found, (right, right[:1], right), strict=True):
            np.testing.assert_allclose(end[:, 0], wanted, rtol=ALIKE, atol=ALIKE, err_msg=f"{title} as {name}")


def test_a_network_in_words_that_onnx_has_is_the_same(networks: dict[str, Any]) -> None:
    kinds = set[str]()
    for title, network in networks.items():
        plain = spelled_out(network)
        kinds |= {type(layer).__name__ for layer in network.layers if type(layer) not in map(type, plain.layers)}
        assert keras.activations.gelu not in [getattr(layer, "activation", None) for layer in plain.layers]
        np.testing.assert_allclose(answers(plain), answers(network), rtol=1e-4, atol=1e-5, err_msg=title)
    assert kinds == {"Normalization"}


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, NDArray[np.uint8], NDArray[np.float32]]:
    """A file with a gelu, which is no operation of all runtimes, films, and what it answers to some of them."""
    model = tmp_path_factory.mktemp("exported") / "best.h5"
    network = some_cnn("age", activation="gelu")
    save_portable(network, model)
    many = np.concatenate([films(network)] * 3)
    expected = np.concatenate([answers(network)] * 3)
    expected[::4] = np.nan
    return model, many, expected


@pytest.mark.parametrize("name", list(formats()))
def test_a_file_is_opened_by_its_runtime_alone(
    name: str,
    exported: tuple[Path, NDArray[np.uint8], NDArray[np.float32]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And none reports home, as OpenVINO's would, where no variable says that this is CI."""
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    for variable in ("CI", "TF_BUILD", "JENKINS_URL"):
        monkeypatch.delenv(variable, raising=False)
    made = make(name, *exported, tmp_path)
    assert not (home / "intel").exists()
    record = made.record()
    assert record["name"] == name and record["batches"] == [1, 64] and 0 <= record["largest_difference"] < 1e-3
    assert record["file"] == f"best{load_format(name).FORMAT.endings[0]}"
    assert len(record["sha256"]) == sum(len(list(every_file(file))) for file in made.files)


@pytest.mark.usefixtures("warm")
def test_what_fails_costs_itself_alone(
    exported: tuple[Path, NDArray[np.uint8], NDArray[np.float32]], tmp_path: Path
) -> None:
    model, many, expected = exported
    said: list[str] = []
    done = write_formats(["keras"], model, many, expected + 0.1, tmp_path, said.append)
    assert done.files == [] and done.records() == [] and len(done.failed) == 1
    assert "keras: it predicts something else than the .h5, by up to 0.1" in said[0] and "CAUTION" in said[0]
    cut = tmp_path / "cut.h5"
    cut.write_bytes(model.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"keras: it cannot be written: .*truncated") as refused:
        rehearse(["keras"], cut, many, expected, tmp_path)
    assert refused.value.accepted == "--formats h5" and not cut.with_suffix(".keras").exists()
