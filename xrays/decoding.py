"""Decodes films into an array with all cores, in memory that does not grow with them, and goes on where it was.

    outcomes = decode(paths, folder, 128, PLAIN, progress)      # folder/images.npy, and of each film what came of it

What is done is written down beside the array, a line a film: an interrupted call, also a killed one, goes on behind
the last line in the same folder. A line is written when the pixels before it are on the disk, never before.
"""

from __future__ import annotations

import json
import os
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from xrays.array_file import rows_into
from xrays.cores import usable_cores
from xrays.pixels.facts import Facts, facts_of
from xrays.pixels.film import UnreadableFilm
from xrays.pixels.opencv import opencv
from xrays.pixels.prints import fingerprint
from xrays.pixels.read import read_film
from xrays.pixels.recipe import PixelRecipe
from xrays.pixels.square import square
from xrays.seal import IMAGES
from xrays.strict_json import as_json

JOURNAL = ".decoded"
TOGETHER = 64  # films after which the disk is waited for: about a second's, which is what a kill costs
AHEAD = 4  # films a core that may be decoded before their turn
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Outcome:
    """Of one film. reason: why it cannot be used; None for one whose pixels are in the array, of which known_as is
    the fingerprint (xrays/pixels/prints.py) and notes what was done to it beyond the plain way."""

    reason: str | None
    known_as: int = 0
    facts: Facts | None = None
    notes: tuple[str, ...] = ()

    def line(self) -> str:
        """As the journal has it."""
        return as_json(asdict(self)) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Outcome:
        """The same again."""
        kept = json.loads(line)
        facts = kept["facts"] and Facts(**kept["facts"])
        return cls(kept["reason"], kept["known_as"], facts, tuple(kept["notes"]))


def decode(paths: Sequence[str], folder: Path, size: int, recipe: PixelRecipe, progress: Progress) -> list[Outcome]:
    """What came of every film, in the order of the paths; those without a reason are the rows of the array, (n, size,
    size, 1). folder: empty, or as an earlier call with the same arguments has left it. progress(done, total) is
    called after every film. Raises OSError when the disk is full."""
    outcomes = _written(folder)
    there = sum(outcome.reason is None for outcome in outcomes)
    if outcomes:
        progress(len(outcomes), len(paths))
    with (
        rows_into(folder / IMAGES, len(paths), (size, size, 1), there) as rows,
        (folder / JOURNAL).open("a") as journal,
    ):
        known = len(outcomes)

        def write_down() -> None:
            nonlocal known
            rows.sync()
            journal.writelines(outcome.line() for outcome in outcomes[known:])
            journal.flush()
            os.fsync(journal.fileno())
            known = len(outcomes)

        try:
            with closing(_outcomes(paths[known:], size, recipe)) as coming:
                for pixels, outcome in coming:
                    if pixels is not None:
                        rows.add(pixels)
                    outcomes.append(outcome)
                    if len(outcomes) - known >= TOGETHER:
                        write_down()
                    progress(len(outcomes), len(paths))
        except BaseException:
            with suppress(OSError):
                write_down()
            raise
        write_down()
    return outcomes


def _written(folder: Path) -> list[Outcome]:
    """What an earlier call has written down; a line that is cut is cut off."""
    journal = folder / JOURNAL
    if not journal.exists() or not (folder / IMAGES).exists():
        return []
    whole = journal.read_bytes()
    whole = whole[: whole.rfind(b"\n") + 1]
    os.truncate(journal, len(whole))
    return [Outcome.from_line(line) for line in whole.decode().splitlines()]


def _outcomes(
    paths: Sequence[str], size: int, recipe: PixelRecipe
) -> Generator[tuple[NDArray[np.uint8] | None, Outcome]]:
    """Pixels of each film, if it has any, and what came of it. OpenCV lets go of the interpreter while it decodes, so
    threads use all cores; only so many films are in memory as are at work, and a few that wait for their turn."""
    cores = usable_cores()
    waiting: deque[Future[tuple[NDArray[np.uint8] | None, Outcome]]] = deque()
    with _one_core_a_film():
        pool = ThreadPoolExecutor(cores)
        try:
            for path in paths:
                waiting.append(pool.submit(_decoded, path, size, recipe))
                if len(waiting) > AHEAD * cores:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def _decoded(path: str, size: int, recipe: PixelRecipe) -> tuple[NDArray[np.uint8] | None, Outcome]:
    try:
        film = read_film(Path(path))
        own = recipe.at_own_size(film)
        pixels = square(own.grey, size)  # first: it says of what is no film that it is none
        content = own.grey if recipe.borders == "crop" else None
        facts = facts_of(film.grey, Path(path).stat().st_size, content)
        return pixels, Outcome(None, fingerprint(film.grey), facts, own.notes)
    except UnreadableFilm as error:
        return None, Outcome(str(error))
    except OSError as error:  # a file that has just gone
        return None, Outcome(f"cannot be opened: {error.strerror}")


@contextmanager
def _one_core_a_film() -> Iterator[None]:
    """OpenCV would take all cores for a part of each film, while all of them have a film."""
    cv2 = opencv()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
