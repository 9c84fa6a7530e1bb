"""Decodes films into an array with all cores, in memory that does not grow with them, and goes on where it was.

    outcomes = decode(paths, {128: folder}, PLAIN, progress)    # folder/images.npy, and of each film what came of it

What is done is written down beside the array (xrays/decoded.py): an interrupted call, also a killed one, goes on
behind the last line in the same folder.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, closing, suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xrays.ahead import in_order
from xrays.decoded import Outcome, going_on
from xrays.pixels.facts import facts_of
from xrays.pixels.film import UnreadableFilm
from xrays.pixels.prints import fingerprint
from xrays.pixels.read import read_film
from xrays.pixels.recipe import PixelRecipe
from xrays.pixels.square import square

Progress = Callable[[int, int], None]
Pixels = Mapping[int, NDArray[np.uint8]]  # size -> (size, size); empty for what cannot be used


def decode(
    paths: Sequence[str], folders: Mapping[int, Path], recipe: PixelRecipe, progress: Progress
) -> dict[int, list[Outcome]]:
    """What came of every film, in the order of the paths, for each size of `folders`; those without a reason are the
    rows of the array there, (n, size, size, 1). folders: each empty, or as an earlier call with the same arguments
    has left it. progress(done, total) is called after every film. Raises OSError when the disk is full."""
    with ExitStack() as stack:
        arrays = {size: stack.enter_context(going_on(folder, size, len(paths))) for size, folder in folders.items()}
        known = {size: len(array.outcomes) for size, array in arrays.items()}
        first = min(known.values(), default=len(paths))
        if first:
            progress(first, len(paths))
        try:
            with closing(_outcomes(paths[first:], list(folders), recipe)) as coming:
                for number, (pixels, outcome) in enumerate(coming, first):
                    for size, array in arrays.items():
                        if number >= known[size]:  # one size may be further than another
                            array.add(pixels.get(size), outcome)
                    progress(number + 1, len(paths))
        except BaseException:
            for array in arrays.values():
                with suppress(OSError):
                    array.write_down()
            raise
        for array in arrays.values():
            array.write_down()
    return {size: array.outcomes for size, array in arrays.items()}


def _outcomes(paths: Sequence[str], sizes: Sequence[int], recipe: PixelRecipe) -> Generator[tuple[Pixels, Outcome]]:
    """Pixels of each film, if it has any, and what came of it. Only so many films are in memory as are at work, and a
    few that wait for their turn."""
    return in_order(lambda path: _decoded(path, sizes, recipe), paths)


def _decoded(path: str, sizes: Sequence[int], recipe: PixelRecipe) -> tuple[Pixels, Outcome]:
    try:
        film = read_film(Path(path))
        own = recipe.at_own_size(film).fit()
        pixels = {size: square(own.grey, size) for size in sizes}  # first: it says of what is no film that it is none
        content = own.grey if recipe.borders == "crop" else None
        facts = facts_of(film.grey, Path(path).stat().st_size, content)
        return pixels, Outcome(None, fingerprint(film.grey), facts, own.notes)
    except UnreadableFilm as error:
        return {}, Outcome(str(error))
    except OSError as error:  # a file that has just gone
        return {}, Outcome(f"cannot be opened: {error.strerror}")
