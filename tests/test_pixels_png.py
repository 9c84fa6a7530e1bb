"""A PNG that was unpacked is the same picture for OpenCV, whole or damaged, whatever its kind."""

from __future__ import annotations

import struct
import subprocess
import sys
import threading
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from odd_files import claims, saved, smooth

from xrays.pixels import png
from xrays.pixels.opencv import opencv
from xrays.quiet import silenced

deflate = pytest.importorskip("deflate", reason="nothing is unpacked without it")

FLAGS = cv2.IMREAD_ANYDEPTH | cv2.IMREAD_IGNORE_ORIENTATION
KINDS = [(bits, 0) for bits in (1, 2, 4, 8, 16)] + [(bits, 3) for bits in (1, 2, 4, 8)]
KINDS += [(bits, colour) for colour in (2, 4, 6) for bits in (8, 16)]  # every one that the standard has …
KINDS += 4 * [(8, 2), (8, 6)]  # … and those that are taken apart oftener
LENGTHS = {b"gAMA": 4, b"cHRM": 32, b"sRGB": 1, b"pHYs": 9, b"tIME": 7, b"oFFs": 9, b"vpAg": 5}  # of any content
OWN = {
    b"sBIT": {0: 1, 2: 3, 3: 3, 4: 2, 6: 4},
    b"tRNS": {0: 2, 2: 6, 3: 1, 4: 2, 6: 2},
    b"bKGD": {0: 2, 2: 6, 3: 1, 4: 2, 6: 6},
}
TEXT = b"Comment\0a film"
SELDOM = st.sampled_from([False] * 7 + [True])


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def image(raw: bytes) -> NDArray[Any] | str | None:
    """What OpenCV makes of it: pixels, None, or what it said as it refused."""
    try:
        with silenced():
            return opencv().imdecode(np.frombuffer(raw, np.uint8), FLAGS)  # type: ignore[no-any-return]
    except cv2.error as error:
        return str(error.err)


def same(first: NDArray[Any] | str | None, second: NDArray[Any] | str | None) -> bool:
    if isinstance(first, np.ndarray) and isinstance(second, np.ndarray):
        return first.dtype == second.dtype and np.array_equal(first, second)
    return first is second or (isinstance(first, str) and first == second)


@st.composite
def pictures(draw: st.DrawFn) -> bytes:
    """Any filtered bytes are some picture: every filter in every row, every kind, every chunk beside the pixels."""
    bits, colour = draw(st.sampled_from(KINDS))
    width, height, interlaced = draw(st.integers(1, 30)), draw(st.integers(1, 12)), draw(SELDOM)
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    channels = png.CHANNELS[colour]
    row = -(-width * bits * channels // 8)
    rows = rng.integers(0, 256, (height, row), np.uint8)
    if colour in (2, 6) and draw(st.booleans()):  # a grey film in colours
        pixels = rows.reshape(height, width, channels, bits // 8)
        pixels[:, :, 1:3] = pixels[:, :, :1]
        if draw(SELDOM):
            pixels[rng.integers(height), rng.integers(width), rng.integers(3)] ^= 1
    filters = rng.integers(0, 6 if draw(SELDOM) else 5, (height, 1), np.uint8)
    filtered = np.hstack([filters, rows]).tobytes()
    if draw(SELDOM):
        filtered = filtered[: -draw(st.integers(1, 9))] if draw(st.booleans()) else filtered + bytes(3)
    packed = zlib.compress(filtered, draw(st.integers(0, 9))) + bytes(draw(st.sampled_from([0, 0, 0, 2])))
    cuts = sorted(draw(st.lists(st.integers(0, len(packed)), max_size=3)))
    data = [chunk(b"IDAT", packed[a:b]) for a, b in zip([0, *cuts], [*cuts, len(packed)], strict=True)]
    named = draw(st.lists(st.sampled_from([*LENGTHS, *OWN, b"tEXt", b"eXIf", b"acTL"]), max_size=3)) * draw(SELDOM)
    beside = [_beside(kind, colour, rng) for kind in named]
    header = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, interlaced)
    palette = [chunk(b"PLTE", rng.bytes(3 << bits))] if colour == 3 else []
    parts = [chunk(b"IHDR", header), *beside[:1], *palette, *beside[1:2], *data, *beside[2:], chunk(b"IEND", b"")]
    if draw(SELDOM):
        parts.insert(draw(st.integers(0, len(parts))), draw(st.sampled_from(parts)))
    return png.SIGNATURE + b"".join(parts) + draw(st.sampled_from([b"", b"more"]))


def _beside(kind: bytes, colour: int, rng: np.random.Generator) -> bytes:
    if kind == b"tEXt":
        return chunk(kind, TEXT)
    if kind == b"eXIf":
        return chunk(kind, b"MM\0\x2a" + rng.bytes(8))
    if kind == b"acTL":
        return chunk(kind, struct.pack(">II", 1, 0))
    return chunk(kind, rng.bytes(OWN[kind][colour] if kind in OWN else LENGTHS[kind]))


class TestTheSamePicture:
    @given(raw=pictures())
    def test_whole(self, raw: bytes) -> None:
        assert same(image(png.unpacked(raw)), image(raw))

    @given(raw=pictures(), hits=st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=3))
    def test_with_bytes_that_are_wrong(self, raw: bytes, hits: list[tuple[float, int]]) -> None:
        wrong = bytearray(raw)
        for place, value in hits:
            wrong[int(place * (len(raw) - 1))] = value
        assume(not png.is_cut(bytes(wrong)))  # which no decoder is asked for
        assert same(image(png.unpacked(bytes(wrong))), image(bytes(wrong)))

    @given(raw=pictures(), share=st.floats(0, 1))
    def test_cut(self, raw: bytes, share: float) -> None:
        cut = raw[: int(share * len(raw))]
        assert not png.is_cut(cut) or image(cut) is None
        assert same(image(png.unpacked(cut)), image(cut))

    @given(raw=st.binary(max_size=99), mark=st.booleans())
    def test_of_nothing(self, raw: bytes, mark: bool) -> None:
        raw = png.SIGNATURE * mark + raw
        assert png.unpacked(raw) == raw

    def test_a_film_of_several_blocks(self, tmp_path: Path) -> None:
        for grey in (smooth(700), smooth(700).astype(np.uint16) * 200):
            raw = saved(tmp_path / "film.png", grey)
            assert len(png.unpacked(raw)) > 7 * png.BLOCK
            np.testing.assert_array_equal(image(png.unpacked(raw)), grey)


