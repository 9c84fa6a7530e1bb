"""Small pictures on the page, without a library for images: pixels to PNG, PNG to markup.

picture(png(pixels), "film 17", side=112)       # an <img> that holds its own bytes
"""

from __future__ import annotations

import base64
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from reports._drawing.html import Html, attribute, join

SIGNATURE = b"\x89PNG\r\n\x1a\n"


def png(pixels: NDArray[np.uint8]) -> bytes:
    """(h, w) grey or (h, w, 3) red, green, blue as a PNG file (8 bits, no interlacing)."""
    colour = 2 if pixels.ndim == 3 else 0
    height, width = pixels.shape[:2]
    # Each line begins with the number of its filter: 0 for none.
    lines = np.pad(np.ascontiguousarray(pixels).reshape(height, -1), ((0, 0), (1, 0)))
    header = struct.pack(">IIBBBBB", width, height, 8, colour, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b""))
    return SIGNATURE + b"".join(_chunk(name, content) for name, content in parts)


def _chunk(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))


def picture(content: bytes, what: str, side: int) -> Html:
    """A PNG file as an image that is part of the page, `side` px wide; empty when it is no PNG. what: in words, for
    who does not see it."""
    if not content.startswith(SIGNATURE):
        return Html("")
    data = base64.b64encode(content).decode()
    return Html(f'<img src="data:image/png;base64,{data}" alt="{attribute(what)}" width="{side}" height="{side}"/>')


def gallery(entries: list[tuple[Html, Html]]) -> Html:
    """Pictures side by side, each with a caption below it."""
    figures = join(f"<figure>{shown}<figcaption>{caption}</figcaption></figure>" for shown, caption in entries)
    return Html(f'<div class="gallery">{figures}</div>')
