"""What a film is once its file has been read, whatever kind of file that was.

film = Film(grey, notes=("16 bits",))
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")  # of files that are taken for films, in any case

# Beyond them a file is a strip or a slip, and padded to a square it would take gigabytes: no detector, no digitiser
# of films gives 16,384 px a side.
LONGEST, THINNEST = 2**14, 10


class UnreadableFilm(ValueError):
    """The file is no image that can be decoded, or none that can be a film, or takes more memory than there is."""


class Unfit(NamedTuple):
    """Why a picture that is whole is not one to learn from or to ask a model about. code: for programs; words: what
    is said of the film: `is a lateral view`."""

    code: str
    words: str


@dataclass(frozen=True)
class Film:
    """grey: (H, W) uint8 at the film's own size, bone white as readers see it. notes: what was done to this film
    beyond the plain way, in words that are counted over a collection. unfit: why it is not used unless somebody
    insists."""

    grey: NDArray[np.uint8]
    notes: tuple[str, ...] = ()
    unfit: tuple[Unfit, ...] = ()

    def fit(self) -> Self:
        """Itself. Raises UnreadableFilm for one that is unfit."""
        for reason in self.unfit:
            raise UnreadableFilm(reason.words)
        return self


def check_shape(own: tuple[int, ...], content: tuple[int, ...]) -> None:
    """Raises UnreadableFilm for what is too thin or too large to be a film. own: (H, W) as its file has it; content:
    what is left of it without its margins."""
    short, long = sorted(content)
    if long > THINNEST * short:
        reason = f"one side more than {THINNEST} times the other"
    elif long > LONGEST:
        reason = f"more than {LONGEST:,} px a side"
    else:
        return
    without = f", {content[1]:,} × {content[0]:,} without its margins" if content != own else ""
    raise UnreadableFilm(f"is {own[1]:,} × {own[0]:,} px{without}: {reason}")


@contextmanager
def in_memory() -> Iterator[None]:
    """One film that does not fit costs none of the others: raises UnreadableFilm for it."""
    try:
        yield
    except Exception as error:
        import cv2  # not before: it reads its variables as it loads

        full = isinstance(error, cv2.error) and error.code == cv2.Error.STS_NO_MEM
        if not (full or isinstance(error, MemoryError)):
            raise
        raise UnreadableFilm("does not fit into memory") from None
