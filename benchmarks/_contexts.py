"""What `portfolio.py` collects in, and where: contexts, which are a task on so many films of a size, and the folder.

    collection = Collection(out=Path("runs/portfolio"), films=Path("../shared/data/nih"), trials=25)
    context = WAVES[0][0]
    context.name, films_of(collection, context)                # "nih640-64-age", a prepared folder

120 of the films, always the same and whole patients, are in no context: whatever is found can be judged on them, as
benchmarks/against_plain.py does.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from search_spaces._hyperparameters import Scalar
from xrays.layout import Layout
from xrays.prepare import prepare
from xrays.sources import Order, layout_of

HELD_BACK = 120  # films


@dataclass(frozen=True)
class Collection:
    """out: its folder; films: in the SPR layout, for the contexts `nih`; space: its name; trials: of each search;
    folds, epochs: of each trial; starts: JSON file of configurations that every search begins with."""

    out: Path
    films: Path | None = None
    space: str = "cnn"
    trials: int = 25
    folds: int = 3
    epochs: int = 30
    starts: Path | None = None

    @property
    def searches(self) -> Path:
        """A run a context, of its name."""
        return self.out / "searches"

    @property
    def comparisons(self) -> Path:
        """A run a context, of its name, in which all candidates are tried."""
        return self.out / "comparisons"

    @property
    def whole(self) -> Path:
        """A run a context, of its name, in which nothing is raced."""
        return self.out / "whole"

    @property
    def candidates(self) -> Path:
        """JSON file of configurations, for `--enqueue`."""
        return self.out / "candidates.json"

    @property
    def sources(self) -> Path:
        """JSON file: `key_of` each candidate -> name of the context that it was found in, "" where it was drawn."""
        return self.out / "sources.json"


@dataclass(frozen=True)
class Context:
    """films: 0 for all that a source has; epochs: of a trial, 0 for as many as the collection has."""

    source: str
    films: int
    size: int
    task: str
    epochs: int = 0

    @property
    def data(self) -> str:
        """Folder of the prepared films."""
        return f"{self.source}{self.films or ''}-{self.size}"

    @property
    def name(self) -> str:
        """Of its runs."""
        return f"{self.data}-{self.task}{f'-{self.epochs}' if self.epochs else ''}"

    @property
    def alike(self) -> str:
        """Contexts with the same films and task at another size say nearly the same."""
        return f"{self.source}-{self.task}"


def _contexts(text: str) -> tuple[Context, ...]:
    parts = (word.split("/") for word in text.split())  # the epochs may be missing
    return tuple(
        Context(source, int(films), int(size), task, *map(int, epochs))
        for source, films, size, task, *epochs in parts
    )


WAVES = tuple(
    map(
        _contexts,
        (
            "nih/640/64/age nih/640/64/gender",
            "nih/300/64/age nih/300/64/gender sample/0/32/age sample/0/32/gender",
            "sample/0/64/age/10 sample/0/64/gender/10",
            "nih/100/64/age nih/100/64/gender nih/640/32/age nih/640/32/gender",
            "nih/300/128/age nih/300/128/gender",
        ),
    )
)
SHORT = (_contexts("sample/0/32/age sample/0/32/gender"),)


def key_of(params: Mapping[str, Scalar]) -> str:
    """A configuration as one text."""
    return json.dumps(dict(params), sort_keys=True)


def films_of(collection: Collection, context: Context) -> Path:
    """Prepared where they are not there yet."""
    path = collection.out / "films" / context.data
    if not (path / "meta.json").exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        if context.source == "sample":
            layout = layout_of("sample", Order(path.parent))
        else:
            layout = part_of(layout_of(str(collection.films), Order(path.parent)), context.films)
        prepare(layout, path, size=context.size)
    return path


def part_of(layout: Layout, films: int) -> Layout:
    """So many films, whole patients in an order that their names decide, behind those that are held back."""
    held = set(held_back(layout).tolist())
    kept = np.sort(np.array([row for row in _by_patient(layout) if row not in held][:films]))
    return replace(
        layout,
        ids=layout.ids[kept],
        paths=[layout.paths[row] for row in kept.tolist()],
        labels={name: known[kept] for name, known in layout.labels.items()},
        groups=layout.groups[kept],
        columns={name: texts[kept] for name, texts in layout.columns.items()},
    )


def held_back(layout: Layout) -> NDArray[np.int64]:
    """(n,) rows of the films that are in no context: HELD_BACK, and what else there is of the last one's patient."""
    rows = _by_patient(layout)
    last = layout.groups[rows[:HELD_BACK][-1]]
    return np.array([row for place, row in enumerate(rows) if place < HELD_BACK or layout.groups[row] == last])


def _by_patient(layout: Layout) -> list[int]:
    """All rows, those of a patient together."""
    order = sorted(set(layout.groups.tolist()), key=lambda patient: hashlib.sha256(patient.encode()).hexdigest())
    rank = {patient: number for number, patient in enumerate(order)}
    return sorted(range(len(layout.ids)), key=lambda row: rank[str(layout.groups[row])])
