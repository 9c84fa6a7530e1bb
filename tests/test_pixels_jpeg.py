"""JPEG: what is cut or damaged is told from what is whole, whatever OpenCV makes of it; turned pictures."""

from __future__ import annotations

import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from xrays.pixels.film import UnreadableFilm
from xrays.pixels.orientation import TURNS, orientation_of, upright
from xrays.pixels.read import read_film

END = b"\xff\xd9"
CUT = "is a JPEG that is cut or damaged"


def smooth(height: int = 200, width: int = 160) -> NDArray[np.uint8]:
    noise = cv2.GaussianBlur(np.random.default_rng(0).normal(size=(height, width)), (0, 0), 2)
    return np.asarray(255 * (noise - noise.min()) / np.ptp(noise), np.uint8)


def jpeg(progressive: bool = False, restarts: int = 0, colour: bool = False) -> bytes:
    film = np.dstack([smooth()] * 3) if colour else smooth()
    options = [cv2.IMWRITE_JPEG_PROGRESSIVE, int(progressive), cv2.IMWRITE_JPEG_RST_INTERVAL, restarts]
    return bytes(cv2.imencode(".jpg", film, options)[1].tobytes())


def with_segment(content: bytes, segment: bytes, marker: int = 0xE1) -> bytes:
    return content[:2] + bytes([0xFF, marker]) + struct.pack(">H", len(segment) + 2) + segment + content[2:]


def exif(orientation: int, order: str = "<") -> bytes:
    mark = b"II" if order == "<" else b"MM"
    make = struct.pack(f"{order}HHII", 0x010F, 2, 4, 0)
    turn = struct.pack(f"{order}HHIHH", 0x0112, 3, 1, orientation, 0)
    return mark + struct.pack(f"{order}HIH", 42, 8, 2) + make + turn + bytes(4)


def shares(content: bytes) -> list[int]:
    return [int(len(content) * share) for share in (0.5, 0.6)]


DAMAGE = {
    "cut": lambda whole: whole[: shares(whole)[1]],
    "cut, with an end mark": lambda whole: whole[: shares(whole)[1]] + END,
    "without its end mark": lambda whole: whole[:-2],
    "a hole": lambda whole: whole[: shares(whole)[0]] + whole[shares(whole)[1] :],
    "a hole of zeros": lambda whole: (
        whole[: shares(whole)[0]] + bytes(shares(whole)[1] - shares(whole)[0]) + whole[shares(whole)[1] :]
    ),
    "a tail of zeros": lambda whole: whole[: shares(whole)[1]] + bytes(len(whole) - shares(whole)[1]),
    "a tail of zeros, with an end mark": lambda whole: whole[: shares(whole)[1]] + bytes(5000) + END,
}
KINDS = {
    "baseline": jpeg(),
    "progressive": jpeg(progressive=True),
    "in colour": jpeg(colour=True),
    "progressive in colour": jpeg(progressive=True, colour=True),
    "with restarts": jpeg(restarts=5),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize("kind", KINDS)
def test_damage(kind: str, damage: str, tmp_path: Path) -> None:
    (tmp_path / "film.jpg").write_bytes(DAMAGE[damage](KINDS[kind]))
    with pytest.raises(UnreadableFilm, match=CUT):
        read_film(tmp_path / "film.jpg")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tail", [b"", bytes(1000), b"\n", END, KINDS["baseline"]])
def test_whole_ones_also_with_something_behind_them(kind: str, tail: bytes, tmp_path: Path) -> None:
    (tmp_path / "film.jpg").write_bytes(KINDS[kind] + tail)
    assert np.abs(read_film(tmp_path / "film.jpg").grey.astype(int) - smooth()).max() < 25


def test_padding_of_a_few_bytes_before_the_end_is_no_damage(tmp_path: Path) -> None:
    (tmp_path / "film.jpg").write_bytes(KINDS["baseline"][:-2] + bytes(4) + END)
    assert read_film(tmp_path / "film.jpg").grey.shape == (200, 160)


def test_a_progressive_one_that_lacks_its_last_scan(tmp_path: Path) -> None:
    """Nothing is wrong with what is there: libjpeg says nothing."""
    whole = KINDS["progressive"]
    (tmp_path / "film.jpg").write_bytes(whole[: whole.rindex(b"\xff\xda")] + END)
    with pytest.raises(UnreadableFilm, match=CUT):
        read_film(tmp_path / "film.jpg")


def test_a_damaged_one_costs_none_of_those_that_are_read_beside_it(tmp_path: Path) -> None:
    """What libjpeg says is heard by all threads at once."""
    for number in range(40):
        damaged = DAMAGE["cut, with an end mark"](KINDS["baseline"])
        (tmp_path / f"{number}.jpg").write_bytes(damaged if number % 5 == 0 else KINDS["baseline"])

    def is_read(number: int) -> bool:
        try:
            return bool(read_film(tmp_path / f"{number}.jpg").grey.size)
        except UnreadableFilm:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(is_read, range(40))) == [number % 5 != 0 for number in range(40)]


