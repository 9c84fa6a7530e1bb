"""Whether pictures and labels are alike in every split: folds that `search` makes, or one that the collection has."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from xrays.audit._collection import Collection
from xrays.audit._finding import Check, Finding, Table
from xrays.labels import LABELS
from xrays.pixels.facts import properties

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
    columns = _columns(collection)
    apart = [
        (split, name, distance)
        for split, rows in splits.items()
        for name, values in columns.items()
        if abs(distance := _distance(values, rows)) > APART
    ]
    head = ("Split", "Films", *columns)
    lines = tuple(
        (split, f"{int(rows.sum()):,}", *(_shown(values[rows]) for values in columns.values()))
        for split, rows in splits.items()
    )
    table = Table("Mean ± standard deviation by split", head, lines)
    figures = {"apart": [{"split": split, "property": name, "sd": d} for split, name, d in apart]}
    if not apart:
        return Finding("passed", "Splits are alike in labels and pictures.", "", figures, (table,))
    worst = sorted(apart, key=lambda each: -abs(each[2]))[:4]
    listed = "; ".join(f"{split}: {name} {'+' if d > 0 else '−'}{abs(d):.1f} sd" for split, name, d in worst)
    return Finding("hint", f"Splits that differ from the rest: {listed}.", "", figures, (table,))


def splits_of(collection: Collection) -> Mapping[str, NDArray[np.bool_]]:
    """Name -> (N,) films of each split."""
    found = {}
    if (plan := collection.plan) is not None:
        found = {f"fold {fold}": plan == fold for fold in range(int(plan.max()) + 1)}
        found["hold-out"] = plan == -1
    given = collection.arrays.columns.get("split")
    if given is not None:
        found |= {f"split {name}": given == name for name in np.unique(given[given != ""]).tolist()}
    return {name: rows for name, rows in found.items() if rows.any()}


def _columns(collection: Collection) -> dict[str, NDArray[np.float64]]:
    """What is compared: labels, a share of the second class of binary ones, and the pictures' properties."""
    labels = {
        (LABELS[name].class_names[1] if LABELS[name].kind == "binary" else name.replace("_", " ")): values
        for name, values in collection.labels.items()
    }
    found = {name: np.asarray(values, np.float64) for name, values in labels.items()}
    return found if collection.facts is None else {**found, **properties(collection.facts)}


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
