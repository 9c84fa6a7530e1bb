"""Vectors beside prepared films: added to a folder without decoding, sealed with it, and never changed for others."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import run_folders
from cli_process import called
from numpy.typing import NDArray

from runners._ray.films import FILMS, input_files
from runners._workers.setup import setup_of
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.intact import NOTE, begin_check
from xrays.seal import VECTORS, DamagedFilms
from xrays.vectors import Vectors, keep_vectors, vectors_of
from xrays.vectors_file import read_vectors


def given_vectors(folder: Path, ids: NDArray[np.int64], seed: int = 0) -> Path:
    """A file of them, in another order than the films."""
    values = np.random.default_rng(seed).normal(size=(len(ids), 6))
    np.savez(folder / "vectors.npz", ids=ids[::-1], vectors=values[::-1])
    return folder / "vectors.npz"


@pytest.fixture
def arrays(prepared: XrayArrays, tmp_path: Path) -> XrayArrays:
    return XrayArrays.open(Path(shutil.copytree(prepared.path, tmp_path / "tiny")))


@pytest.fixture
def kept(arrays: XrayArrays, tmp_path: Path) -> Vectors:
    return keep_vectors(arrays, read_vectors(given_vectors(tmp_path, arrays.ids)), "a model")


def test_they_lie_beside_films_that_stay_what_they_are(arrays: XrayArrays, kept: Vectors, tmp_path: Path) -> None:
    again = XrayArrays.open(arrays.path)
    found = vectors_of(again)
    assert found is not None and vectors_of(arrays) is None
    expected = np.random.default_rng(0).normal(size=(len(arrays.ids), 6)).astype(np.float32)
    np.testing.assert_array_equal(found.values, expected)
    assert (found.origin, found.width, found.label) == ("a model", 6, f"vectors.npz@{found.fingerprint[:8]}")
    assert kept.record() == found.record() == again.meta["vectors"]
    assert again.pixels == arrays.pixels and again.meta["films"] == arrays.meta["films"]
    assert again.meta["words"] == [
        *arrays.meta["words"], "--features", str(tmp_path / "vectors.npz"), "--features-origin", "a model"
    ]  # fmt: skip
    begin_check(again).result()


def test_the_same_once_more_changes_nothing_and_others_are_refused(
    arrays: XrayArrays, kept: Vectors, tmp_path: Path
) -> None:
    again = XrayArrays.open(arrays.path)
    before = {file.name: file.stat().st_mtime_ns for file in arrays.path.iterdir()}
    same = keep_vectors(again, read_vectors(given_vectors(tmp_path, arrays.ids)), "a model")
    assert same.fingerprint == kept.fingerprint
    for seed, origin in ((1, "a model"), (0, "another")):
        with pytest.raises(UserError, match="has other vectors: vectors") as caught:
            keep_vectors(again, read_vectors(given_vectors(tmp_path, arrays.ids, seed)), origin)
        assert f"--out {arrays.path}-2" in caught.value.remedy and caught.value.remedy.count("--features ") == 1
    assert {file.name: file.stat().st_mtime_ns for file in arrays.path.iterdir()} == before


def test_what_does_not_fit_leaves_the_folder_as_it_was(arrays: XrayArrays, tmp_path: Path) -> None:
    before = {file.name: file.stat().st_mtime_ns for file in arrays.path.iterdir()}
    with pytest.raises(UserError, match="no vector of 2 of"):
        keep_vectors(arrays, read_vectors(given_vectors(tmp_path, arrays.ids[:-2])), "")
    assert {file.name: file.stat().st_mtime_ns for file in arrays.path.iterdir()} == before


def flipped(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[-3] ^= 1
    file.write_bytes(content)


def test_damage_is_noticed(arrays: XrayArrays, kept: Vectors) -> None:
    (arrays.path / NOTE).unlink()
    flipped(arrays.path / VECTORS)
    damaged = XrayArrays.open(arrays.path)
    with pytest.raises(DamagedFilms, match=r"vectors\.npy holds other numbers than were written"):
        begin_check(damaged).result()
    kept_whole = (arrays.path / VECTORS).read_bytes()
    np.save(arrays.path / VECTORS, np.zeros((3, 6), np.float32))
    with pytest.raises(DamagedFilms, match=r"holds float32 \(3, 6\), not 60 vectors of 6"):
        vectors_of(damaged)
    for odd in (b"cut", kept_whole.replace(b", 6)", b", 6(")):
        (arrays.path / VECTORS).write_bytes(odd)
        with pytest.raises(DamagedFilms, match="cannot be read"):
            vectors_of(damaged)
    (arrays.path / VECTORS).unlink()
    with pytest.raises(DamagedFilms, match="is not there"):
        vectors_of(damaged)


def test_a_change_after_they_were_found_whole_is_noticed(arrays: XrayArrays, kept: Vectors) -> None:
    whole = XrayArrays.open(arrays.path)
    begin_check(whole).result()
    flipped(arrays.path / VECTORS)
    with pytest.raises(DamagedFilms, match="other numbers"):
        begin_check(whole).result()


def test_they_go_to_nodes_of_a_cluster(arrays: XrayArrays, kept: Vectors) -> None:
    setup = setup_of(arrays.path, np.zeros((1, len(arrays.ids)), np.int8), run_folders.experiment())
    np.testing.assert_array_equal(input_files(setup, FILMS)[VECTORS], kept.values)  # type: ignore[arg-type]


def test_prepare_keeps_them_at_every_size_and_adds_them_to_a_folder(films_folder: Path, tmp_path: Path) -> None:
    ids = np.arange(60)
    file = given_vectors(tmp_path, ids)
    words = ["prepare", films_folder, "--no-audit", "--out", "data/tiny", "--size", "16"]
    assert called(*words, cwd=tmp_path).returncode == 0
    for _ in range(2):
        done = called(*words, "--features", file, "--features-origin", "a model", cwd=tmp_path)
        assert "already prepared" in done.stdout and "vectors: 6 numbers a film, from vectors.npz" in done.stdout
        assert "--space embedding" in done.stdout
    done = called(*words, "--size", "24", "--out", "data/both", "--features", file, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    for folder in ("tiny", "both16", "both24"):
        assert vectors_of(XrayArrays.open(tmp_path / "data" / folder)) is not None


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (["--features", "few.npz"], "no vector of 10 of 60 films"),
        (["--features", "few.npy"], "holds 50 vectors without ids for 60 films"),
        (["--features", "gone.npz"], "gone.npz is no file"),
        (["--features-origin", "a model"], "--features with the file"),
    ],
)
def test_prepare_refuses_what_does_not_fit(changes: list[str], said: str, films_folder: Path, tmp_path: Path) -> None:
    given_vectors(tmp_path, np.arange(50)).rename(tmp_path / "few.npz")
    np.save(tmp_path / "few.npy", np.zeros((50, 3)))
    done = called("prepare", films_folder, "--no-audit", "--out", "tiny", "--size", "16", *changes, cwd=tmp_path)
    assert done.returncode == 2 and said in done.stderr
    if "few.npy" not in changes:
        assert not (tmp_path / "tiny").exists(), "nothing was decoded for it"
