"""Films and weights on a node that cannot read the driver's: two temporary folders stand for two nodes."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import run_folders

from runners._inputs.weights import NO_WEIGHTS, WeightFile, Weights
from runners._ray.films import FILMS, Fetch, InputFiles, fingerprints_of, input_files, localize, missing_inputs
from runners._workers.messages import Setup
from search_spaces._weight_files import fingerprint
from xrays.arrays import XrayArrays

NAMES = (FILMS, "densenet121")


@pytest.fixture
def setup(prepared: XrayArrays, tmp_path: Path) -> Setup:
    """Of a driver whose files lie where a node does not look."""
    folder = tmp_path / "driver"
    shutil.copytree(prepared.path, folder / "tiny32")
    (folder / "weights.h5").write_bytes(b"weights")
    weights = Weights(
        "imagenet", {"densenet121": WeightFile(folder / "weights.h5", fingerprint(folder / "weights.h5"))}
    )
    assignment = np.zeros((1, len(prepared.ids)), np.int8)
    return Setup(folder / "tiny32", assignment, run_folders.experiment(), 1, weights, 0)


@pytest.fixture
def shipments(setup: Setup) -> dict[str, InputFiles]:
    return {name: input_files(setup, name) for name in NAMES}


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "node").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "node"))
    yield tmp_path / "node"


def seen_there(setup: Setup) -> Setup:
    """The driver's paths, on a machine that has nothing at them."""
    nowhere = Path("/nowhere")
    files = {name: replace(file, path=nowhere) for name, file in setup.weights.files.items()}
    return replace(setup, arrays=nowhere, weights=Weights(setup.weights.given, files))


def fetching(shipments: dict[str, InputFiles], fetched: list[str], seconds: float = 0.0) -> dict[str, Fetch]:
    def fetch(name: str) -> InputFiles:
        time.sleep(seconds)
        fetched.append(name)
        return shipments[name]

    return {name: lambda name=name: fetch(name) for name in shipments}  # type: ignore[misc]


def test_a_machine_that_reads_the_paths_is_sent_nothing(setup: Setup, node: Path) -> None:
    fingerprints = fingerprints_of(setup)
    assert missing_inputs(setup, fingerprints) == []
    assert localize(setup, fingerprints, {}).arrays == setup.arrays
    assert not list(node.iterdir())


def test_a_node_gets_films_and_weights_once(setup: Setup, shipments: dict[str, InputFiles], node: Path) -> None:
    fingerprints, there, fetched = fingerprints_of(setup), seen_there(setup), list[str]()
    assert missing_inputs(there, fingerprints) == list(NAMES)
    local = localize(there, fingerprints, fetching(shipments, fetched))
    assert fetched == list(NAMES) and missing_inputs(there, fingerprints) == []
    assert localize(there, fingerprints, {}) == local, "a later search finds it"

    assert node in local.arrays.parents
    original, copy = XrayArrays.open(setup.arrays), XrayArrays.open(local.arrays)
    assert np.array_equal(copy.images, original.images) and copy.images.dtype == np.uint8
    for name, values in original.labels.items():
        np.testing.assert_array_equal(copy.labels[name], values)
    assert list(copy.labels) == list(original.labels) and copy.pixels == original.pixels
    assert list(copy.groups) == list(original.groups)
    file = local.weights.files["densenet121"]
    assert file.path.read_bytes() == b"weights" and file.fingerprint == fingerprints["densenet121"]
    assert oct(local.arrays.parent.stat().st_mode)[-3:] == "700", "pictures of patients"


def test_a_node_without_locks_gets_them_too(
    setup: Setup, shipments: dict[str, InputFiles], node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(file: object, kind: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", none)
    there, fingerprints = seen_there(setup), fingerprints_of(setup)
    assert node in localize(there, fingerprints, fetching(shipments, [])).arrays.parents
    assert missing_inputs(there, fingerprints) == []


def test_other_films_at_the_same_path_are_not_taken_for_the_drivers(
    setup: Setup, shipments: dict[str, InputFiles], node: Path
) -> None:
    fingerprints = fingerprints_of(setup)
    films = setup.arrays / "films.csv"
    films.write_text(films.read_text().replace("patient", "person"))
    setup.weights.files["densenet121"].path.write_bytes(b"other weights")
    assert missing_inputs(setup, fingerprints) == list(NAMES)
    assert localize(setup, fingerprints, fetching(shipments, [])).arrays != setup.arrays


def test_of_workers_that_start_together_one_unpacks(
    setup: Setup, shipments: dict[str, InputFiles], node: Path
) -> None:
    fingerprints, there, fetched = fingerprints_of(setup), seen_there(setup), list[str]()
    found: list[Setup] = []
    slow = fetching(shipments, fetched, seconds=0.2)
    threads = [threading.Thread(target=lambda: found.append(localize(there, fingerprints, slow))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert fetched == list(NAMES) and len({each.arrays for each in found}) == 1 and len(found) == 4


def test_what_was_left_half_written_is_no_copy(setup: Setup, shipments: dict[str, InputFiles], node: Path) -> None:
    fingerprints, there = fingerprints_of(setup), seen_there(setup)

    def cut_off() -> InputFiles:
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        localize(there, fingerprints, {**fetching(shipments, []), FILMS: cut_off})
    assert missing_inputs(there, fingerprints) == list(NAMES)
    (partial,) = node.glob("cxr-automl-*/.films-*.partial")
    (partial / "images.npy").write_bytes(b"half")
    local = localize(there, fingerprints, fetching(shipments, []))
    assert len(XrayArrays.open(local.arrays).images) == setup.assignment.shape[1] and not partial.exists()


def test_a_folder_of_someone_else_is_not_used(
    setup: Setup, shipments: dict[str, InputFiles], node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: own + 1)
    with pytest.raises(PermissionError, match="someone else"):
        localize(seen_there(setup), fingerprints_of(setup), fetching(shipments, []))


def test_nothing_but_films_without_weights(setup: Setup) -> None:
    assert list(fingerprints_of(replace(setup, weights=NO_WEIGHTS))) == [FILMS]