def turned(film: NDArray[np.uint8], orientation: int) -> NDArray[np.uint8]:
    """As OpenCV turns JPEGs."""
    content = with_segment(bytes(cv2.imencode(".jpg", film)[1].tobytes()), b"Exif\0\0" + exif(orientation))
    return np.asarray(cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_GRAYSCALE), np.uint8)


class TestOrientation:
    @pytest.mark.parametrize("order", ["<", ">"])
    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_every_value(self, orientation: int, order: str, tmp_path: Path) -> None:
        content = with_segment(jpeg(), b"Exif\0\0" + exif(orientation, order))
        (tmp_path / "film.jpg").write_bytes(content)
        film = read_film(tmp_path / "film.jpg")
        np.testing.assert_array_equal(film.grey, turned(smooth(), orientation))
        assert film.notes == (() if orientation == 1 else ("turned as its file says",))

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_of_a_png(self, orientation: int, tmp_path: Path) -> None:
        import zlib

        content = bytes(cv2.imencode(".png", smooth())[1].tobytes())
        chunk = b"eXIf" + exif(orientation)
        chunk = struct.pack(">I", len(chunk) - 4) + chunk + struct.pack(">I", zlib.crc32(chunk))
        (tmp_path / "film.png").write_bytes(content[:33] + chunk + content[33:])
        np.testing.assert_array_equal(read_film(tmp_path / "film.png").grey, upright(smooth(), orientation))

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_of_a_tiff(self, orientation: int, tmp_path: Path) -> None:
        """OpenCV turns these itself, even where it is asked not to."""
        film = smooth(20, 30)
        tags = {256: 30, 257: 20, 258: 8, 259: 1, 262: 1, 273: 8 + 2 + 10 * 12 + 4, 274: orientation, 277: 1, 278: 20,
                279: film.size}  # fmt: skip
        table = b"".join(struct.pack("<HHII", tag, 4 if tag in (273, 279) else 3, 1, tags[tag]) for tag in tags)
        head = struct.pack("<2sHIH", b"II", 42, 8, len(tags))
        (tmp_path / "film.tif").write_bytes(head + table + bytes(4) + film.tobytes())
        np.testing.assert_array_equal(read_film(tmp_path / "film.tif").grey, upright(film, orientation))

    @pytest.mark.parametrize("block", [
        b"", b"II", b"XX*\0\x08\0\0\0", b"II*\0\xff\xff\xff\xff", exif(0), exif(9), exif(6)[:20], exif(6)[:9],
    ])  # fmt: skip
    def test_what_says_nothing_turns_nothing(self, block: bytes) -> None:
        assert orientation_of(block) == 1

    def test_turning_keeps_all_pixels(self) -> None:
        film = np.arange(12, dtype=np.uint8).reshape(3, 4)
        assert len({upright(film, orientation).tobytes() for orientation in (1, *TURNS)}) == 8
