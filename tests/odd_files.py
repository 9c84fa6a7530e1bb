"""Files of films in every way that they are broken or odd in practice, made by code.

BROKEN["a cut PNG"].write(folder / "000007.png")        # to be rejected, for BROKEN["a cut PNG"].reason
READ["one bit"].write(folder / "000008.png")            # shows REFERENCE, as far as its kind can
"""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Write = Callable[[Path], object]


@dataclass(frozen=True)
class Broken:
    """write: makes the file at a path. reason: what is said of it, a pattern. suffix: of its name."""

    write: Write
    reason: str
    suffix: str = ".png"


@dataclass(frozen=True)
class Odd:
    """write: makes the file at a path. off: how far the grey values may be from those of REFERENCE, on average."""

    write: Write
    off: float = 0.5
    suffix: str = ".png"


def blocks(height: int = 6, width: int = 5) -> NDArray[np.uint8]:
    """Grey values, no two of neighbours alike, black and white among them."""
    values = np.random.default_rng(4).permutation(np.linspace(0, 255, height * width))
    return values.reshape(height, width).astype(np.uint8)


REFERENCE = np.kron(blocks(), np.ones((8, 8), np.uint8))  # (48, 40): JPEG keeps its blocks


def png(
    path: Path, rows: NDArray[np.uint8], side: tuple[int, int], bits: int, colour: int, palette: bytes = b""
) -> None:
    """A PNG by hand: OpenCV writes none with a palette. rows: (h, bytes a row); side: width and height."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", *side, bits, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row.tobytes() for row in rows))
    parts = [chunk(b"IHDR", header), *([chunk(b"PLTE", palette)] if palette else []), chunk(b"IDAT", pixels)]
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(parts) + chunk(b"IEND", b""))


def cmyk_jpeg(path: Path) -> None:
    """REFERENCE as a printer's JPEG: four inks, all but black at nothing, inverted as Adobe writes them. Blocks of
    one value need no more than the first coefficient of each, so that this is a whole encoder."""
    lengths = [0, 1, 5, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0]  # of codes, by their bits: ITU-T T.81, table K.3
    codes, code, size = {}, 0, 0
    for length, count in enumerate(lengths, 1):
        for _ in range(count):
            codes[size], code, size = f"{code:0{length}b}", code + 1, size + 1
        code <<= 1
    bits, before = "", [0] * 4
    for grey in blocks().ravel():
        for ink, value in enumerate((255, 255, 255, int(grey))):
            step, before[ink] = value - 128 - before[ink], value - 128
            size = abs(step).bit_length()
            low = step if step > 0 else step + (1 << size) - 1
            bits += codes[size] + (f"{low:0{size}b}" if size else "") + "0"  # "0": nothing but zeros follows
    bits += "1" * (-len(bits) % 8)
    scan = int(bits, 2).to_bytes(len(bits) // 8, "big").replace(b"\xff", b"\xff\0")

    def segment(mark: int, content: bytes) -> bytes:
        return struct.pack(">BBH", 0xFF, mark, len(content) + 2) + content

    height, width = REFERENCE.shape
    inks = range(1, 5)
    path.write_bytes(
        b"\xff\xd8"
        + segment(0xEE, b"Adobe\0\x64\0\0\0\0\0")
        + segment(0xDB, b"\0" + bytes([8] * 64))
        + segment(0xC0, struct.pack(">BHHB", 8, height, width, 4) + b"".join(bytes([i, 0x11, 0]) for i in inks))
        + segment(0xC4, b"\0" + bytes(lengths) + bytes(range(12)))
        + segment(0xC4, b"\x10" + bytes([1] + [0] * 15) + b"\0")
        + segment(0xDA, b"\4" + b"".join(bytes([i, 0]) for i in inks) + b"\0\x3f\0")
        + scan
        + b"\xff\xd9"
    )


def saved(path: Path, pixels: NDArray[Any], *options: int) -> bytes:
    """Written by OpenCV; returns the file's content."""
    assert cv2.imwrite(str(path), pixels, list(options))
    return path.read_bytes()


def smooth(side: int = 200) -> NDArray[np.uint8]:
    """A film of many different values, so that its file has something to lose."""
    y, x = np.mgrid[:side, :side]
    noise = np.random.default_rng(1).normal(0, 6, (side, side))
    return np.asarray(np.clip(120 + 90 * np.sin(x / 37) * np.cos(y / 29) + noise, 0, 255), np.uint8)


def cut(path: Path, share: float = 0.6, end: bytes = b"", *options: int) -> None:
    """The first part of a film's file, and `end`: a download that broke off, or that a tool has closed."""
    content = saved(path, smooth(), *options)
    path.write_bytes(content[: int(len(content) * share)] + end)


def claims(path: Path, side: int) -> None:
    """A file of a few bytes whose header says that it is side × side."""
    content = bytearray(saved(path, smooth(8)))
    if path.suffix == ".png":
        content[16:24] = struct.pack(">II", side, side)
        content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    elif path.suffix == ".bmp":
        content[18:26] = struct.pack("<ii", side, side)
    else:
        frame = content.index(b"\xff\xc0")
        content[frame + 5 : frame + 9] = struct.pack(">HH", side, side)
    path.write_bytes(content)