def header_of(raw: bytes) -> tuple[int, ...]:
    return struct.unpack(">IIBBBBB", raw[16:29])


class TestUnpacked:
    """What it is for: none of this is left to zlib."""

    def test_a_grey_film_in_colours_becomes_grey(self, tmp_path: Path) -> None:
        grey = smooth()
        for channels in ([grey] * 3, [grey] * 3 + [np.zeros_like(grey)]):
            raw = png.unpacked(saved(tmp_path / "film.png", np.dstack(channels)))
            assert header_of(raw) == (200, 200, 8, 0, 0, 0, 0)
            assert len(raw) < 1.01 * grey.size

    def test_colours_stay(self, tmp_path: Path) -> None:
        one = smooth()
        other = one.copy()
        other[-1, -1] ^= 1
        for channels in ([one, one, other], [one, other, one], [other, one, one]):
            raw = png.unpacked(saved(tmp_path / "film.png", np.dstack(channels)))
            assert header_of(raw) == (200, 200, 8, 2, 0, 0, 0) and len(raw) > 3 * one.size

    @pytest.mark.parametrize("depth", [np.uint8, np.uint16])
    def test_grey(self, depth: type, tmp_path: Path) -> None:
        raw = saved(tmp_path / "film.png", smooth().astype(depth))
        pixels = smooth().astype(depth).nbytes
        assert pixels < len(png.unpacked(raw)) < 1.02 * pixels

    @pytest.mark.parametrize("kind", ["check sum", "short", "interlaced", "transparent"])
    def test_what_is_left_as_it_is(self, kind: str) -> None:
        """What is not whole, not in the order of its rows, or says something of its colours."""
        side = 1 if kind == "interlaced" else 5
        filtered = bytes((1 + 4 * side) * side - (kind == "short"))
        data = bytearray(chunk(b"IDAT", zlib.compress(filtered)))
        data[-1] ^= kind == "check sum"
        header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, kind == "interlaced")
        beside = chunk(b"tRNS", bytes(6)) if kind == "transparent" else b""
        raw = png.SIGNATURE + chunk(b"IHDR", header) + beside + bytes(data) + chunk(b"IEND", b"")
        changed = png.unpacked(raw)
        assert (header_of(changed) == header_of(raw)) if kind == "transparent" else changed is raw
        assert same(image(changed), image(raw))
        assert (image(raw) is None) == (kind in ("check sum", "short"))

    def test_without_what_unpacks(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        raw = saved(tmp_path / "film.png", smooth())
        monkeypatch.setattr(png, "_libdeflate", lambda: None)
        assert png.unpacked(raw) is raw

    def test_a_claim_takes_no_memory(self, tmp_path: Path) -> None:
        path = tmp_path / "film.png"
        claims(path, 20_000)
        raw = path.read_bytes()
        tracemalloc.start()
        try:
            assert png.unpacked(raw) is raw
            assert tracemalloc.get_traced_memory()[1] < 10**6
        finally:
            tracemalloc.stop()

    def test_others_work_meanwhile(self) -> None:
        """Threads decode films: whoever unpacks must let go of the interpreter, which nobody here takes away."""
        packed, begun, met = zlib.compress(smooth(1000).tobytes(), 1), threading.Lock(), threading.Event()
        interval = sys.getswitchinterval()
        sys.setswitchinterval(1000)
        try:
            with begun:
                other = threading.Thread(target=lambda: met.set() if begun.acquire() else None)
                other.start()
            for _ in range(300):
                if not met.is_set():
                    deflate.zlib_decompress(packed, 10**6)
            assert met.is_set()
        finally:
            sys.setswitchinterval(interval)
            other.join()


class TestExif:
    def test_before_or_behind_the_picture(self, tmp_path: Path) -> None:
        raw = saved(tmp_path / "film.png", smooth())
        exif = b"MM\0\x2a" + bytes(9)
        for at in (33, len(raw) - 12):
            assert png.exif_of(raw[:at] + chunk(b"eXIf", exif) + raw[at:]) == exif
        assert png.exif_of(raw) == b"" == png.exif_of(b"no picture")


FAULTS = """
import resource, sys
from xrays.decoding import _outcomes
from xrays.pixels.recipe import PLAIN

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

found = [faults() for _ in _outcomes([sys.argv[1]] * 60, [16], PLAIN)]
print((found[-1] - found[30]) / 29)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="glibc's way with memory")
def test_memory_is_kept_from_film_to_film(tmp_path: Path) -> None:
    """A film of 16 bits takes four times its 500 pages; asking the system for all of them anew takes as long as
    unpacking it."""
    film = tmp_path / "film.png"
    saved(
        film, smooth(1024).astype(np.uint16) * 16 + np.random.default_rng(0).integers(0, 16, (1024, 1024), np.uint16)
    )
    root = Path(__file__).parents[1]
    done = subprocess.run([sys.executable, "-c", FAULTS, film], cwd=root, capture_output=True, text=True, check=True)
    assert float(done.stdout) < 100
