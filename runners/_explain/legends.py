"""Maps on films of the user: at the film's own resolution, with a scale that says what the colours mean.

picture = on_film(film, map_, ("younger", "older"))      # (h, w) and (S, S): (h + scale, w, 3)
names = file_names(["a/x.png", "b/x.png"])       # ["x", "x-2"]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._explain.pictures import LOWERS, RAISES, STRONGEST, overlay

LONGEST = 80  # characters of a file's name
NARROWEST = 360  # px: below it no words fit under a film, which is then shown in whole multiples of its size
GROUND, INK = 24, 235  # grey values of the scale


def on_film(film: NDArray[np.uint8], map_: NDArray[np.float32], ends: tuple[str, str]) -> NDArray[np.uint8]:
    """film: as it was read, bones white; map_: of the square that it is padded to for the network, by the largest
    value of either sign; ends: what the colours speak for. Returns red, green, blue."""
    import cv2

    large = enlarge(film)
    height, width = large.shape
    side = max(height, width)
    square = cv2.resize(np.asarray(map_, np.float32), (side, side), interpolation=cv2.INTER_LINEAR)
    top, left = (side - height) // 2, (side - width) // 2
    marked = overlay(large, np.asarray(square[top : top + height, left : left + width], np.float32))
    return np.concatenate([marked, _scale(width, ends)])


def enlarge(film: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The film, or where it is small a whole multiple of it, each pixel as it is."""
    times = -(-NARROWEST // film.shape[1])
    return np.ascontiguousarray(film.repeat(times, 0).repeat(times, 1))


def _scale(width: int, ends: tuple[str, str]) -> NDArray[np.uint8]:
    """A strip of the colours on a middle grey, and what they stand for."""
    import cv2

    size = width / 900 + 0.1  # of the letters: at any width there is room between the words
    bar, line = max(12, width // 40), int(34 * size)
    strengths = np.linspace(-1, 1, width, dtype=np.float32)
    colour = np.where(strengths[:, None] > 0, np.array(RAISES), np.array(LOWERS))
    cover = STRONGEST * np.abs(strengths)[:, None]
    strip = np.broadcast_to((128 * (1 - cover) + colour * cover).round().astype(np.uint8), (bar, width, 3))
    text = np.full((line, width, 3), GROUND, np.uint8)
    for words, place in ((f"speaks for {ends[0]}", 0.0), ("nothing", 0.5), (f"speaks for {ends[1]}", 1.0)):
        (long, _), _ = cv2.getTextSize(words, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
        at = (int(place * (width - long - 8)) + 4, int(0.7 * line))
        cv2.putText(text, words, at, cv2.FONT_HERSHEY_SIMPLEX, size, (INK, INK, INK), 1, cv2.LINE_AA)
    return np.concatenate([strip, text])


def file_names(films: Sequence[str]) -> list[str]:
    """A name for each film's pictures that any file system bears, none twice, nor one that is another's with -map."""
    taken: set[str] = set()
    names = []
    for film in films:
        stem = re.sub(r"[^\w.-]+", "_", Path(film).stem, flags=re.ASCII).strip("._") or "film"
        tried = (
            f"{stem[:LONGEST]}-{number}" if number > 1 else stem[:LONGEST] for number in range(1, len(films) + 2)
        )
        name = next(name for name in tried if not {name.lower(), f"{name}-map".lower()} & taken)
        taken |= {name.lower(), f"{name}-map".lower()}
        names.append(name)
    return names
