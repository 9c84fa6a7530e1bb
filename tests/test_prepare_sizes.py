"""Several sizes of one collection: every film is decoded once, and each folder is what a call of its own makes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from cli_process import called
from film_folders import noise_folder

from xrays import decoding
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.pixels.recipe import PixelRecipe
from xrays.prepare import prepare, prepare_sizes
from xrays.sources._folder import read_folder

RECIPE = PixelRecipe("auto", "keep")


@pytest.fixture
def films(tmp_path: Path) -> Path:
    """25 films, of which one cannot be decoded."""
    folder = noise_folder(tmp_path / "films")
    (folder / "train/000003.png").write_text("no image")
    return folder


@pytest.fixture
def outs(tmp_path: Path) -> dict[int, Path]:
    return {48: tmp_path / "data/large", 16: tmp_path / "data/small"}


def begun(films: Path, outs: Mapping[int, Path], at: int) -> None:
    """Interrupted after so many films."""

    def stop(done: int, total: int) -> None:
        if done == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prepare_sizes(read_folder(films), outs, recipe=RECIPE, progress=stop)


def ended(films: Path, outs: Mapping[int, Path]) -> list[int]:
    """How far it was at every call of `progress`; all folders are as if they had been made one by one."""
    calls: list[int] = []
    made = prepare_sizes(read_folder(films), outs, recipe=RECIPE, progress=lambda done, total: calls.append(done))
    assert list(made) == list(outs)
    for size, out in outs.items():
        alone = films.parent / "alone" / str(size)
        prepare(read_folder(films), alone, size=size, recipe=RECIPE)
        assert made[size].path == out and made[size].size == size
        for file in alone.iterdir():
            assert file.name == ".checked" or file.read_bytes() == (out / file.name).read_bytes(), file.name
        assert len(list(out.iterdir())) == len(list(alone.iterdir()))
    assert sorted(outs[48].parent.iterdir()) == [outs[48], outs[16]]
    return calls


def test_the_same_as_one_by_one_and_decoded_once(
    films: Path, outs: dict[int, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    read, read_film = list[Path](), decoding.read_film
    with monkeypatch.context() as patch:
        patch.setattr(decoding, "read_film", lambda path: read.append(path) or read_film(path))  # type: ignore[func-returns-value]
        prepare_sizes(read_folder(films), outs, recipe=RECIPE)
    assert len(read) == 25
    assert ended(films, outs) == []


class TestGoesOn:
    def test_both(self, films: Path, outs: dict[int, Path]) -> None:
        begun(films, outs, 10)
        assert not outs[16].exists() and not outs[48].exists()
        assert ended(films, outs) == list(range(10, 26))

    def test_one_of_them_alone_and_then_the_other(self, films: Path, outs: dict[int, Path]) -> None:
        begun(films, outs, 10)
        calls: list[int] = []
        prepare(read_folder(films), outs[16], size=16, recipe=RECIPE, progress=lambda done, total: calls.append(done))
        assert calls == list(range(10, 26))
        assert ended(films, outs) == list(range(10, 26))

    @pytest.mark.parametrize("further", [16, 48])
    def test_one_that_is_further(self, further: int, films: Path, outs: dict[int, Path]) -> None:
        begun(films, outs, 4)
        begun(films, {further: outs[further]}, 12)
        assert ended(films, outs) == list(range(4, 26))

    def test_one_that_is_there(self, films: Path, outs: dict[int, Path]) -> None:
        prepare(read_folder(films), outs[48], size=48, recipe=RECIPE)
        assert ended(films, outs) == list(range(1, 26))


class TestRefused:
    def test_one_that_is_something_else(self, films: Path, outs: dict[int, Path]) -> None:
        prepare(read_folder(films), outs[16], size=24, recipe=RECIPE)
        with pytest.raises(UserError, match="was not made from these films at this size"):
            prepare_sizes(read_folder(films), outs, recipe=RECIPE)
        assert [path.name for path in outs[16].parent.iterdir()] == ["small"]

    def test_too_many_rejected(self, films: Path, outs: dict[int, Path]) -> None:
        (films / "train/000004.png").write_text("no image either")
        with pytest.raises(UserError, match="2 of 25 films"):
            prepare_sizes(read_folder(films), outs, recipe=RECIPE)
        assert [path.name for path in outs[16].parent.iterdir()] == ["large-rejected.csv"]

    def test_a_size_that_is_none(self, films: Path, outs: dict[int, Path]) -> None:
        with pytest.raises(UserError, match="--size 8"):
            prepare_sizes(read_folder(films), {**outs, 8: outs[16].with_name("8")}, recipe=RECIPE)
        assert not outs[16].parent.exists()


class TestCommand:
    def test_a_folder_each(self, films: Path, tmp_path: Path) -> None:
        done = called("prepare", films, "--size", 16, "--size", 32, "--no-audit", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        for size in (16, 32):
            assert f"24 films at {size}×{size} px in data/films{size}" in done.stdout
            assert f"--data data/films{size}" in done.stdout
            assert XrayArrays.open(tmp_path / f"data/films{size}").size == size
        assert done.stdout.count("1 film was rejected") == 1

    def test_names_begin_as_it_was_asked(self, films: Path, tmp_path: Path) -> None:
        done = called("prepare", films, "--size", 16, "--size", 32, "--out", "data/of 2024", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["of 2024-16", "of 2024-32"]
        assert all((path / "audit.html").exists() for path in (tmp_path / "data").iterdir())

    def test_one_size_twice_is_one(self, films: Path, tmp_path: Path) -> None:
        done = called("prepare", films, "--size", 16, "--size", 16, "--out", "data/out", "--no-audit", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        assert [path.name for path in (tmp_path / "data").iterdir()] == ["out"]
