"""What may happen to files and disks while `prepare` runs: a film costs a line, and a folder is whole or absent."""

from __future__ import annotations

import builtins
import errno
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from cli_process import called
from film_folders import noise_folder

from runners._commands import prepare as command
from xrays.arrays import XrayArrays, prepared_folders
from xrays.layout import Layout


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return noise_folder(tmp_path / "films", 25)


def prepared(films: Path) -> Any:
    return called("prepare", films, "--size", 16, "--out", "data/out", cwd=films.parent)


def forbid(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody may read the file, nor look into the folder; not even root, for whom modes are no matter."""
    place.chmod(0)

    def refusing(function: Callable[..., Any]) -> Callable[..., Any]:
        def guarded(file: Any, *rest: Any, **named: Any) -> Any:
            if isinstance(file, str | os.PathLike) and Path(file) == place:
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(file))
            return function(file, *rest, **named)

        return guarded

    for module, name in ((builtins, "open"), (io, "open"), (np, "fromfile"), (os, "listdir"), (os, "scandir")):
        monkeypatch.setattr(module, name, refusing(getattr(module, name)))


def test_a_film_that_may_not_be_read(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forbid(films / "train/000003.png", monkeypatch)
    assert prepared(films).returncode == 0
    rejected = pd.read_csv(films.parent / "data/out/rejected.csv")
    assert rejected.imageId.tolist() == [3] and rejected.reason.tolist() == ["cannot be opened: Permission denied"]


@pytest.mark.parametrize("place", ["train_age.csv", "train"])
def test_a_label_file_or_a_folder_that_may_not_be_read(
    place: str, films: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid(films / place, monkeypatch)
    done = prepared(films)
    assert done.returncode == 2
    assert f"error: {films / place} cannot be written or read: Permission denied" in done.stderr
    assert prepared_folders(films.parent / "data") == []


def test_a_film_that_vanishes_after_it_was_found(films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Disks of institutes are tidied while others work."""
    found = command.layout_of

    def then_tidied(*given: Any) -> Layout:
        layout = found(*given)
        (films / "train/000003.png").unlink()
        return layout

    monkeypatch.setattr(command, "layout_of", then_tidied)
    assert prepared(films).returncode == 0
    rejected = pd.read_csv(films.parent / "data/out/rejected.csv")
    assert rejected.imageId.tolist() == [3]
    assert rejected.reason.tolist() == ["cannot be opened: No such file or directory"]


@pytest.mark.parametrize("link", ["films", "films/train", "films/train_age.csv"])
def test_a_loop_of_links_in_place_of_what_is_read(link: str, tmp_path: Path) -> None:
    films = noise_folder(tmp_path / "films", 3)
    place = tmp_path / link
    place.rename(tmp_path / "moved")
    place.symlink_to(place.name)
    done = prepared(films)
    assert done.returncode == 2 and f"error: {films}" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists() or prepared_folders(tmp_path / "data") == []


def test_a_folder_that_holds_itself(films: Path) -> None:
    (films / "train/again").symlink_to(films)
    (films / "train/000099.png").symlink_to(films, target_is_directory=True)
    (films / "again").symlink_to(films)
    assert prepared(films).returncode == 0
    assert XrayArrays.open(films.parent / "data/out").ids.tolist() == list(range(25))


WRITES = [(os, "posix_fallocate"), (os, "fsync"), (pd.DataFrame, "to_csv"), (np, "save"), (Path, "mkdir")]


@pytest.mark.parametrize(("owner", "name"), WRITES)
def test_a_disk_that_is_full(owner: Any, name: str, films: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever it is met; and when there is room again, the same command does it."""
    (films.parent / "data").mkdir()
    write = getattr(owner, name)

    def full(*given: Any, **named: Any) -> Any:
        if given[1:] or name != "to_csv":  # without a place it is text in memory
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, full)
        done = prepared(films)
    assert done.returncode == 2 and "the disk of data is full" in done.stderr, done.stderr
    assert list((films.parent / "data").iterdir()) == []
    searched = called("search", "--task", "age", "--data", "data/out", cwd=films.parent)
    assert searched.returncode == 2 and "holds no prepared films" in searched.stderr
    assert prepared(films).returncode == 0
    assert len(XrayArrays.open(films.parent / "data/out").ids) == 25
