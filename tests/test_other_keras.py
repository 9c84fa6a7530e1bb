"""Exported files in other versions of Keras, and the files of these as `--weights`: each version really runs here.

An environment of its own is installed for each once, with nothing of ours in it, and does all its work in one process
a test. Without a registry to install from, or a Python that a version has a package for, its tests are skipped.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from every_model import answers, every_cnn, every_embedding, every_joined, every_transfer, films
from shallow import shallow, worded
from test_portable import classes, survives, written

from runners._models.formats import load_format
from runners._models.formats._process import called_once
from runners._models.reload import RELOAD
from runners._training.portable import LAYERS, TESTED_VERSIONS, save_portable
from search_spaces._backbones import BACKBONES, Backbone
from search_spaces._weight_files import backbone_in, find_backbone, load_run

pytestmark = pytest.mark.long

OLD_PYTHONS = ("python3.11", "python3.10", "python3.9")


@dataclass(frozen=True)
class Environment:
    """python: its interpreter; package: what its Keras comes in; keras: the line that gives it that name; path: what
    is put before the interpreter's own packages."""

    python: str
    package: str
    keras: str
    path: str = ""

    @property
    def is_keras_2(self) -> bool:
        return self.package != "keras"

    def run(self, program: str, *arguments: str | Path) -> str:
        """What the program prints. `import keras` in it is this environment's."""
        environment = {
            **{name: text for name, text in os.environ.items() if name != "PYTHONPATH"},
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "CUDA_VISIBLE_DEVICES": "",
            "KERAS_BACKEND": "tensorflow",
            **({"PYTHONPATH": self.path} if self.path else {}),
        }
        program = program.replace("import keras", self.keras)
        command = [self.python, "-W", "ignore", "-c", program, *map(str, arguments)]
        with tempfile.TemporaryDirectory() as empty:  # a module beside the program would be imported
            done = subprocess.run(command, capture_output=True, text=True, env=environment, cwd=empty, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def pip(python: str, *arguments: str) -> None:
    """By the pip of this Python for that one. Skips the test when the packages cannot be had."""
    once = ["--quiet", "--no-compile", "--retries", "1", "--timeout", "20"]  # compiled when it is imported
    command = [sys.executable, "-m", "pip", "--python", python, "install", *once, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        lines = done.stderr.strip().splitlines() or ["no message"]
        pytest.skip(f"{arguments[-1]} cannot be installed: {lines[-1][:200]}")


def beside(folder: Path, package: str, wanted: str, keras: str) -> Environment:
    """One package before those that are installed here: the backend is the same."""
    pip(sys.executable, "--no-deps", "--target", str(folder), f"{package}=={wanted}")
    return Environment(sys.executable, package, keras, str(folder))


def alone(folder: Path, wanted: str) -> Environment:
    """A whole TensorFlow, for which the Python here may be too new."""
    for name in OLD_PYTHONS:
        python = shutil.which(name)
        made = [python, "-m", "venv", "--without-pip", str(folder)] if python else ["false"]
        if subprocess.run(made, capture_output=True, check=False).returncode == 0:
            own = str(folder / "bin" / "python")
            pip(own, "numpy<2", f"tensorflow-cpu=={wanted}")
            return Environment(own, "tensorflow", "import keras")
    pytest.skip(f"TensorFlow {wanted} needs one of {', '.join(OLD_PYTHONS)}, with venv")


def installed(name: str, folder: Path) -> Environment:
    if name == "tensorflow":
        return alone(folder, TESTED_VERSIONS[name][0])
    if name == "keras":
        return beside(folder, name, TESTED_VERSIONS[name][0], "import keras")
    ours = version("tensorflow").rpartition(".")[0]  # no other goes with it
    return beside(folder, name, f"{ours}.*", "import tf_keras as keras")


@pytest.fixture(scope="module", params=list(TESTED_VERSIONS))
def other(request: pytest.FixtureRequest) -> Iterator[Environment]:
    with tempfile.TemporaryDirectory() as folder:
        yield installed(request.param, Path(folder) / "packages")


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    """Of every kind one, by name."""
    return dict((*every_cnn(), *every_transfer(), *every_embedding(), *every_joined()))


@pytest.fixture(scope="module")
def exported(models: dict[str, Any]) -> Iterator[list[Path]]:
    """A file of each of these, with films and the answers that are right beside it."""
    with tempfile.TemporaryDirectory() as folder:
        paths = []
        for name, model in models.items():
            paths.append(Path(folder) / f"{name}.h5")
            save_portable(model, paths[-1])
            np.save(paths[-1].with_suffix(".films.npy"), films(model))
            # With a graph, as it is asked elsewhere: without one the last digits are others.
            right = model.predict_on_batch(films(model).astype(np.float32) / 255)
            np.save(paths[-1].with_suffix(".right.npy"), right[:, 0])
        yield paths


def test_every_backbone_and_no_row_of_the_table_is_idle(models: dict[str, Any], tmp_path: Path) -> None:
    found = set[str]()
    for name, model in models.items():
        if name in BACKBONES:
            path = tmp_path / f"{name}.h5"
            with shallow(BACKBONES[name], worded):  # as it was made
                found |= classes(survives(model, path))
                assert backbone_in(path) == name
            path.unlink()
        else:
            found |= classes(written(model, tmp_path))
    assert found == set(LAYERS)


# What the proof that `export` itself runs says of every file, a line each: its name, then what is printed of it.
EVERY = f"""
import sys
folder, applications, *names = sys.argv[1:]
applications = applications.split(",")
for name in names:
    sys.argv[1:] = [name + end for end in (".h5", ".films.npy", ".found.npy")]
    print("@", name)
    exec({RELOAD!r})
"""

ARCHIVES = """
import sys
import keras, numpy
folder, *names = sys.argv[1:]
for name in names:
    model = keras.models.load_model(f"{folder}/{name}.keras", compile=False)
    films = numpy.load(f"{folder}/{name}.films.npy").astype("float32") / 255
    numpy.save(f"{folder}/{name}.found.npy", model.predict_on_batch(films)[:, 0])
"""

# Whole models as others save them: the network alone, and as one layer with most of it frozen, its norms, too. Every
# array holds the number of its layer and a tenth of its own. Normalization, before the first layer of some, is no
# part of a backbone. EVERY has read which `applications`, and the folder.
WILD = """
import keras, numpy
for application in applications:
    network = getattr(keras.applications, application)(include_top=False, weights=None, input_shape=(96, 96, 3))
    weighted = [layer for layer in network.layers if layer.weights and type(layer).__name__ != "Normalization"]
    for number, layer in enumerate(weighted):
        layer.set_weights([numpy.full(w.shape, number + k / 10, "float32") for k, w in enumerate(layer.weights)])
    network.save(f"{folder}/{application}.alone.h5")
    for layer in network.layers:
        layer.trainable = layer in network.layers[-30:] and type(layer).__name__ != "BatchNormalization"
    films = keras.Input((96, 96, 3))
    features = keras.layers.GlobalAveragePooling2D()(network(films, training=False))
    model = keras.Model(films, keras.layers.Dense(1)(features))
    model.compile("adam", "mse")
    model.save(f"{folder}/{application}.inner.h5")
"""


@dataclass(frozen=True)
class Done:
    """What was asked of an environment at once, since its start takes longer. told: what the proof prints of a file;
    folder: with whole models of its own; rows: of which networks."""

    other: Environment
    told: dict[Path, list[str]]
    folder: Path
    rows: Sequence[Backbone]


@pytest.fixture(scope="module")
def done(other: Environment, exported: list[Path]) -> Iterator[Done]:
    with tempfile.TemporaryDirectory() as folder:
        names = [path.with_suffix("") for path in (*exported, asleep(exported[0]))]
        told: dict[Path, list[str]] = {}
        rows = wild_rows(other)
        applications = ",".join(row.application for row in rows)
        for word in other.run(EVERY + WILD, folder, applications, *names).split("@ ")[1:]:
            name, *rest = word.split()
            told[Path(f"{name}.h5")] = rest
        yield Done(other, told, Path(folder), rows)


def wild_rows(other: Environment) -> Sequence[Backbone]:
    """All in Keras 3; two that are Keras 2 take turns, since whole networks take long to make."""
    rows = list(BACKBONES.values())
    if not other.is_keras_2:
        return rows
    return rows[::2] if other.package == "tensorflow" else rows[1::2]


def asleep(path: Path) -> Path:
    """The same file with a dropout that is."""
    copy = path.with_name("asleep.h5")
    for end in (".h5", ".films.npy"):
        shutil.copy(path.with_suffix(end), copy.with_suffix(end))
    with h5py.File(copy, "r+") as file:
        config = json.loads(file.attrs["model_config"])
        for layer in config["config"]["layers"]:
            if layer["class_name"] == "Dropout":
                layer["inbound_nodes"][0][0][3]["training"] = False
        file.attrs["model_config"] = json.dumps(config)
    return copy


def test_one_file_opens_everywhere_and_can_be_fine_tuned(done: Done, exported: list[Path]) -> None:
    for path in exported:
        assert done.told[path] == [], "dropout is asleep"
        found, right = (np.load(path.with_suffix(end)) for end in (".found.npy", ".right.npy"))
        assert len(np.unique(right)) == len(right) > 1
        np.testing.assert_allclose(found, right, rtol=1e-5, atol=1e-5 * np.abs(right).max(), err_msg=path.stem)


def test_an_archive_opens_from_the_keras_on_that_its_format_names(tmp_path: Path, models: dict[str, Any]) -> None:
    named = re.search(r"from (\d+\.\d+) on", load_format("keras").FORMAT.title)
    assert named
    older = beside(tmp_path / "packages", "keras", f"{named[1]}.0", "import keras")
    some = dict(list(models.items())[::4])  # of every space: to write all takes minutes
    for name, model in some.items():
        save_portable(model, tmp_path / "model.h5")
        load_format("keras").write(called_once(tmp_path / "model.h5"), tmp_path / f"{name}.keras")
        np.save(tmp_path / f"{name}.films.npy", films(model))
    older.run(ARCHIVES, tmp_path, *some)
    for name, model in some.items():
        found = np.load(tmp_path / f"{name}.found.npy")
        np.testing.assert_allclose(found, answers(model), rtol=1e-4, atol=1e-5, err_msg=name)


def test_the_proof_sees_a_dropout_that_is_asleep(done: Done, exported: list[Path]) -> None:
    """In Keras 2 alone, and there it does, when the calls say `training: false`."""
    assert done.told[exported[0].with_name("asleep.h5")] == (["dropout"] if done.other.is_keras_2 else [])


def test_whole_models_of_others_serve_as_weights(done: Done) -> None:
    for row in done.rows:
        for end in ("alone", "inner"):
            path = done.folder / f"{row.application}.{end}.h5"
            assert find_backbone(path, list(BACKBONES)) == row.name, path.name
            held = [[round(float(array.flat[-1]), 1) for array in layer] for layer in load_run(path, row)]
            assert held == [[round(n + k / 10, 1) for k in range(len(layer))] for n, layer in enumerate(held)], path
            path.unlink()
