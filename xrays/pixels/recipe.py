"""What is done to every film of a collection between its file and the model, as one value.

    recipe = PLAIN
    recipe.pixels(film, size=128)               # (128, 128) uint8, inverted
    recipe.record()                             # into meta.json and the model's card …
    PixelRecipe.from_record(card["input"]["preprocessing"])     # … so that `predict` and `explain` do the same

The order is fixed: what the recipe does to the film at its own size, then padded to a square with black, inverted,
resized.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from xrays.pixels.blank import is_blank
from xrays.pixels.contrast import evened
from xrays.pixels.film import Film, Unfit, check_shape
from xrays.pixels.polarity import content_of
from xrays.pixels.square import square

CROPPED, NEGATIVE, RIGHTED = "margins cropped", "looks like a negative", "negative put right"  # notes
BLANK = Unfit("blank", "is blank: hardly any two pixels differ")
VERSION = 3  # changes when the same file and recipe give other pixels


@dataclass(frozen=True)
class PixelRecipe:
    """polarity: `auto` puts negatives right, film by film. borders: `crop` takes margins away that are no part of the
    film. clahe: contrast is evened out over the film."""

    polarity: Literal["keep", "auto"] = "keep"
    borders: Literal["crop", "keep"] = "crop"
    clahe: bool = False

    def pixels(self, film: Film, size: int) -> NDArray[np.uint8]:
        """(size, size), inverted. Raises UnreadableFilm for what cannot be a film, and for one that is unfit."""
        return square(self.at_own_size(film).fit().grey, size)

    def at_own_size(self, film: Film) -> Film:
        """The film before it is padded and resized, with notes on what was done to it, unfit where it is blank.
        Raises UnreadableFilm for what cannot be one."""
        (content, negative), notes = content_of(film.grey), list(film.notes)
        unfit, grey = [*film.unfit, *[BLANK] * is_blank(content)], film.grey
        if self.borders == "crop":
            grey = content
            notes += [CROPPED] * (grey.shape != film.grey.shape)
        check_shape(film.grey.shape, grey.shape)
        if negative:
            notes.append(RIGHTED if self.polarity == "auto" else NEGATIVE)
            grey = np.asarray(255 - grey, np.uint8) if self.polarity == "auto" else grey
        if self.clahe:
            grey = evened(grey)
        return Film(grey, tuple(notes), tuple(unfit))

    def words(self) -> tuple[str, ...]:
        """What is typed after `prepare` to have it."""
        polarity = () if self.polarity == "keep" else ("--polarity", self.polarity)
        borders = () if self.borders == "crop" else ("--keep-borders",)
        return (*polarity, *borders, *(("--clahe",) if self.clahe else ()))

    def record(self) -> dict[str, Any]:
        """As JSON keeps it."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_record(cls, record: object) -> Self:
        """Raises ValueError for what this version does not do in the same way."""
        for polarity in ("keep", "auto"):
            for borders in ("crop", "keep"):
                for clahe in (False, True):
                    recipe = cls(polarity, borders, clahe)
                    if isinstance(record, Mapping) and recipe.record() == dict(record):
                        return recipe
        raise ValueError(f"the preprocessing {record!r}; this version does {cls().record()}")


PLAIN = PixelRecipe()  # what is done where nothing else is asked for
