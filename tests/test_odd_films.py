"""Broken and odd films as users meet them, through `prepare` and `predict`: a line with the reason or the right
pixels, never a traceback, and nothing half-written that a later command takes for films."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cli_process import called, run
from film_folders import noise_folder
from hypothesis import given
from hypothesis import strategies as st
from mean_model import model_of_means
from odd_files import BROKEN, READ, REFERENCE, Broken, claims, one_bit, saved

from xrays.arrays import XrayArrays, prepared_folders
from xrays.pixels.film import Film, UnreadableFilm
from xrays.pixels.read import read_film
from xrays.pixels.recipe import PLAIN

GOOD = 25 * len(BROKEN)  # so that the broken ones are few enough
SIZE = 16


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """Good films, one broken film and one odd film of every kind; the odd and broken ones' ids by kind."""
    folder = noise_folder(tmp_path_factory.mktemp("mixed") / "films", GOOD)
    ids = {}
    for film, (kind, made) in enumerate([*BROKEN.items(), *READ.items()], GOOD):
        made.write(folder / f"train/{film:06d}{made.suffix}")
        ids[kind] = film
    with (folder / "train_age.csv").open("a") as file:
        file.writelines(f"{film},50\n" for film in ids.values())
    return folder, ids


@pytest.fixture(scope="module")
def out(mixed: tuple[Path, dict[str, int]]) -> Path:
    folder, _ = mixed
    done = called("prepare", folder, "--size", SIZE, "--out", "data/out", cwd=folder.parent)
    assert done.returncode == 0, done.stderr
    assert f"{len(BROKEN)} films were rejected, with reasons in data/out/rejected.csv" in done.stdout
    return folder.parent / "data/out"


class TestPrepare:
    @pytest.mark.parametrize("kind", BROKEN)
    def test_a_broken_film_costs_a_line(self, kind: str, mixed: tuple[Path, dict[str, int]], out: Path) -> None:
        folder, ids = mixed
        rejected = pd.read_csv(out / "rejected.csv").set_index("imageId")
        assert re.search(BROKEN[kind].reason, rejected.reason[ids[kind]]), rejected.reason[ids[kind]]
        assert rejected.file[ids[kind]] == str(folder / f"train/{ids[kind]:06d}{BROKEN[kind].suffix}")
        assert ids[kind] not in XrayArrays.open(out).ids

    @pytest.mark.parametrize("kind", READ)
    def test_an_odd_film_has_the_pixels_of_the_plain_one(
        self, kind: str, mixed: tuple[Path, dict[str, int]], out: Path
    ) -> None:
        arrays = XrayArrays.open(out)
        (row,) = np.flatnonzero(arrays.ids == mixed[1][kind])
        expected = PLAIN.pixels(Film(REFERENCE), SIZE).astype(int)
        assert np.abs(arrays.images[row, ..., 0] - expected).mean() <= READ[kind].off

    def test_films_that_are_black_and_white(self, tmp_path: Path) -> None:
        folder = noise_folder(tmp_path / "films", 2)
        shown = one_bit(folder / "train/000001.png")
        assert called("prepare", folder, "--size", SIZE, "--out", "out", cwd=tmp_path).returncode == 0
        arrays = XrayArrays.open(tmp_path / "out")
        np.testing.assert_array_equal(arrays.images[1, ..., 0], PLAIN.pixels(Film(shown), SIZE))

    def test_only_broken_ones_are_refused_and_nothing_is_left_that_a_search_takes(self, tmp_path: Path) -> None:
        folder = noise_folder(tmp_path / "films", len(BROKEN))
        for film, broken in enumerate(BROKEN.values()):
            (folder / f"train/{film:06d}.png").unlink()
            broken.write(folder / f"train/{film:06d}{broken.suffix}")
        done = called("prepare", folder, "--size", SIZE, "--out", "data/out", cwd=tmp_path)
        assert done.returncode == 2 and "Traceback" not in done.stderr
        assert f"error: {len(BROKEN)} of {len(BROKEN)} films in {folder} cannot be used" in done.stderr
        assert prepared_folders(tmp_path / "data") == []
        assert [file.name for file in (tmp_path / "data").iterdir()] == ["out-rejected.csv"]
        searched = called("search", "--task", "age", "--data", "data/out", cwd=tmp_path)
        assert searched.returncode == 2 and "holds no prepared films" in searched.stderr


def test_files_of_a_few_bytes_that_claim_to_be_large_are_not_unpacked(tmp_path: Path) -> None:
    """In a process of its own, in which nobody else has loaded the decoder: it reads its limit as it loads."""
    folder = noise_folder(tmp_path / "films", 3)
    for film, suffix in enumerate((".png", ".bmp", ".jpg")):
        (folder / f"train/{film:06d}.png").unlink()
        claims(folder / f"train/{film:06d}{suffix}", 20_000)
    done = run("prepare", folder, "--size", SIZE, "--out", "data/out", cwd=tmp_path)
    assert done.returncode == 2 and "3 × has more than 268,435,456 pixels" in done.stderr


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return model_of_means(tmp_path, SIZE, monkeypatch)


class TestPredict:
    def test_every_film_has_its_line(self, mixed: tuple[Path, dict[str, int]], model: Path) -> None:
        """A folder stands for its films; what is broken is said in its place, and the rest is answered."""
        folder, ids = mixed
        done = called("predict", model, folder / "train", cwd=model.parent)
        assert done.returncode == 1 and f"{GOOD + len(READ)} of " in done.stderr
        told = dict(line.split("  ", 1) for line in done.stdout.splitlines())
        for kind, broken in BROKEN.items():
            assert re.search(broken.reason, told.pop(str(folder / f"train/{ids[kind]:06d}{broken.suffix}"))), kind
        assert len(told) == GOOD + len(READ) and all(" years" in line for line in told.values())

    @pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
    def test_one_film_alone(self, broken: Broken, tmp_path: Path, model: Path) -> None:
        film = tmp_path / f"film{broken.suffix}"
        broken.write(film)
        done = called("predict", model, film, cwd=tmp_path)
        if film.is_dir():
            assert done.returncode == 2 and done.stderr.startswith(f"error: {film} holds no films")
        else:
            assert done.returncode == 1 and re.match(f"{re.escape(str(film))}  (?:{broken.reason})", done.stdout)


HIT = st.tuples(st.floats(0, 1), st.integers(0, 255))  # where, and what stands there then


@given(
    suffix=st.sampled_from([".png", ".jpg", ".tif", ".bmp"]),
    deep=st.booleans(),
    hits=st.lists(HIT, min_size=1, max_size=6),
    share=st.none() | st.floats(0, 1),
)
def test_whatever_becomes_of_single_bytes(
    suffix: str,
    deep: bool,
    hits: list[tuple[float, int]],
    share: float | None,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    path = tmp_path_factory.mktemp("bytes") / f"film{suffix}"
    content = bytearray(saved(path, REFERENCE.astype(np.uint16) * 257 if deep and suffix != ".bmp" else REFERENCE))
    for place, value in hits:
        content[int(place * (len(content) - 1))] = value
    path.write_bytes(content[: None if share is None else int(share * len(content))])
    try:
        film = PLAIN.at_own_size(read_film(path))
        assert film.grey.dtype == np.uint8 and PLAIN.pixels(film, SIZE).shape == (SIZE, SIZE)
    except UnreadableFilm as error:
        assert str(error)
