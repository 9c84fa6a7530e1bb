"""Damage of a prepared folder, whichever file and however: told with folder, file and command, and no run begun."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_process import called
from film_folders import noise_folder

from runners._commands.search import search
from runners._search.options import SearchOptions
from xrays import intact
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.intact import NOTE, begin_check
from xrays.prepare import prepare
from xrays.sources._folder import read_folder

FILES = ("films.csv", "rejected.csv", "fingerprints.npy", "meta.json", "images.npy")


@pytest.fixture
def folder(prepared: XrayArrays, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared.path, tmp_path / "data" / "my films"))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """As many other films of the same size, and one that was rejected."""
    made = tmp_path_factory.mktemp("others")
    films = noise_folder(made / "films", 61)
    (films / "train/000007.png").write_text("no image")
    return prepare(read_folder(films), made / "out", size=32).path


def cut(file: Path, others: Path) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) * 2 // 3])


def emptied(file: Path, others: Path) -> None:
    file.write_bytes(b"")


def randomised(file: Path, others: Path) -> None:
    file.write_bytes(np.random.default_rng(0).bytes(file.stat().st_size))


def gone(file: Path, others: Path) -> None:
    file.unlink()


def another_s(file: Path, others: Path) -> None:
    shutil.copy(others / file.name, file)


def flipped(file: Path, others: Path) -> None:
    """One bit, in the last quarter."""
    content = bytearray(file.read_bytes())
    content[-len(content) // 4] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize("damage", [cut, emptied, randomised, gone, another_s, flipped])
@pytest.mark.parametrize("name", FILES)
def test_it_is_told_before_anything_is_recorded(
    name: str, damage: Callable[[Path, Path], None], folder: Path, others: Path
) -> None:
    damage(folder / name, others)
    with pytest.raises(UserError) as caught:
        begin_check(XrayArrays.open(folder)).result()
    given, remedy = caught.value.given, caught.value.remedy
    assert str(folder) in given
    if (name, damage) != ("meta.json", gone):
        assert "is damaged" in given and name in given
        assert remedy.startswith("python cli.py prepare ") and f"--out '{folder}-2'" in remedy


@pytest.mark.parametrize("damage", [cut, emptied, randomised, another_s])
@pytest.mark.parametrize("name", FILES[:4])
def test_no_run_is_begun(
    name: str, damage: Callable[[Path, Path], None], folder: Path, others: Path, tmp_path: Path
) -> None:
    damage(folder / name, others)
    with pytest.raises(UserError, match="is damaged"):
        search(SearchOptions(task="age", data=folder, trials=1, folds=2, runs=tmp_path / "runs"), say=pytest.fail)
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_zeroed_pixels_end_a_search_that_has_begun(folder: Path, tmp_path: Path, warm: None) -> None:
    """The array can be opened; that its content is wrong is found while the workers load."""
    words = ("search", "--task", "age", "--trials", 1, "--folds", 2, "--epochs", 1, "--no-ablation", "--data", folder)
    assert called(*words, "--name", "before", cwd=tmp_path).returncode == 0
    zeroed = np.lib.format.open_memmap(folder / "images.npy", "r+")
    zeroed[20:30] = 0
    zeroed.flush()
    done = called(*words, "--name", "begun", cwd=tmp_path)
    assert done.returncode == 2, done.stdout + done.stderr
    assert f"{folder} is damaged: images.npy holds other pixels" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "runs/begun").exists(), "nothing that was trained on such films is kept"
    for again in (("search", *words[1:4], 2, *words[5:], "--name", "before"), ("export", "--task", "age")):
        done = called(*again, cwd=tmp_path)
        assert done.returncode == 2 and "images.npy holds other pixels" in done.stderr, done.stdout + done.stderr
    assert len((tmp_path / "runs/before/trials.jsonl").read_text().splitlines()) == 1, "a run from before stays"
    assert not (tmp_path / "best_age.h5").exists()
    refused = called("prepare", tmp_path / "nowhere", "--out", folder, cwd=tmp_path)
    assert refused.returncode == 2


class TestOnceAFolder:
    """The array's fingerprint takes a while: it is computed when the file has changed."""

    @pytest.fixture
    def computed(self, monkeypatch: pytest.MonkeyPatch) -> list[Path]:
        calls: list[Path] = []
        real = intact.pixels_fingerprint

        def counted(films: str, preprocessing: object, images: Path) -> str:
            calls.append(images)
            return real(films, preprocessing, images)

        monkeypatch.setattr(intact, "pixels_fingerprint", counted)
        return calls

    def test_it_is_remembered_until_the_file_changes(self, folder: Path, computed: list[Path]) -> None:
        for times in (1, 1, 2, 2):
            if times == 2 and len(computed) == 1:
                os.utime(folder / "images.npy")  # touched, and the same
            begin_check(XrayArrays.open(folder)).result()
            assert len(computed) == times

    def test_a_copy_is_looked_at_by_itself(self, folder: Path, computed: list[Path]) -> None:
        begin_check(XrayArrays.open(folder)).result()
        copy = Path(shutil.copytree(folder, folder.with_name("copy")))
        flipped(copy / "images.npy", copy)
        with pytest.raises(UserError, match=r"images\.npy holds other pixels"):
            begin_check(XrayArrays.open(copy)).result()
        assert len(computed) == 2

    def test_a_folder_that_cannot_be_written(
        self, folder: Path, computed: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
        (folder / NOTE).unlink()
        (folder / NOTE).mkdir()  # root may write everywhere, but no file where a folder is
        before = sorted(folder.iterdir())
        for _ in range(2):
            begin_check(XrayArrays.open(folder)).result()
        assert len(computed) == 1 and sorted(folder.iterdir()) == before
        monkeypatch.setenv("XDG_CACHE_HOME", str(folder / "films.csv"))  # nowhere at all
        for _ in range(2):
            begin_check(XrayArrays.open(folder)).result()
        assert len(computed) == 3


def test_a_disk_that_fails(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*arguments: object) -> str:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(intact, "pixels_fingerprint", failing)
    with pytest.raises(UserError, match=r"images\.npy cannot be read: Input/output error"):
        begin_check(XrayArrays.open(folder)).result()


def test_a_damaged_folder_is_not_called_prepared(films_folder: Path, tmp_path: Path) -> None:
    out = prepare(read_folder(films_folder), tmp_path / "out", size=16).path
    flipped(out / "images.npy", out)
    with pytest.raises(UserError, match=r"images\.npy holds other pixels"):
        prepare(read_folder(films_folder), out, size=16)


def test_a_folder_of_an_older_version(folder: Path) -> None:
    meta = (folder / "meta.json").read_text()
    (folder / "meta.json").write_text(meta.replace('"seal"', '"no seal"'))
    with pytest.raises(UserError, match="prepared by an older version"):
        XrayArrays.open(folder)
