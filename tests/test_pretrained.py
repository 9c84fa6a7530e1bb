"""Where weights come from: none, a file, a folder, Keras's cache, and the download up to the wire.

No test reaches the internet: proxies lead to a port where nobody listens, and a server of this machine stands in for
Keras's.
"""

from __future__ import annotations

import http.server
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import h5py
import keras
import numpy as np
import pytest
from warm import program

from runners._inputs import weights as _pretrained
from runners._inputs.weights import NO_WEIGHTS, fetch, weights_named
from search_spaces._backbones import BACKBONES
from search_spaces._weight_files import fingerprint
from xrays.errors import UserError

MOBILE, EFFICIENT = BACKBONES["mobilenetv2"], BACKBONES["efficientnetb0"]
ALL = list(BACKBONES)


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for processes that a test starts."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{taken.getsockname()[1]}"
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, nowhere)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "127.0.0.1")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keras's folder, empty. Its cache is the folder `models` in it."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return tmp_path / "keras"


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Weights of two backbones, and of a network that is none."""
    folder = tmp_path_factory.mktemp("weights")
    for row in (MOBILE, EFFICIENT):
        application = getattr(keras.applications, row.application)
        application(include_top=False, weights=None, input_shape=(32, 32, 3)).save(folder / f"{row.name}.h5")
    keras.Sequential([keras.Input((8, 8, 1)), keras.layers.Conv2D(2, 3)]).save(folder / "small.h5")
    return {path.stem: path for path in folder.iterdir()}


def put(path: Path, content: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.read_bytes())
    return path


def changed(path: Path) -> Path:
    """The same layers, another number."""
    with h5py.File(path, "a") as file:
        group = file["model_weights/Conv1"]
        group[group.attrs["weight_names"][0]][0, 0, 0, 0] += np.float32(1)
    return path


def silent(line: str) -> None:
    raise AssertionError(line)


def left(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


def test_none() -> None:
    assert weights_named("none", ALL, silent) == NO_WEIGHTS
    assert (NO_WEIGHTS.label, NO_WEIGHTS.files) == ("none", {})


def test_a_file_has_the_weights_of_one_backbone(files: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files["mobilenetv2"].parent)
    found = weights_named("mobilenetv2.h5", ALL, silent)
    assert found.given == "mobilenetv2.h5"
    assert list(found.files) == ["mobilenetv2"]
    assert found.files["mobilenetv2"].path == files["mobilenetv2"].resolve()
    assert found.files["mobilenetv2"].fingerprint == fingerprint(files["mobilenetv2"])
    assert found.label.startswith("mobilenetv2.h5@") and len(found.label) == len("mobilenetv2.h5@1a2b3c4d")


def test_a_label_tells_the_content_and_not_the_place(files: dict[str, Path], tmp_path: Path) -> None:
    here, there = (
        put(tmp_path / "a" / "x.h5", files["mobilenetv2"]),
        put(tmp_path / "b" / "x.h5", files["mobilenetv2"]),
    )
    label = weights_named(str(here), ALL, silent).label
    assert weights_named(str(there), ["mobilenetv2"], silent).label == label
    changed(there)
    assert weights_named(str(there), ALL, silent).label != label


def test_a_file_that_fits_none_of_the_names(files: dict[str, Path]) -> None:
    with pytest.raises(UserError, match="holds mobilenetv2"):
        weights_named(str(files["mobilenetv2"]), ["resnet50v2"], silent)
    with pytest.raises(UserError, match="fits no backbone"):
        weights_named(str(files["small"]), ALL, silent)
    with pytest.raises(UserError, match="is not there"):
        weights_named("nothing.h5", ALL, silent)


def test_a_folder_has_weights_of_several(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "a.h5", files["efficientnetb0"])
    put(tmp_path / "b.h5", files["mobilenetv2"])
    put(tmp_path / "deeper" / "c.h5", files["mobilenetv2"])
    (tmp_path / "notes.txt").write_text("weights of 2019")
    found = weights_named(str(tmp_path), ALL, silent)
    # In the order of the names, which is that of the search.
    assert [(name, file.path.name) for name, file in found.files.items()] == [
        ("mobilenetv2", "b.h5"),
        ("efficientnetb0", "a.h5"),
    ]
    assert found.label.startswith(f"{tmp_path.name}@")
    monkeypatch.chdir(tmp_path)
    assert weights_named(".", ALL, silent).label == found.label
    changed(tmp_path / "b.h5")
    assert weights_named(str(tmp_path), ALL, silent).label != found.label


def test_what_is_left_out_of_a_folder_is_told(files: dict[str, Path], tmp_path: Path) -> None:
    put(tmp_path / "a.h5", files["mobilenetv2"])
    put(tmp_path / "b.h5", files["efficientnetb0"])
    put(tmp_path / "c.h5", files["small"])
    told: list[str] = []
    assert list(weights_named(str(tmp_path), ["mobilenetv2", "densenet121"], told.append).files) == ["mobilenetv2"]
    assert told == [
        "weights  b.h5 is left out: it holds efficientnetb0",
        "weights  c.h5 is left out: it fits no backbone",
    ]


def test_a_folder_with_a_backbone_twice(files: dict[str, Path], tmp_path: Path) -> None:
    for name in ("a.h5", "b.h5"):
        put(tmp_path / name, files["mobilenetv2"])
    with pytest.raises(UserError, match=r"mobilenetv2's weights twice: a\.h5 and b\.h5"):
        weights_named(str(tmp_path), ALL, silent)


def test_a_folder_with_nothing_for_the_names(files: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no weights of densenet121"):
        weights_named(str(tmp_path), ["densenet121"], silent)
    put(tmp_path / "a.h5", files["mobilenetv2"])
    with pytest.raises(UserError, match="holds no weights of densenet121"):
        weights_named(str(tmp_path), ["densenet121"], lambda line: None)


def test_a_saved_model_of_tensorflow_is_named(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"")
    with pytest.raises(UserError, match="is a SavedModel of TensorFlow") as caught:
        weights_named(str(tmp_path), ALL, silent)
    assert 'model.save("NAME.h5")' in caught.value.remedy


def test_a_broken_file_in_a_folder_is_not_passed_over(files: dict[str, Path], tmp_path: Path) -> None:
    put(tmp_path / "a.h5", files["mobilenetv2"])
    (tmp_path / "b.h5").write_bytes(files["efficientnetb0"].read_bytes()[:50_000])
    with pytest.raises(UserError, match=r"b\.h5 is cut off"):
        weights_named(str(tmp_path), ALL, silent)


def test_imagenet_takes_what_keras_has_in_its_cache(files: dict[str, Path], home: Path) -> None:
    for row in (MOBILE, EFFICIENT):
        put(home / "models" / row.file, files[row.name])
    found = weights_named("imagenet", ["mobilenetv2", "efficientnetb0"], silent)
    assert found.label == "imagenet"
    assert {name: file.path.name for name, file in found.files.items()} == {
        "mobilenetv2": MOBILE.file,
        "efficientnetb0": EFFICIENT.file,
    }


def test_the_cache_is_in_the_home_folder(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KERAS_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    put(tmp_path / ".keras" / "models" / MOBILE.file, files["mobilenetv2"])
    assert list(weights_named("imagenet", ["mobilenetv2"], silent).files) == ["mobilenetv2"]


@pytest.mark.parametrize("wrong", ["cut off", "holds efficientnetb0"])
def test_a_wrong_file_in_the_cache_is_not_taken(files: dict[str, Path], home: Path, wrong: str) -> None:
    path = put(home / "models" / MOBILE.file, files["efficientnetb0"])
    if wrong == "cut off":
        path.write_bytes(files["mobilenetv2"].read_bytes()[:50_000])
    with pytest.raises(UserError, match=wrong) as caught:
        weights_named("imagenet", ["mobilenetv2"], silent)
    assert caught.value.given.startswith(f"--weights imagenet: {path}")
    assert f"delete {path}" in caught.value.remedy


@pytest.mark.long
def test_imagenet_without_a_network(files: dict[str, Path], home: Path) -> None:
    """The real process, which fails at once: the first name is there, the second cannot be had."""
    put(home / "models" / EFFICIENT.file, files["efficientnetb0"])
    before, told = sorted(home.rglob("*")), list[str]()
    with pytest.raises(UserError) as caught:
        weights_named("imagenet", ["efficientnetb0", "mobilenetv2"], told.append)
    error = caught.value
    assert error.given.startswith("--weights imagenet: MobileNetV2's weights cannot be downloaded (URL fetch failure")
    assert "refused" in error.given and "\n" not in error.given
    assert str(home / "models") in error.accepted
    assert error.remedy == "--weights PATH or --weights none"
    assert len(told) == 1 and "MobileNetV2" in told[0] and "9 MB" in told[0]
    assert sorted(home.rglob("*")) == before


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "file"))
    with pytest.raises(UserError, match="MobileNetV2's weights cannot be downloaded"):
        weights_named("imagenet", ["mobilenetv2"], lambda line: None)


class Server(http.server.ThreadingHTTPServer):
    """Sends one file, or the first `sent` bytes of it, whatever it is asked for."""

    def __init__(self, content: bytes, sent: int | None = None) -> None:
        self.content, self.sent, self.asked = content, sent, list[str]()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        self.send_response(200)
        self.send_header("Content-Length", str(len(self.server.content)))
        self.end_headers()
        self.wfile.write(self.server.content[: self.server.sent])

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the screen."""