def gone(path: Path) -> None:
    """A link to a file that is no more, as disks of institutes have many."""
    path.symlink_to(path.parent / "nowhere.png")


def round_about(path: Path) -> None:
    """A link to itself."""
    path.symlink_to(path.name)


def of_value(value: int, shape: tuple[int, int], path: Path) -> None:
    saved(path, np.full(shape, value, np.uint8))


CUT_JPEG = "is a JPEG that is cut or damaged"
BLANK = "is blank"
BROKEN: dict[str, Broken] = {
    "a cut PNG": Broken(cut, "cannot be decoded"),
    "a PNG that ends with its header": Broken(partial(cut, share=0.001), "cannot be decoded"),
    "a cut JPEG": Broken(cut, CUT_JPEG, ".jpg"),
    "a cut JPEG with an end": Broken(partial(cut, end=b"\xff\xd9"), CUT_JPEG, ".jpg"),
    "a cut JPEG filled with zeros": Broken(partial(cut, end=bytes(5_000)), CUT_JPEG, ".jpg"),
    "a JPEG that ends with its header": Broken(partial(cut, share=0.02), CUT_JPEG, ".jpg"),
    "empty": Broken(Path.touch, "is empty"),
    "a page of the web": Broken(lambda path: path.write_text("<html>404 not found</html>"), "cannot be decoded"),
    "a mark and noise": Broken(
        lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + np.random.default_rng(0).bytes(999)), "cannot be decoded"
    ),
    "a folder": Broken(Path.mkdir, "cannot be opened: Is a directory"),
    "a link to nothing": Broken(gone, "cannot be opened: No such file"),
    "a loop of links": Broken(round_about, "cannot be opened: Too many levels of symbolic links"),
    "a strip": Broken(lambda path: saved(path, smooth()[:4]), "is 200 × 4 px: one side more than 10 times the other"),
    "one pixel": Broken(partial(of_value, 90, (1, 1)), BLANK),
    "all black": Broken(partial(of_value, 0, (48, 40)), BLANK),
    "all white": Broken(partial(of_value, 255, (48, 40)), BLANK),
    "all of one value of 16 bits": Broken(lambda path: saved(path, np.full((48, 40), 4095, np.uint16)), BLANK),
    "numbers with a point": Broken(
        lambda path: saved(path, REFERENCE.astype(np.float32) / 255), "has pixels of type float32", ".tif"
    ),
}

READ: dict[str, Odd] = {
    "grey": Odd(lambda path: saved(path, REFERENCE)),
    "alpha 0": Odd(lambda path: saved(path, np.dstack([REFERENCE] * 3 + [np.zeros_like(REFERENCE)]))),
    "grey with alpha 0": Odd(
        lambda path: png(path, np.dstack([REFERENCE, REFERENCE * 0]).reshape(48, -1), (40, 48), 8, 4)
    ),
    "a palette": Odd(
        lambda path: png(path, 255 - REFERENCE, (40, 48), 8, 3, bytes(np.repeat(np.arange(256)[::-1], 3).tolist()))
    ),
    "four bits": Odd(lambda path: png(path, _packed(REFERENCE >> 4, 4), (40, 48), 4, 0), 5),
    "16 bits": Odd(lambda path: saved(path, REFERENCE.astype(np.uint16) * 257), 2),
    "inks": Odd(cmyk_jpeg, 2, ".jpg"),
    "a progressive JPEG": Odd(
        lambda path: saved(path, REFERENCE, cv2.IMWRITE_JPEG_PROGRESSIVE, 1, cv2.IMWRITE_JPEG_QUALITY, 100), 2, ".jpg"
    ),
    "a JPEG called PNG": Odd(
        lambda path: path.write_bytes(
            saved(path.with_suffix(".jpg"), REFERENCE, cv2.IMWRITE_JPEG_QUALITY, 100)
        ) and path.with_suffix(".jpg").unlink(), 2
    ),
    "a suffix in capitals": Odd(lambda path: saved(path, REFERENCE), suffix=".BMP"),
    "a link to a film": Odd(lambda path: path.symlink_to(_beside(path))),
}  # fmt: skip


def one_bit(path: Path) -> NDArray[np.uint8]:
    """Writes black and white alone; returns the film that it shows."""
    shown = np.where(REFERENCE > 127, 255, 0).astype(np.uint8)
    png(path, _packed(shown & 1, 1), (40, 48), 1, 0)
    return shown


def _packed(values: NDArray[np.uint8], bits: int) -> NDArray[np.uint8]:
    """Several values a byte, the first one in the high bits; rows of 40 fill theirs."""
    parts = values.reshape(len(values), -1, 8 // bits).astype(int)
    shifts = np.arange(8 // bits)[::-1] * bits
    return (parts << shifts).sum(-1).astype(np.uint8)


def _beside(path: Path) -> Path:
    """A film that lies outside of the collection."""
    film = path.parents[1] / "archive.png"
    saved(film, REFERENCE)
    return Path(os.path.relpath(film, path.parent))
