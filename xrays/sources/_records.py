"""What a source has found, film by film, made into a layout: which films can be used, and why the others cannot.

layout = Records(ids=…, names=…, paths=…, cells={"age": […]}, patients=…).layout(name="nih", words=…, place=…)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.label_values import labelled, read
from xrays.labels import LABELS
from xrays.layout import Layout, rejected_table
from xrays.patients import groups_of_patients

NO_FILM = "no image file"


@dataclass(frozen=True, kw_only=True)
class Records:
    """n films, or labels without one. ids: (n,) each once; names: n, as the collection calls them; paths: n, "" where
    there is no film; cells: label -> n texts, "" where there is none; readings: how texts of a label are read, where
    that is not as everywhere; patients: n, "" where unknown; columns: as of a layout, n texts; faults: n reasons to
    reject a film, whatever its labels are, or None; unwanted: n reasons to leave one out, or None. with_films: False
    for labels alone, of films that nobody looks for."""

    ids: NDArray[np.int64]
    names: Sequence[str]
    paths: Sequence[str]
    cells: Mapping[str, Sequence[str]]
    patients: Sequence[str]
    readings: Mapping[str, Callable[[str], float]] = field(default_factory=dict)
    columns: Mapping[str, Sequence[str]] = field(default_factory=dict)
    faults: Sequence[str | None] = ()
    with_films: bool = True
    unwanted: Sequence[str | None] = ()

    def layout(
        self, *, name: str, words: tuple[str, ...], place: Path, about: Mapping[str, Any], synthetic: bool = False
    ) -> Layout:
        """The layout of the films that can be used, by id. Broken ones are those with a fault of their own or in a
        label; a label without a film, and a film without any label, are left out."""
        values: dict[str, NDArray[np.float32]] = {}
        faults = [list(self.faults)] if self.faults else []
        for label, cells in self.cells.items():
            values[label], wrong = read(LABELS[label], cells, self.readings.get(label))
            faults.append(wrong)
        broken = _first_of(faults, len(self.ids))
        bare = ~labelled(values, len(self.ids))
        lost = [NO_FILM if self.with_films and not path else None for path in self.paths]
        mute = [none_of(values) if none and not fault else None for none, fault in zip(bare, broken, strict=True)]
        left = _first_of([lost, *([list(self.unwanted)] if self.unwanted else []), mute], len(self.ids))
        good = np.array([not (out or fault) for out, fault in zip(left, broken, strict=True)], np.bool_)
        rows = np.flatnonzero(good)[np.argsort(self.ids[good], kind="stable")]
        return Layout(
            name=name,
            words=words,
            place=place,
            ids=self.ids[rows],
            paths=[self.paths[row] for row in rows],
            labels={label: known[rows] for label, known in values.items()},
            groups=groups_of_patients(self.ids[rows], [self.patients[row] for row in rows]),
            columns={
                column: np.array([texts[row] for row in rows], np.str_) for column, texts in self.columns.items()
            },
            rejected=self._table(None if out else fault for out, fault in zip(left, broken, strict=True)),
            left_out=self._table(left),
            about=about,
            synthetic=synthetic,
        )

    def _table(self, reasons: Iterable[str | None]) -> pd.DataFrame:
        rows = zip(self.names, self.paths, reasons, strict=True)
        return rejected_table((name, path, reason) for name, path, reason in rows if reason)


def _first_of(reasons: Sequence[Sequence[str | None]], count: int) -> list[str | None]:
    """Of all that is wrong with a film the first."""
    return (
        [next(filter(None, of_film), None) for of_film in zip(*reasons, strict=True)] if reasons else [None] * count
    )


def none_of(names: Iterable[str]) -> str:
    """`neither age nor gender`, `no age`, `none of a, b, c`."""
    match list(names):
        case [name]:
            return f"no {name}"
        case [one, other]:
            return f"neither {one} nor {other}"
        case several:
            return f"none of {', '.join(several)}"
