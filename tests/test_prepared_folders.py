"""Prepared folders: never mistaken for those of other films, and chosen where several are there."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from film_folders import noise_folder, replace_in

from xrays.arrays import XrayArrays, choose_prepared, films_fingerprint
from xrays.errors import UserError
from xrays.pixels.prints import fingerprint
from xrays.prepare import prepare
from xrays.sources._folder import read_folder


def must_not_decode(done: int, total: int) -> None:
    raise AssertionError("a film was decoded")


def test_a_film_has_one_fingerprint_at_every_size_and_under_every_name(tmp_path: Path) -> None:
    first = noise_folder(tmp_path / "films", 4)
    other = tmp_path / "other"
    (other / "train").mkdir(parents=True)
    for film in range(4):  # in reverse order, in another format
        pixels = cv2.imread(str(first / f"train/{film:06d}.png"), cv2.IMREAD_GRAYSCALE)
        cv2.imwrite(str(other / f"train/{103 - film}.bmp"), pixels)
    (other / "train_gender.csv").write_text("imageId,gender\n100,1\n101,0\n102,1\n103,1\n")
    small = prepare(read_folder(first), tmp_path / "small", size=16).fingerprints()
    large = prepare(read_folder(first), tmp_path / "large", size=24).fingerprints()
    renamed = prepare(read_folder(other), tmp_path / "renamed", size=16).fingerprints()
    assert small.dtype == np.uint64 and len(set(small.tolist())) == 4 and small.max() < 2**48
    np.testing.assert_array_equal(large, small)
    np.testing.assert_array_equal(renamed, small[::-1])


def test_one_pixel_more_or_another_shape_is_another_film() -> None:
    film = np.arange(12, dtype=np.uint8).reshape(3, 4)
    other = film.copy()
    other[2, 1] += 1
    assert len({fingerprint(film), fingerprint(other), fingerprint(film.reshape(4, 3))}) == 3


def test_a_folder_without_fingerprints_is_damaged(tmp_path: Path) -> None:
    folder, out = noise_folder(tmp_path / "films", 4), tmp_path / "out"
    arrays = prepare(read_folder(folder), out, size=16)
    (out / "fingerprints.npy").unlink()
    with pytest.raises(UserError, match=r"fingerprints\.npy is not there") as caught:
        arrays.fingerprints()
    assert f"prepare {folder} --size 16 --out" in caught.value.remedy


class TestSecondCall:
    def test_the_same_again_decodes_nothing(self, films_folder: Path, prepared: XrayArrays) -> None:
        before = {file.name: file.stat().st_mtime_ns for file in prepared.path.iterdir()}
        again = prepare(read_folder(films_folder), prepared.path, size=32, progress=must_not_decode)
        assert again.meta == prepared.meta
        assert {file.name: file.stat().st_mtime_ns for file in prepared.path.iterdir()} == before

    def test_films_that_were_moved_are_the_same(self, tmp_path: Path) -> None:
        folder = noise_folder(tmp_path / "films", 40)
        replace_in(folder / "train_age.csv", "\n5,35\n", "\n5,old\n")
        prepare(read_folder(folder), tmp_path / "out", size=16)
        moved = folder.rename(tmp_path / "elsewhere")
        prepare(read_folder(moved), tmp_path / "out", size=16, progress=must_not_decode)

    def test_another_size_needs_another_folder(self, films_folder: Path, prepared: XrayArrays) -> None:
        with pytest.raises(UserError) as caught:
            prepare(read_folder(films_folder), prepared.path, size=16)
        assert str(prepared.path) in caught.value.given
        assert f"--out {prepared.path}-2" in caught.value.remedy
        assert XrayArrays.open(prepared.path).size == 32

    def test_other_films_need_another_folder(self, tmp_path: Path) -> None:
        folder, out = noise_folder(tmp_path / "films"), tmp_path / "out"
        prepare(read_folder(folder), out, size=16)
        replace_in(folder / "train_age.csv", "\n3,33\n", "\n3,34\n")
        with pytest.raises(UserError, match="was not made from these films"):
            prepare(read_folder(folder), out, size=16)

    def test_a_folder_of_something_else_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        (tmp_path / "out/thesis.txt").write_text("years of work")
        with pytest.raises(UserError, match="is not made by `prepare`"):
            prepare(read_folder(noise_folder(tmp_path / "films")), tmp_path / "out", size=16)
        assert (tmp_path / "out/thesis.txt").read_text() == "years of work"

    @pytest.mark.parametrize("size", [0, 15, 1025, -128])
    def test_size(self, films_folder: Path, tmp_path: Path, size: int) -> None:
        with pytest.raises(UserError, match=f"--size {size}"):
            prepare(read_folder(films_folder), tmp_path / "out", size=size)


class TestFingerprints:
    @pytest.fixture
    def first(self, tmp_path: Path) -> XrayArrays:
        return prepare(read_folder(noise_folder(tmp_path / "films")), tmp_path / "first", size=16)

    def again(self, tmp_path: Path, size: int = 16) -> XrayArrays:
        layout = replace(read_folder(tmp_path / "films"), about={"source": "other", "version": 2})
        return prepare(layout, tmp_path / "again", size=size)

    def test_same_films_same_fingerprints(self, tmp_path: Path, first: XrayArrays) -> None:
        again = self.again(tmp_path)
        assert again.meta["films"] == first.meta["films"] and again.pixels == first.pixels

    def test_size_is_a_matter_of_pixels(self, tmp_path: Path, first: XrayArrays) -> None:
        again = self.again(tmp_path, 24)
        assert again.meta["films"] == first.meta["films"] and again.pixels != first.pixels

    @pytest.mark.parametrize(
        ("file", "old", "new"),
        [("age", "\n3,33\n", "\n3,33.5\n"), ("gender", "\n3,1\n", "\n3,0\n"), ("gender", "\n3,1\n", "\n3,\n")],
    )
    def test_a_label_is_a_matter_of_films(
        self, tmp_path: Path, first: XrayArrays, file: str, old: str, new: str
    ) -> None:
        replace_in(tmp_path / f"films/train_{file}.csv", old, new)
        again = self.again(tmp_path)
        assert again.meta["films"] != first.meta["films"] and again.pixels != first.pixels
        np.testing.assert_array_equal(again.images, first.images)

    def test_a_patient_is_a_matter_of_films(self, tmp_path: Path, first: XrayArrays) -> None:
        (tmp_path / "films/train_patient.csv").write_text("imageId,patient\n0,a\n1,a\n")
        assert self.again(tmp_path).meta["films"] != first.meta["films"]

    def test_a_pixel_is_a_matter_of_pixels(self, tmp_path: Path, first: XrayArrays) -> None:
        cv2.imwrite(str(tmp_path / "films/train/000024.png"), np.eye(24, 20, dtype=np.uint8) * 9)
        again = self.again(tmp_path)
        assert again.meta["films"] == first.meta["films"] and again.pixels != first.pixels

    def test_order_and_spelling_of_the_rows_are_no_matter(self, tmp_path: Path, first: XrayArrays) -> None:
        file = tmp_path / "films/train_age.csv"
        header, *rows = file.read_text().split()
        file.write_text("\r\n".join([header, *(f"{row}.0" for row in reversed(rows))]))
        again = self.again(tmp_path)
        assert again.meta["films"] == first.meta["films"] and again.pixels == first.pixels

    def test_it_is_the_one_of_the_table_on_disk(self, first: XrayArrays) -> None:
        assert films_fingerprint(pd.read_csv(first.path / "films.csv")) == first.meta["films"]


class TestChoosing:
    @pytest.fixture
    def root(self, tmp_path: Path, prepared: XrayArrays) -> Path:
        (tmp_path / "data").mkdir()
        shutil.copytree(prepared.path, tmp_path / "data/a")
        return tmp_path / "data"

    def test_nothing_is_prepared(self, tmp_path: Path) -> None:
        assert choose_prepared(None, tmp_path / "none") is None
        assert choose_prepared(None, tmp_path) is None

    def test_the_only_one(self, root: Path) -> None:
        assert choose_prepared(None, root) == root / "a"

    def test_several_are_listed(self, root: Path) -> None:
        shutil.copytree(root / "a", root / "b")
        with pytest.raises(UserError) as caught:
            choose_prepared(None, root)
        assert caught.value.accepted == f"{root / 'a'} or {root / 'b'}"
        assert caught.value.remedy == f"the same command with --data {root / 'a'}"
        assert choose_prepared(root / "b", root) == root / "b"

    def test_a_folder_that_is_not_prepared(self, root: Path, films_folder: Path) -> None:
        with pytest.raises(UserError) as caught:
            choose_prepared(films_folder, root)
        assert str(root / "a") in caught.value.accepted
        assert caught.value.remedy.startswith(f"python cli.py prepare {films_folder}")

    def test_open_something_else(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="no prepared films"):
            XrayArrays.open(tmp_path)
