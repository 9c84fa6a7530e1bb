"""What a run remembers of the collection that its films come from: how many were listed, left out and why.

    save_collected(store.path, collected_of(arrays))
    load_collected(store).reasons["rejected"]       # {"cannot be read": 3}

The prepared folder has it, too, but a run folder is moved without it. collection.json is as the latest call of the
search has found the films, which are the same in every call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trials.files import write_atomically
from trials.kept import read_json, undamaged
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.flow import flow
from xrays.strict_json import as_json

FILE = "collection.json"
REASONS = 20  # of each kind; the others are in the prepared folder


@dataclass(frozen=True)
class Collected:
    """source: as `prepare` was told; came: films that it lists; used: those that were prepared; reasons: kind
    (`rejected`, `left out`) -> reason -> films, which add up; copies: films that are the same picture as an earlier
    one, which they share the patient of; preprocessing: as `PixelRecipe.record` has it."""

    source: str
    came: int
    used: int
    reasons: Mapping[str, Mapping[str, int]]
    copies: int
    preprocessing: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Raises ValueError for numbers that do not add up."""
        out = sum(films for of in self.reasons.values() for films in of.values())
        if self.came != self.used + out:
            raise ValueError(f"of {self.came} films {self.used} are used and {out} are not")


def collected_of(arrays: XrayArrays) -> Collected:
    """Of prepared films. Raises UserError for damaged ones."""
    of = flow(len(arrays.ids), arrays.rejected(), arrays.left_out(), REASONS)
    facts = arrays.facts()
    return Collected(
        str(arrays.meta["source"]),
        of["came"],
        of["used"],
        of["reasons"],
        int((facts["same_as"] != facts["imageId"]).sum()),
        arrays.meta["preprocessing"],
    )


def save_collected(run: Path, collected: Collected) -> None:
    """Into the run folder, in the place of an older one."""
    write_atomically(run / FILE, as_json(collected, indent=1).encode())


def load_collected(store: RunStore) -> Collected | None:
    """None for a run that kept none. Raises DamagedRun."""
    collected = read_json(store.path / FILE, Collected)
    with undamaged(store.path / FILE):
        if collected and collected.used != (films := len(store.films().ids)):
            raise ValueError(f"it is of {collected.used} films, the run's plan of {films}")
    return collected
