"""Whether pictures and labels are alike in every split: folds that `search` makes, or one that the collection has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Finding, Table
from xrays.labels import LABELS
from xrays.pixels.facts import properties
from xrays.split_table import named_splits, split_cells, split_table

CHECK = Check(
    order=80,
    title="Pictures and labels by split",
    note="Folds and hold-out as `search` makes them without options, and the split that the collection brings along, "
    "if it has one. A split that differs by more than a third of a standard deviation holds other films than the "
    "rest, and its score says so.",
)
APART, FEWEST = 1 / 3, 30


def look(collection: Collection) -> Finding:
    """Not applicable where there are too few patients to make folds."""
    splits = splits_of(collection)
    if not splits:
        return Finding("not applicable", "There are too few patients for folds.")
    pictures = {} if collection.facts is None else properties(collection.facts)
    columns = {**_labels(collection), **pictures}
    apart = [
        (split, name, distance)
        for split, rows in splits.items()
        for name, values in columns.items()
        if abs(distance := _distance(values, rows)) > APART
    ]
    head, cells = split_cells(split_table(splits, collection.groups, collection.labels))
    parts = [Table("Films, patients and labels by split", head, tuple(cells))]
    if pictures:
        lines = tuple(
            (split, *(_shown(values[rows]) for values in pictures.values())) for split, rows in splits.items()
        )
        parts.append(Table("Pictures by split, mean ± standard deviation", ("Split", *pictures), lines))
    figures = {"apart": [{"split": split, "property": name, "sd": d} for split, name, d in apart]}
    if not apart:
        return Finding("passed", "Splits are alike in labels and pictures.", "", figures, tuple(parts))
    worst = sorted(apart, key=lambda each: -abs(each[2]))[:4]
    listed = "; ".join(f"{split}: {name} {'+' if d > 0 else '−'}{abs(d):.1f} sd" for split, name, d in worst)
    return Finding("hint", f"Splits that differ from the rest: {listed}.", "", figures, tuple(parts))


def splits_of(collection: Collection) -> Mapping[str, NDArray[np.bool_]]:
    """Name -> (N,) films of each split."""
    found = {}
    if collection.plan is not None:
        found = named_splits(collection.plan)
    given = collection.arrays.columns.get("split")
    if given is not None:
        found |= {f"split {name}": given == name for name in np.unique(given[given != ""]).tolist()}
    return {name: rows for name, rows in found.items() if rows.any()}


def _labels(collection: Collection) -> dict[str, NDArray[np.float64]]:
    """By a name for people, a class as the share of its second one."""
    labels = {
        (LABELS[name].class_names[1] if LABELS[name].kind == "binary" else name.replace("_", " ")): values
        for name, values in collection.labels.items()
    }
    return {name: np.asarray(values, np.float64) for name, values in labels.items()}


def _distance(values: NDArray[np.float64], rows: NDArray[np.bool_]) -> float:
    """Of a split's mean from the others', in standard deviations; 0 where it cannot be told."""
    inside, outside = values[rows & np.isfinite(values)], values[~rows & np.isfinite(values)]
    if min(len(inside), len(outside)) < FEWEST:
        return 0.0
    spread = float(np.concatenate([inside, outside]).std())
    return float(inside.mean() - outside.mean()) / spread if spread > 1e-9 else 0.0


def _shown(values: NDArray[np.float64]) -> str:
    known = values[np.isfinite(values)]
    return f"{known.mean():.3g} ± {known.std():.2g}" if known.size else "–"
