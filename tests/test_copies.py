"""One picture under several ids is known again, whatever was done to its file, and folds keep it together."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from film_folders import noise_folder
from numpy.typing import NDArray

from xrays.copies import _pairs, copies_of, kept_together
from xrays.pixels.facts import facts_of, facts_table, far_out, perceptual_hash, usual_ranges
from xrays.prepare import prepare
from xrays.sources import Order, layout_of

REAL = Path(__file__).parents[1] / "../shared/data/nih"
Film = NDArray[np.uint8]


def scaled(film: Film, by: float) -> Film:
    return np.asarray(cv2.resize(film, None, fx=by, fy=by, interpolation=cv2.INTER_AREA), np.uint8)


def compressed(film: Film, quality: int) -> Film:
    content = cv2.imencode(".jpg", film, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(content, cv2.IMREAD_GRAYSCALE), np.uint8)


COPIES: dict[str, Callable[[Film], Film]] = {
    "half the size": lambda film: scaled(film, 0.5),
    "a quarter of the size": lambda film: scaled(film, 0.25),
    "larger": lambda film: scaled(film, 1.7),
    "JPEG of quality 30": lambda film: compressed(film, 30),
    "inverted, half, JPEG of quality 50": lambda film: 255 - compressed(scaled(film, 0.5), 50),
    "darker": lambda film: np.asarray(255 * (film / 255) ** 1.2, np.uint8),
}


@pytest.fixture(scope="module")
def films() -> list[Film]:
    """Films of different patients: pictures that a computer has drawn are more alike than these."""
    if not REAL.exists():
        pytest.skip("no real films here")
    return [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted((REAL / "train").glob("*.png"))[::4]]


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_is_known_again(films: list[Film], change: Callable[[Film], Film]) -> None:
    hashes = [perceptual_hash(film) for film in [*films, *map(change, films)]]
    count = len(films)
    assert (copies_of(hashes) == np.tile(np.arange(count), 2)).mean() > 0.99


def test_different_films_of_a_patient_are_no_copies(films: list[Film]) -> None:
    everything = [cv2.imread(str(path), cv2.IMREAD_GRAYSCALE) for path in sorted((REAL / "train").glob("*.png"))]
    assert (copies_of([perceptual_hash(film) for film in everything]) == np.arange(len(everything))).all()


def test_films_of_one_value_are_no_copies_of_each_other() -> None:
    blank = [perceptual_hash(np.full((40, 30), value, np.uint8)) for value in (0, 0, 255, 128)]
    assert blank == [""] * 4
    assert copies_of(blank).tolist() == [0, 1, 2, 3]


def hashes_of(bits: NDArray[np.uint8]) -> list[str]:
    """bits: (n, 255)."""
    return [np.packbits(np.append(np.uint8(0), row)).tobytes().hex() for row in bits]


@pytest.mark.parametrize(("apart", "copies"), [(0, 500), (24, 500), (25, 0), (80, 0)])
def test_how_many_signs_may_differ(apart: int, copies: int) -> None:
    rng = np.random.default_rng(0)
    one = rng.integers(0, 2, (500, 255), np.uint8)
    other = one.copy()
    for row in other:
        row[rng.permutation(255)[:apart]] ^= 1
    other[::2] ^= 1  # inverted
    first = copies_of(hashes_of(np.concatenate([one, other])))
    assert (first[:500] == np.arange(500)).all()
    assert copies <= (first[500:] == np.arange(500)).sum() <= (500 if copies else 0)


def test_copies_of_copies_are_one_picture() -> None:
    draw = np.random.default_rng(0).bytes
    one, other = (draw(31).hex() for _ in range(2))
    inverted = bytes(byte ^ 255 for byte in bytes.fromhex(other)).hex()
    hashes = ["00" + draw(31).hex(), f"00{one}", f"00{other}", "", "00" + draw(31).hex(), f"7f{inverted}"]
    assert copies_of([*hashes, f"00{one}", f"00{one}"]).tolist() == [0, 1, 2, 3, 4, 2, 1, 1]


def test_one_of_two_hashes_is_enough() -> None:
    """Margins of a copy that are found elsewhere leave another content, and the whole film as it is."""
    draw = np.random.default_rng(0).bytes
    a, b, c, d, e = ("00" + draw(31).hex() for _ in range(5))
    contents, whole = [a, b, c, d, e], [d, "", "", b, c]
    assert copies_of(contents, whole).tolist() == [0, 0, 2, 0, 2]
    assert copies_of(contents).tolist() == [0, 1, 2, 3, 4]


def test_whole_films_are_known_beside_their_content() -> None:
    grey = np.random.default_rng(0).integers(0, 200, (120, 100), np.uint8)
    bare, narrow, wide = (facts_of(np.pad(grey, width, constant_values=255), 1) for width in (0, 10, 40))
    assert bare.hash == narrow.hash == wide.hash
    assert bare.whole == wide.whole == "" and narrow.whole not in ("", bare.hash)


def test_a_picture_that_is_there_many_times_is_compared_once(monkeypatch: pytest.MonkeyPatch) -> None:
    compared = 0

    def pairs(keys: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        nonlocal compared
        for one, other in _pairs(keys):
            compared += len(one)
            yield one, other

    monkeypatch.setattr("xrays.copies._pairs", pairs)
    one, other = hashes_of(np.random.default_rng(0).integers(0, 2, (2, 255), np.uint8))
    inverted = bytes(byte ^ 255 for byte in bytes.fromhex(one)).hex()
    first = copies_of([other, *[one, inverted] * 100])
    assert first.tolist() == [0] + [1] * 200
    assert compared < 100


def test_groups_that_share_a_picture_are_one() -> None:
    groups = np.array(["b", "b", "a", "c", "d", "c"])
    assert kept_together(groups, np.arange(6)) is groups
    # The film of c that comes last is one of b's; d stays alone.
    assert kept_together(groups, np.array([0, 1, 2, 3, 4, 1])).tolist() == ["b", "b", "a", "b", "d", "b"]
    # A patient who is known gives the name.
    films = np.array(["film 0", "patient 7", "film 2"])
    assert kept_together(films, np.array([0, 0, 2])).tolist() == ["patient 7", "patient 7", "film 2"]
    # Tied through others, in whatever order.
    assert kept_together(groups, np.array([0, 1, 2, 2, 3, 0])).tolist() == ["b"] * 6


def test_facts_are_those_of_the_film() -> None:
    film = np.zeros((64, 32), np.uint8)
    film[16:48, 8:24] = 200
    facts = facts_of(film, 1234)
    assert (facts.bytes, facts.width, facts.height) == (1234, 32, 64)
    assert (facts.mean, facts.contrast, facts.border, facts.centre) == (50, pytest.approx(86.6, abs=0.1), 0, 200)
    assert facts_of(cv2.GaussianBlur(film, (9, 9), 3), 1).sharpness < 0.5 * facts.sharpness
    assert (facts.margins, facts.hash) == (0.75, ""), "its frame is black, and what is left has one value"


@pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (2000, 3), (383, 385)])
def test_any_shape_has_facts(shape: tuple[int, int]) -> None:
    film = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    facts = facts_of(film, 0)
    assert (facts.height, facts.width) == shape
    assert all(np.isfinite([facts.mean, facts.contrast, facts.sharpness, facts.border, facts.centre]))


def test_prepare_notes_facts_and_keeps_copies_together(tmp_path: Path) -> None:
    folder = noise_folder(tmp_path / "films", 9)
    film = cv2.imread(str(folder / "train/000002.png"), cv2.IMREAD_GRAYSCALE)
    cv2.imwrite(str(folder / "train/000007.png"), 255 - cv2.resize(film, None, fx=3, fy=3))
    (folder / "train_patient.csv").write_text("imageId,patient\n2,p\n3,p\n7,q\n8,q\n")
    arrays = prepare(layout_of(str(folder), Order(tmp_path)), tmp_path / "out", size=16)
    facts = arrays.facts()
    assert facts["same_as"].tolist() == [0, 1, 2, 3, 4, 5, 6, 2, 8]
    assert facts.loc[7, ["width", "height"]].tolist() == [60, 72]
    assert facts.loc[7, "bytes"] == (folder / "train/000007.png").stat().st_size
    assert pd.Series(arrays.groups)[[2, 3, 7, 8]].tolist() == ["patient p"] * 4
    assert len(set(arrays.groups)) == 6


def test_what_is_unlike_other_films_is_told() -> None:
    rng = np.random.default_rng(1)
    films = [rng.normal(130 + i % 7, 40, (32, 30 + 5 * (i > 58))).clip(0, 255).astype(np.uint8) for i in range(60)]
    facts = facts_table([facts_of(film, 1) for film in films], [()] * 60)
    ranges = usual_ranges(facts)
    assert set(ranges) == {"brightness", "contrast", "sharpness"}, "nearly all are of one shape"
    assert far_out(facts_of(films[3], 1), ranges) == []
    (said,) = far_out(facts_of(films[3] // 2 + 120, 1), {"brightness": ranges["brightness"]})
    assert said.startswith("brightness 18") and ", usual are 1" in said
    assert usual_ranges(facts[:40]) == {}