@pytest.fixture
def server(files: dict[str, Path]) -> Iterator[Server]:
    """In the place of Keras's server."""
    with Server(files["mobilenetv2"].read_bytes()) as server:
        threading.Thread(target=lambda: server.serve_forever(poll_interval=0.01), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def fetching(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Keras's cache for a fetch in this process."""
    monkeypatch.setattr("keras.src.applications.mobilenet_v2.BASE_WEIGHT_PATH", server.url)
    monkeypatch.setattr("keras.src.backend.config._KERAS_DIR", str(tmp_path))
    yield tmp_path / "models"
    socket.setdefaulttimeout(None)


def test_fetch_gets_the_file_through_keras(server: Server, fetching: Path, files: dict[str, Path]) -> None:
    fetch("mobilenetv2")
    assert server.asked == [f"/{MOBILE.file}"]
    assert fingerprint(fetching / MOBILE.file) == fingerprint(files["mobilenetv2"])


def test_fetch_ends_the_process_when_the_line_breaks(server: Server, fetching: Path) -> None:
    server.sent = 50_000
    with pytest.raises(SystemExit) as caught:
        fetch("mobilenetv2")
    assert "retrieval incomplete" in str(caught.value.code)
    assert left(fetching) == []


@pytest.fixture(scope="module")
def keras_loaded() -> None:
    """Before any test gives it another folder, which it would write to as it is loaded."""
    program("")


@pytest.fixture
def other_address(server: Server, keras_loaded: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the process that fetches, which has Keras loaded: all that Keras reads of its environment is told to it."""

    def run(command: list[str], *, env: dict[str, str], **_: object) -> subprocess.CompletedProcess[str]:
        told = f"""
import keras.src.applications.mobilenet_v2, keras.src.backend.config
keras.src.applications.mobilenet_v2.BASE_WEIGHT_PATH = {server.url!r}
keras.src.backend.config._KERAS_DIR = {env["KERAS_HOME"]!r}
"""
        return program(told + command[2], *command[3:])

    monkeypatch.setattr(_pretrained, "subprocess", SimpleNamespace(run=run))


@pytest.mark.slow
@pytest.mark.usefixtures("other_address")
def test_imagenet_is_downloaded_to_the_cache(server: Server, home: Path, files: dict[str, Path]) -> None:
    found = weights_named("imagenet", ["mobilenetv2"], lambda line: None)
    assert found.files["mobilenetv2"].fingerprint == fingerprint(files["mobilenetv2"])
    assert left(home) == [f"models{os.sep}{MOBILE.file}"]
    weights_named("imagenet", ["mobilenetv2"], silent)
    assert len(server.asked) == 1


@pytest.mark.slow
@pytest.mark.usefixtures("other_address")
def test_nothing_is_left_of_half_a_file(server: Server, home: Path) -> None:
    """Keras itself would keep a file that came whole but is not what it should be."""
    server.content = server.content[:50_000]
    with pytest.raises(UserError, match="cannot be downloaded"):
        weights_named("imagenet", ["mobilenetv2"], lambda line: None)
    assert left(home) == []
