"""What `prepare` is asked to do to the pixels, what it says of them, and that the same command has it again."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from runners._commands.prepare import PrepareOptions, prepare, recipe_of
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.pixels.film import Film
from xrays.pixels.polarity import CHEST
from xrays.pixels.recipe import PLAIN, PixelRecipe

FILMS, NEGATIVES, FRAMED = 24, (3, 7, 20), (5, 7)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Chests with some noise: three negatives, two in a white frame, one of them both."""
    folder = tmp_path / "films"
    (folder / "train").mkdir(parents=True)
    for number in range(FILMS):
        noise = np.random.default_rng(number).normal(0, 9, (64, 64))
        chest = (cv2.resize(CHEST, (64, 64)) + 140 + noise).clip(0, 255).astype(np.uint8)
        chest = 255 - chest if number in NEGATIVES else chest
        chest = np.pad(chest, 12, constant_values=255) if number in FRAMED else chest
        cv2.imwrite(str(folder / f"train/{number}.png"), chest)
    (folder / "train_age.csv").write_text("imageId,age\n" + "".join(f"{n},{30 + n}\n" for n in range(FILMS)))
    return folder


def lines(folder: Path, recipe: PixelRecipe) -> tuple[XrayArrays, list[str]]:
    said: list[str] = []
    out = folder.parent / "_".join(["out", *recipe.words()])
    prepare(PrepareOptions(str(folder), folder.parent, out, (32,), recipe=recipe), said.append)
    return XrayArrays.open(out), said


def test_what_is_seen_is_counted_and_told(folder: Path) -> None:
    arrays, said = lines(folder, PLAIN)
    assert "3 films: looks like a negative (--polarity auto puts them right)" in said
    assert "2 films: margins cropped" in said
    assert arrays.meta["preprocessing"] == PLAIN.record()
    assert arrays.facts().notes[7] == "margins cropped; looks like a negative"


def test_negatives_are_put_right(folder: Path) -> None:
    arrays, said = lines(folder, recipe_of("auto", False, False))
    assert "3 films: negative put right" in said
    plain, _ = lines(folder, PLAIN)
    changed = [number for number in range(FILMS) if (arrays.images[number] != plain.images[number]).any()]
    assert changed == list(NEGATIVES)
    assert arrays.pixels != plain.pixels and arrays.meta["request"] != plain.meta["request"]


def test_borders_and_contrast(folder: Path) -> None:
    recipe = recipe_of("keep", True, True)
    arrays, said = lines(folder, recipe)
    assert not any("margins" in line for line in said)
    film = Film(np.asarray(cv2.imread(str(folder / "train/5.png"), cv2.IMREAD_GRAYSCALE), np.uint8))
    np.testing.assert_array_equal(arrays.images[5, ..., 0], recipe.pixels(film, 32))
    assert arrays.meta["words"][1:] == ["--keep-borders", "--clahe"]


def test_another_recipe_is_another_folder(folder: Path) -> None:
    lines(folder, PLAIN)
    with pytest.raises(UserError) as caught:
        out = folder.parent / "out"
        prepare(PrepareOptions(str(folder), folder.parent, out, (32,), recipe=recipe_of("auto", False, False)), print)
    assert "--polarity auto" in caught.value.remedy


def test_a_polarity_that_is_none() -> None:
    with pytest.raises(UserError, match="--polarity guess"):
        recipe_of("guess", False, False)
