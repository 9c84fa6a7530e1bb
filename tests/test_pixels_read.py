"""From a file to pixels: every kind of file that a film may be, and the order pad, invert, resize."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from xrays.pixels import raster
from xrays.pixels.film import UnreadableFilm
from xrays.pixels.read import read_film
from xrays.pixels.square import square


def grey_of(path: Path) -> NDArray[np.uint8]:
    return read_film(path).grey


def film(height: int = 40, width: int = 40, seed: int = 0) -> NDArray[np.uint8]:
    """Smooth grey values from 1 to 254: a film that shows every shift and every other scale."""
    noise = np.random.default_rng(seed).normal(size=(height, width))
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return np.asarray(1 + 253 * (smooth - smooth.min()) / np.ptp(smooth), np.uint8)


def saved(folder: Path, pixels: NDArray[Any], name: str = "film.png") -> Path:
    path = folder / name
    assert cv2.imwrite(str(path), pixels)
    return path


def by_hand(grey: NDArray[np.uint8], size: int) -> NDArray[np.uint8]:
    """The fixed order, with other calls than the code under test."""
    height, width = grey.shape
    side = max(height, width)
    top, left = (side - height) // 2, (side - width) // 2
    square = cv2.copyMakeBorder(
        grey, top, side - height - top, left, side - width - left, cv2.BORDER_CONSTANT, value=0
    )
    return np.asarray(cv2.resize(cv2.bitwise_not(square), (size, size), interpolation=cv2.INTER_AREA))


class TestReadFilm:
    def test_grey(self, tmp_path: Path) -> None:
        grey = film()
        read = grey_of(saved(tmp_path, grey))
        assert read.dtype == np.uint8
        np.testing.assert_array_equal(read, grey)

    @pytest.mark.parametrize("alpha", [0, 128, 255])
    def test_rgba_with_constant_alpha_equals_grey(self, tmp_path: Path, alpha: int) -> None:
        """The SPR files. An alpha that took part would be zeroed by 255 - x, or darken everything."""
        grey = film()
        rgba = np.dstack([grey, grey, grey, np.full_like(grey, alpha)])
        np.testing.assert_array_equal(grey_of(saved(tmp_path, rgba)), grey)

    def test_three_equal_channels_equal_grey(self, tmp_path: Path) -> None:
        grey = film()
        np.testing.assert_array_equal(grey_of(saved(tmp_path, np.dstack([grey] * 3))), grey)

    def test_colours_become_their_luma(self, tmp_path: Path) -> None:
        blue, green, red = (np.full((4, 4), value, np.uint8) for value in (10, 100, 200))
        read = grey_of(saved(tmp_path, np.dstack([blue, green, red])))
        expected = 0.299 * 200 + 0.587 * 100 + 0.114 * 10  # ITU-R BT.601
        np.testing.assert_allclose(read, expected, atol=1)

    def test_sixteen_bits_with_alpha_equal_those_without(self, tmp_path: Path) -> None:
        """Alpha is 65535 where a film of twelve bits ends at 4095."""
        twelve_bits = film().astype(np.uint16) * 16
        rgba = np.dstack([twelve_bits] * 3 + [np.full_like(twelve_bits, 65535)])
        plain = grey_of(saved(tmp_path, twelve_bits, "plain.png"))
        np.testing.assert_allclose(grey_of(saved(tmp_path, rgba, "rgba.png")), plain, atol=1)

    def test_sixteen_bits_all_black(self, tmp_path: Path) -> None:
        assert not grey_of(saved(tmp_path, np.zeros((5, 5), np.uint16))).any()

    @pytest.mark.parametrize("suffix", [".bmp", ".tif", ".tiff"])
    def test_other_lossless_formats(self, tmp_path: Path, suffix: str) -> None:
        grey = film()
        np.testing.assert_array_equal(grey_of(saved(tmp_path, grey, f"film{suffix}")), grey)

    def test_jpeg(self, tmp_path: Path) -> None:
        grey = film()
        assert np.abs(grey_of(saved(tmp_path, grey, "film.jpg")).astype(int) - grey).mean() < 3

    def test_a_path_that_is_not_ascii(self, tmp_path: Path) -> None:
        grey = film()
        path = saved(tmp_path, grey)
        np.testing.assert_array_equal(grey_of(path.rename(tmp_path / "Lungenbild äöü 胸.png")), grey)


class TestUnreadable:
    def test_missing(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFilm, match="cannot be opened: No such file"):
            grey_of(tmp_path / "none.png")

    def test_empty(self, tmp_path: Path) -> None:
        (tmp_path / "film.png").touch()
        with pytest.raises(UnreadableFilm, match="is empty"):
            grey_of(tmp_path / "film.png")

    def test_folder(self, tmp_path: Path) -> None:
        (tmp_path / "film.png").mkdir()
        with pytest.raises(UnreadableFilm, match="cannot be opened: Is a directory"):
            grey_of(tmp_path / "film.png")

    def test_no_image(self, tmp_path: Path) -> None:
        (tmp_path / "film.png").write_text("<html>404</html>")
        with pytest.raises(UnreadableFilm, match="cannot be decoded"):
            grey_of(tmp_path / "film.png")

    @pytest.mark.parametrize("share", [0.2, 0.6, 0.95])
    def test_truncated(self, tmp_path: Path, share: float) -> None:
        """A download that broke off: never half a film."""
        path = saved(tmp_path, film(200, 200))
        whole = path.read_bytes()
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(UnreadableFilm, match="cannot be decoded"):
            grey_of(path)

    def test_a_small_file_that_claims_to_be_large(self, tmp_path: Path) -> None:
        """Never unpacked: 1.6 gigabytes of grey from a hundred bytes."""
        path = saved(tmp_path, film(8, 8))
        content = bytearray(path.read_bytes())
        content[16:24] = struct.pack(">II", 40_000, 40_000)
        content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
        path.write_bytes(content)
        with pytest.raises(UnreadableFilm, match="has more than 268,435,456 pixels"):
            grey_of(path)

    @pytest.mark.parametrize("kind", [b"IDAT", b"IEND"])
    def test_a_chunk_that_is_longer_than_the_file(
        self, kind: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """No decoder is asked for it, since some take long before they refuse it."""
        path = saved(tmp_path, film(8, 8))
        content = bytearray(path.read_bytes())
        at = content.index(kind) - 4
        content[at : at + 4] = struct.pack(">I", len(content))
        path.write_bytes(content)
        monkeypatch.setattr(raster, "_decoded", lambda raw: pytest.fail("it is decoded"))
        with pytest.raises(UnreadableFilm, match="cannot be decoded"):
            grey_of(path)

    def test_floats(self, tmp_path: Path) -> None:
        with pytest.raises(UnreadableFilm, match="float32"):
            grey_of(saved(tmp_path, film().astype(np.float32), "film.tiff"))


SHORT = """
import resource, sys
from pathlib import Path
import numpy as np
from xrays.pixels.film import UnreadableFilm
from xrays.pixels.read import read_film
from xrays.pixels.square import square

