"""A PNG made cheap to decode: its pixels unpacked by libdeflate, all else as it stands.

is_cut(raw)                     # whether it ends before its end
raw = unpacked(raw)             # the same picture for every decoder
exif_of(raw)                    # what its chunk eXIf holds

More than half of the time that a PNG takes goes into unpacking, which OpenCV leaves to zlib; libdeflate, which is
given the whole of it, takes half of that. The pixels are then stored as they are, and OpenCV undoes their filters and
judges the file as it would have judged the other one. What is not whole or is not understood is left to it unchanged,
and so is everything where libdeflate is not installed.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import numpy as np

SIGNATURE = b"\x89PNG\r\n\x1a\n"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the header's type of colour
GREY, COLOURED = 0, (2, 6)
OF_COLOURS = {b"PLTE", b"tRNS", b"bKGD", b"sBIT", b"hIST", b"sPLT", b"iCCP", b"acTL"}  # mean other things in grey
LARGEST = 2**26  # bytes of a picture: OpenCV unpacks row by row, which takes no memory
HEAD = struct.Struct(">I4s")  # of a chunk: the length of its content, and its kind
BLOCK = 65_535  # bytes that are stored in one go (RFC 1951, section 3.2.4)
Buffer = bytes | bytearray | memoryview


class _Chunk(NamedTuple):
    """start, stop: where its content lies in the file, between its kind and its check sum."""

    kind: bytes
    start: int
    stop: int


def exif_of(raw: bytes) -> bytes:
    """Of a PNG, from its byte order on; empty where there is none before or behind the picture."""
    return next((raw[chunk.start : chunk.stop] for chunk in _chunks(raw) if chunk.kind == b"eXIf"), b"")


def is_cut(raw: bytes) -> bool:
    """Whether a PNG has no end, or a chunk before it that is longer than the file. No decoder is asked for such
    a one: some take long, and much memory, before they refuse it."""
    return raw.startswith(SIGNATURE) and all(chunk.kind != b"IEND" for chunk in _chunks(raw))


def is_grey(raw: bytes) -> bool:
    """Whether a PNG says so itself; one that `unpacked` gives back does where its channels are equal."""
    return raw.startswith(SIGNATURE) and raw[25:26] in (b"\x00", b"\x04")


def unpacked(raw: bytes) -> bytes:
    """The same picture with its pixels uncompressed; as grey, without alpha, where its channels of 8 bits are equal.
    Unchanged: what is no PNG, is interlaced or large, or has pixels that are not whole."""
    deflate = _libdeflate()
    chunks = list(_chunks(raw)) if deflate else []
    kinds = [chunk.kind for chunk in chunks]
    if kinds[:1] != [b"IHDR"] or chunks[0][1:] != (16, 29) or b"IDAT" not in kinds:
        return raw
    first, many = kinds.index(b"IDAT"), kinds.count(b"IDAT")
    packed = chunks[first : first + many]
    width, height, bits, colour, *methods = struct.unpack_from(">IIBBBBB", raw, 16)
    row = 1 + -(-width * bits * CHANNELS.get(colour, 0) // 8)
    size = row * height
    known = row > 1 and 0 < size <= LARGEST and not any(methods) and packed[-1].kind == b"IDAT"
    if not known or not all(_is_whole(raw, chunk) for chunk in packed):
        return raw
    view = memoryview(raw)
    try:
        filtered: Buffer = deflate.zlib_decompress(b"".join([view[start:stop] for _, start, stop in packed]), size)
    except deflate.DeflateError:
        return raw
    if len(filtered) != size:
        return raw
    before, after = view[: packed[0].start - 8], view[packed[-1].stop + 4 :]
    if colour in COLOURED and bits == 8 and OF_COLOURS.isdisjoint(kinds):
        grey = _one_of_equal(filtered, width, height, CHANNELS[colour])
        if grey is not None:
            header = struct.pack(">IIBBBBB", width, height, bits, GREY, *methods)
            filtered, before = grey, memoryview(b"".join([SIGNATURE, *_chunk(b"IHDR", header), before[33:]]))
    return b"".join([before, *_stored(filtered), after])


@cache
def _libdeflate() -> Any:
    """The package deflate; None where there is none."""
    try:
        import deflate
    except ImportError:
        return None
    return deflate


def _chunks(raw: bytes) -> Iterator[_Chunk]:
    """Those that are there from end to end, none for a file that is no PNG."""
    at = len(SIGNATURE) if raw.startswith(SIGNATURE) else len(raw)
    while at + 12 <= len(raw):
        length, kind = HEAD.unpack_from(raw, at)
        stop = at + 8 + length
        if stop + 4 > len(raw):
            return
        yield _Chunk(kind, at + 8, stop)
        at = stop + 4


def _is_whole(raw: bytes, chunk: _Chunk) -> bool:
    """By its check sum."""
    check = _libdeflate().crc32(memoryview(raw)[chunk.start - 4 : chunk.stop])
    return bool(check == int.from_bytes(raw[chunk.stop : chunk.stop + 4]))


def _one_of_equal(filtered: Buffer, width: int, height: int, channels: int) -> memoryview | None:
    """The first channel of rows as they are filtered, (height, 1 + width × channels); None where the others differ. A
    filter works on every channel by itself, so what is equal before it is undone is equal after."""
    import cv2

    row = 1 + width * channels
    pixels = np.ndarray((height, width, channels), np.uint8, filtered, 1, (row, channels, 1))
    one = cv2.extractChannel(pixels, 0)
    if any(cv2.norm(one, cv2.extractChannel(pixels, other), cv2.NORM_INF) for other in (1, 2)):
        return None
    grey = np.empty((height, 1 + width), np.uint8)
    grey[:, 0], grey[:, 1:] = np.ndarray((height,), np.uint8, filtered, 0, (row,)), one
    return grey.data.cast("B")


def _stored(pixels: Buffer) -> Iterator[Buffer]:
    """The parts of chunks that hold these bytes uncompressed."""
    head = b"\x78\x01"  # of the whole: zlib, RFC 1950
    for at in range(0, len(pixels), BLOCK):
        piece = memoryview(pixels)[at : at + BLOCK]
        is_last = at + BLOCK >= len(pixels)
        tail = struct.pack(">I", _libdeflate().adler32(pixels)) if is_last else b""
        yield from _chunk(b"IDAT", head + struct.pack("<BHH", is_last, len(piece), len(piece) ^ 0xFFFF), piece, tail)
        head = b""


def _chunk(kind: bytes, *content: Buffer) -> Sequence[Buffer]:
    """Its parts, one behind the other."""
    check = _libdeflate().crc32(kind)
    for part in content:
        check = _libdeflate().crc32(part, check)
    return (struct.pack(">I", sum(map(len, content))), kind, *content, struct.pack(">I", check))
