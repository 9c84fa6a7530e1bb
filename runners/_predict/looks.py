"""A film as a model sees it, and what is to be said against an answer before the model is asked.

look = Looker(size=128, recipe=PLAIN, usual={}, force=False)(Path("film.png"))
look.pixels             # (128, 128) uint8, inverted; None for what the model is not asked about
look.doubts             # (Doubt("negative", "looks like a negative: …"),)

The codes and their limits are those by which `prepare` leaves films out and the audit speaks of them (xrays/pixels/).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._predict.answer import COLOUR, UNREADABLE, WITHHELD, Doubt
from xrays.pixels.facts import FAINT, facts_of, far_out
from xrays.pixels.film import Film, UnreadableFilm
from xrays.pixels.raster import COLOURED
from xrays.pixels.read import read_film
from xrays.pixels.recipe import BLANK, NEGATIVE, PixelRecipe
from xrays.pixels.square import square


@dataclass(frozen=True)
class Look:
    """pixels: (S, S) uint8 inverted, None where the model is not asked; doubts: why, or what else is to be said."""

    pixels: NDArray[np.uint8] | None
    doubts: tuple[Doubt, ...]


@dataclass(frozen=True)
class Looker:
    """size: px of a side that the model takes. recipe: what its films went through. usual: ranges of its training
    films, see xrays/pixels/facts.py. force: whether it is asked about films of which its answer means nothing."""

    size: int
    recipe: PixelRecipe
    usual: Mapping[str, Sequence[float]]
    force: bool = False

    def __call__(self, path: Path) -> Look:
        """Of one file, whatever it is."""
        try:
            read = read_film(path)
            film = self.recipe.at_own_size(read)
            doubts = tuple(self._doubts(read, film))
            asked = self.force or not any(doubt.code in WITHHELD for doubt in doubts)
            return Look(square(film.grey, self.size) if asked else None, doubts)
        except UnreadableFilm as error:
            return Look(None, (Doubt(UNREADABLE, str(error)),))
        except OSError as error:  # a file that has just gone
            return Look(None, (Doubt(UNREADABLE, f"cannot be opened: {error.strerror}"),))

    def _doubts(self, read: Film, film: Film) -> Iterator[Doubt]:
        """read: as the file has it; film: after the recipe."""
        for reason in film.unfit:
            yield Doubt(*reason)
        if COLOURED in film.notes:
            yield Doubt(COLOUR, "is in colour: a photograph, or no film")
        if NEGATIVE in film.notes:
            yield Doubt("negative", f"{NEGATIVE}: the answer is for a film with bones black")
        if BLANK in film.unfit:
            return  # its properties say the same again
        facts = facts_of(read.grey, 0, film.grey)
        if facts.contrast < FAINT:
            yield Doubt("faint", f"has hardly anything on it: a contrast of {facts.contrast:.0f} of 255 grey levels")
        if far := far_out(facts, self.usual):
            yield Doubt("unusual", f"unlike the training films: {'; '.join(far)}")
