"""TIFFs whose zeros are white, as scanners write films: read as the positive that they show, however many bits."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrays.pixels.read import read_film
from xrays.pixels.tiff import is_negative, short_of

RAMP = np.tile(np.linspace(0, 255, 32).astype(np.uint8), (24, 1))


def tiff(values: NDArray[np.uint8] | NDArray[np.uint16], white_is_zero: bool, order: str = "<") -> bytes:
    """By hand, since OpenCV writes none whose zeros are white."""
    height, width = values.shape
    bits = values.dtype.itemsize * 8
    content = values.astype(values.dtype.newbyteorder(order)).tobytes()
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: 0 if white_is_zero else 1, 273: 8, 277: 1, 278: height}
    entries = [struct.pack(f"{order}HHIH2x", tag, 3, 1, value) for tag, value in tags.items()]
    entries.append(struct.pack(f"{order}HHII", 279, 4, 1, len(content)))
    table = struct.pack(f"{order}H", len(entries)) + b"".join(entries) + bytes(4)
    mark = b"II*\0" if order == "<" else b"MM\0*"
    return mark + struct.pack(f"{order}I", 8 + len(content)) + content + table


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("white_is_zero", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_film_is_what_it_shows(bits: int, white_is_zero: bool, order: str, tmp_path: Path) -> None:
    stored = 255 - RAMP if white_is_zero else RAMP
    values = stored if bits == 8 else stored.astype(np.uint16) * 257
    (tmp_path / "film.tif").write_bytes(tiff(values, white_is_zero, order))
    np.testing.assert_array_equal(read_film(tmp_path / "film.tif").grey, RAMP)


@given(content=st.binary(max_size=60), order=st.sampled_from([b"II*\0", b"MM\0*", b""]))
def test_any_bytes_have_a_tag_or_none(content: bytes, order: bytes) -> None:
    assert short_of(order + content, 0x0106) in (None, *range(2**16))


def test_what_is_no_tiff_is_no_negative() -> None:
    whole = tiff(RAMP, white_is_zero=True)
    assert is_negative(whole) and not is_negative(tiff(RAMP, white_is_zero=False))
    assert not any(map(is_negative, (b"", b"II", b"\x89PNG\r\n\x1a\n" + whole, whole[: len(whole) // 2])))