for number, path in enumerate(sys.argv[1:]):
    try:
        print(square(read_film(Path(path)).grey, 32).shape)
    except UnreadableFilm as error:
        print(error)
    if number == 0:  # the libraries are there: from now on 150 MB more and nothing else
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + 150_000_000,) * 2)
"""


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the limit is set by what Linux tells")
def test_a_film_that_does_not_fit_into_memory_costs_no_other(tmp_path: Path) -> None:
    small, large = saved(tmp_path, film()), saved(tmp_path, np.zeros((16_000, 12_000), np.uint8), "large.png")
    command, root = [sys.executable, "-c", SHORT, small, large, small], Path(__file__).parents[1]
    alone = {**os.environ, "OPENCV_FOR_THREADS_NUM": "1"}  # threads take room of their own
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, env=alone)
    assert done.stdout.splitlines() == ["(32, 32)", "does not fit into memory", "(32, 32)"], done.stderr


class TestSquare:
    @pytest.mark.parametrize(("height", "width"), [(40, 40), (64, 33), (33, 64), (101, 100), (20, 200)])
    @pytest.mark.parametrize("size", [16, 32])
    def test_equals_the_steps_by_hand(self, height: int, width: int, size: int) -> None:
        grey = film(height, width)
        pixels = square(grey, size)
        assert pixels.shape == (size, size) and pixels.dtype == np.uint8
        # Rounded before it is inverted; and the middle of a thin film may lie half a pixel of its own further.
        thin = max(height, width) > 2 * min(height, width)
        np.testing.assert_allclose(pixels, by_hand(grey, size), atol=40 if thin else 1)

    def test_inverts(self) -> None:
        np.testing.assert_array_equal(square(film(32, 32), 32), 255 - film(32, 32))

    def test_padding_is_black_before_and_so_white_after_inversion(self) -> None:
        upright = square(np.full((64, 32), 100, np.uint8), 64)
        np.testing.assert_array_equal(upright[:, 16:48], 155)
        np.testing.assert_array_equal(upright[:, :16], 255)
        np.testing.assert_array_equal(upright[:, 48:], 255)
        lying = square(np.full((32, 64), 100, np.uint8), 64)
        np.testing.assert_array_equal(lying, upright.T)

    def test_area_means_the_mean_of_every_block(self) -> None:
        grey = film(64, 64)
        blocks = (255.0 - grey).reshape(16, 4, 16, 4).mean((1, 3))
        np.testing.assert_allclose(square(grey, 16), blocks, atol=0.51)

    def test_a_film_smaller_than_the_size_is_enlarged(self) -> None:
        np.testing.assert_array_equal(square(np.full((8, 8), 55, np.uint8), 32), 200)

    def test_a_strip_takes_no_more_memory_than_its_own_pixels(self) -> None:
        """Its square would take ten times as much."""
        strip = np.full((16_000, 1_600), 9, np.uint8)
        tracemalloc.start()
        try:
            square(strip, 512)
            assert tracemalloc.get_traced_memory()[1] < 1.1 * strip.nbytes
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("shape", [(40, 60_000), (60_000, 40)])
    def test_no_film_is_that_long(self, shape: tuple[int, int]) -> None:
        with pytest.raises(UnreadableFilm, match="more than 10 times the other"):
            square(np.zeros(shape, np.uint8), 64)

    def test_the_film_is_left_as_it_is(self) -> None:
        grey = film(30, 20)
        before = grey.copy()
        square(grey, 16)
        np.testing.assert_array_equal(grey, before)


def test_spr_form_and_grey_form_of_a_film_give_the_same_pixels(tmp_path: Path) -> None:
    grey = film(60, 50)
    rgba = np.dstack([grey, grey, grey, np.full_like(grey, 255)])
    pixels = [
        square(grey_of(saved(tmp_path, image, name)), 32) for image, name in ((grey, "grey.png"), (rgba, "rgba.png"))
    ]
    np.testing.assert_array_equal(pixels[0], pixels[1])
    assert len(np.unique(pixels[0])) > 50
