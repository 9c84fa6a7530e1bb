"""Whether a JPEG is whole, of which OpenCV says nothing: it makes the rest grey and gives the film all the same.

    head = read_head(raw)               # None where the file ends before its picture does
    head.exif                           # its EXIF block, for the orientation
    is_corrupt(heard)                   # by what libjpeg wrote to standard error while it decoded the picture

What the markers tell is read here; of the compressed data between them libjpeg says itself, on standard error,
whether there was too little, too much, or what cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\xff\xd8\xff"
EXIF = b"Exif\0\0"
# No stuffed byte and no restart within a scan. Of fill bytes before a marker the last is enough, and a pattern that
# begins with one certain byte is found in a twentieth of the time.
MARKER = re.compile(rb"\xff([^\x00\xff\xd0-\xd7])", re.DOTALL)
START, END, SCAN, APP1, CODES = 0xD8, 0xD9, 0xDA, 0xE1, 0xC4
PROGRESSIVE = (0xC2, 0xCA)  # with Huffman's and with arithmetic coding
FRAMES = {*range(0xC0, 0xD0)} - {CODES, 0xC8, 0xCC}  # markers with which the picture's size comes, of every coding
ALONE = (START, 0x01)  # markers that no length follows
PADDING = 16  # bytes that some writers leave between a scan and the next marker
CORRUPT = re.compile(
    r"^(?:Premature end of JPEG file|Inconsistent progression|Corrupt JPEG data: (.*))", re.MULTILINE
)
HOLE = bytes(64)  # where a block of a file was never written
EXTRANEOUS = re.compile(r"(\d+) extraneous bytes")


@dataclass(frozen=True)
class Head:
    """exif: the block as it stands, from its byte order on; empty where there is none."""

    exif: bytes


def read_head(raw: bytes) -> Head | None:
    """None for a JPEG that is cut: without its end, with a hole, or, where it is progressive, without some of the
    scans by which its picture becomes sharp (ITU-T T.81, annex G)."""
    exif, rough = b"", Missing()
    codes: dict[int, int] = {}
    ended = scanned = progressive = hollow = False
    for marker, content, scan in _segments(raw):
        if marker == APP1 and content.startswith(EXIF) and not exif:
            exif = content[len(EXIF) :]
        elif marker in PROGRESSIVE and len(content) > 5:
            progressive = True
            rough.components(content[6::3])
        elif marker == CODES:
            codes |= _codes_of_zeros(content)
        elif marker == SCAN:
            scanned = True
            rough.scan(content)
            hollow = hollow or (any(codes.values()) and raw.find(HOLE, scan.start, scan.stop) >= 0)
        elif marker == END:
            ended = True
    damaged = rough if progressive else hollow  # zeros are what the bits of a progressive picture may be
    return Head(exif) if ended and scanned and not damaged else None


def is_grey(raw: bytes) -> bool:
    """Whether a JPEG has one component."""
    if not raw.startswith(SIGNATURE):
        return False
    frame = next((content for marker, content, _ in _segments(raw) if marker in FRAMES), b"")
    return frame[5:6] == b"\x01"


class Missing:
    """Which coefficients of a progressive picture have not all of their bits yet: true while there are some."""

    def __init__(self) -> None:
        self._bits: dict[tuple[int, int], int] = {}

    def components(self, names: bytes) -> None:
        """Of the picture, one byte each."""
        self._bits = {(name, coefficient): 1 for name in names for coefficient in range(64)}

    def scan(self, header: bytes) -> None:
        """What comes with a scan: components, first and last coefficient, low bit that it brings."""
        count = header[0] if header else 0
        if len(header) < 4 + 2 * count:
            return
        first, last, bits = header[1 + 2 * count :][:3]
        for name in header[1 : 1 + 2 * count : 2]:
            for coefficient in range(first, min(last, 63) + 1):
                self._bits[name, coefficient] = bits & 15

    def __bool__(self) -> bool:
        return any(self._bits.values())


def _codes_of_zeros(tables: bytes) -> dict[int, int]:
    """Huffman table of the terms beside the first -> what a code of zeros stands for in it; 0 is the end of a block.
    Where it is something else in one of them, zeros without end are no picture, not even a black one."""
    found, at = {}, 0
    while at + 17 < len(tables):
        if tables[at] >> 4:
            found[tables[at]] = tables[at + 17]
        at += 17 + sum(tables[at + 1 : at + 17])
    return found


def _segments(raw: bytes) -> Iterator[tuple[int, bytes, slice]]:
    """(marker, content without its length, compressed data behind it) up to the end of the first picture or of the
    bytes."""
    at = 0
    while found := MARKER.search(raw, at):
        marker, at = found[1][0], found.end()
        if marker == END:
            yield marker, b"", slice(at, at)
            return
        if marker in ALONE:
            continue
        length = int.from_bytes(raw[at : at + 2])
        content = raw[at + 2 : at + length]
        at += max(length, 2)
        behind = MARKER.search(raw, at)
        yield marker, content, slice(at, behind.start() if behind else len(raw))


def is_corrupt(heard: str) -> bool:
    """Whether libjpeg complained of the picture itself. A few bytes too many before a marker are padding."""
    for complaint in CORRUPT.finditer(heard):
        extraneous = EXTRANEOUS.match(complaint[1] or "")
        if not extraneous or int(extraneous[1]) > PADDING:
            return True
    return False
