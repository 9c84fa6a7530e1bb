"""What a TIFF says of its picture, of which OpenCV obeys only a part; an EXIF block is one without a picture.

short_of(raw, 0x0112)           # the orientation, None where it is not said
is_negative(raw)                # whether black is its highest value
is_grey(raw)                    # whether it has one channel, and that is no number of a colour
"""

from __future__ import annotations

import struct

SHORT, ENTRY = 3, 12
PHOTOMETRIC, WHITE_IS_ZERO, BLACK_IS_ZERO = 0x0106, 0, 1


def short_of(block: bytes, tag: int) -> int | None:
    """The value of a tag that holds one number of 16 bits, in the first directory; block: from its byte order on.
    None where there is none that can be read (TIFF 6.0, section 2)."""
    order = {b"II\x2a\x00": "<", b"MM\x00\x2a": ">"}.get(block[:4])
    if order is None or len(block) < 8:
        return None
    (table,) = struct.unpack_from(f"{order}I", block, 4)
    if table + 2 > len(block):
        return None
    (count,) = struct.unpack_from(f"{order}H", block, table)
    for at in range(table + 2, min(table + 2 + ENTRY * count, len(block) - ENTRY + 1), ENTRY):
        found, kind, values, value = struct.unpack_from(f"{order}HHIH", block, at)
        if found == tag:
            return int(value) if kind == SHORT and values == 1 else None
    return None


def is_negative(raw: bytes) -> bool:
    """Whether a file is a TIFF whose zeros are white, as scanners of films write them. OpenCV turns such values over
    where they have 8 bits and leaves those of 16 (findings/negative_films_of_16_bits.sh)."""
    return short_of(raw, PHOTOMETRIC) == WHITE_IS_ZERO


def is_grey(raw: bytes) -> bool:
    """Whether a file is a TIFF of grey values, whichever of them is black."""
    return short_of(raw, PHOTOMETRIC) in (WHITE_IS_ZERO, BLACK_IS_ZERO)
