"""What was decoded into a folder so far: an array, and a journal with a line a film beside it.

with going_on(folder, size=128, most=760) as decoded:
    len(decoded.outcomes)           # films that an earlier call has written down
    decoded.add(pixels, outcome)    # the next one
    decoded.write_down()            # all of them are on the disk

A line is written when the pixels before it are on the disk, never before.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from xrays.array_file import Rows, rows_into
from xrays.pixels.facts import Facts
from xrays.seal import IMAGES
from xrays.strict_json import as_json

JOURNAL = ".decoded"
TOGETHER = 64  # films after which the disk is waited for: about a second's, which is what a kill costs


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
        return as_json(self) + "\n"

    @classmethod
    def from_line(cls, line: str) -> Outcome:
        """The same again."""
        kept = json.loads(line)
        facts = kept["facts"] and Facts(**kept["facts"])
        return cls(kept["reason"], kept["known_as"], facts, tuple(kept["notes"]))


class Decoded:
    """outcomes: of the films so far, in their order."""

    def __init__(self, outcomes: list[Outcome], rows: Rows, journal: IO[str]) -> None:
        self.outcomes, self._rows, self._journal = outcomes, rows, journal
        self._known = len(outcomes)

    def add(self, pixels: NDArray[np.uint8] | None, outcome: Outcome) -> None:
        """pixels: (size, size) of a film that can be used."""
        if pixels is not None:
            self._rows.add(pixels)
        self.outcomes.append(outcome)
        if len(self.outcomes) - self._known >= TOGETHER:
            self.write_down()

    def write_down(self) -> None:
        """Returns when nothing of it can be lost any more."""
        self._rows.sync()
        self._journal.writelines(outcome.line() for outcome in self.outcomes[self._known :])
        self._journal.flush()
        os.fsync(self._journal.fileno())
        self._known = len(self.outcomes)


@contextmanager
def going_on(folder: Path, size: int, most: int) -> Iterator[Decoded]:
    """folder: empty, or as an earlier call with the same arguments has left it. most: films there will be. Raises
    OSError where there is no room for them."""
    outcomes = _written(folder)
    there = sum(outcome.reason is None for outcome in outcomes)
    with (
        rows_into(folder / IMAGES, most, (size, size, 1), there) as rows,
        (folder / JOURNAL).open("a") as journal,
    ):
        yield Decoded(outcomes, rows, journal)


def _written(folder: Path) -> list[Outcome]:
    """What an earlier call has written down; a line that is cut is cut off."""
    journal = folder / JOURNAL
    if not journal.exists() or not (folder / IMAGES).exists():
        return []
    whole = journal.read_bytes()
    whole = whole[: whole.rfind(b"\n") + 1]
    os.truncate(journal, len(whole))
    return [Outcome.from_line(line) for line in whole.decode().splitlines()]
