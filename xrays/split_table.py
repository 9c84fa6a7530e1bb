"""Films, patients and labels of every fold and the hold-out, side by side: whether these hold alike patients.

table = split_table(named_splits(plan.assignment), arrays.groups, arrays.labels)
table[["split", "films", "patients", "age", "age_sd", "gender"]]
head, rows = split_cells(table)               # the same as a reader sees it
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.assignment import HOLD_OUT, UNUSED, of_fold, repeat_of
from xrays.label_values import Labels
from xrays.labels import LABELS, Label
from xrays.patients import whose

NAMES = {HOLD_OUT: "hold-out", UNUSED: "not used"}
MISSING = "–"  # of a split without any film that has the label


def named_splits(assignment: NDArray[np.int8]) -> dict[str, NDArray[np.bool_]]:
    """Name -> (N,) films of each split that has any, folds first. assignment: (R, N), see xrays/assignment.py."""
    several, named = len(assignment) > 1, {}
    for number in sorted(np.unique(assignment).tolist(), key=lambda split: (split < 0, abs(split))):
        repeat = f", repeat {repeat_of(assignment, number) + 1}" if several else ""
        named[NAMES.get(number, f"fold {number}{repeat}")] = of_fold(assignment, number)
    return named


def split_table(splits: Mapping[str, NDArray[np.bool_]], groups: NDArray[np.str_], labels: Labels) -> pd.DataFrame:
    """One row a split: split, what `whose` knows of its films, and of every label that the films have its columns.

    Of a number `<label>`, its mean, `<label>_sd`, `<label>_least`, `<label>_most`, and `<label>_shares`: per cent of
    the films with the label in each of `bins`. Of two classes `<label>`, the share of the second. Of each
    `<label>_missing`: films without it. splits: name -> (N,) its films; groups: (N,)."""
    rows = []
    for split, in_split in splits.items():
        row: dict[str, Any] = {"split": split, **asdict(whose(groups[in_split]))}
        for name, label in LABELS.items():
            if name in labels:
                row |= _of_label(label, labels[name][in_split].astype(np.float64))
        rows.append(row)
    return pd.DataFrame(rows)


def _of_label(label: Label, values: NDArray[np.float64]) -> dict[str, Any]:
    name, known = label.name, values[np.isfinite(values)]
    columns: dict[str, Any] = {name: float(known.mean()) if known.size else math.nan}
    if label.kind == "number":
        edges, names = bins(label)
        counts = np.bincount(np.digitize(known, edges), minlength=len(names))
        columns |= {
            f"{name}_sd": float(known.std(ddof=1)) if known.size > 1 else math.nan,
            f"{name}_least": float(known.min()) if known.size else math.nan,
            f"{name}_most": float(known.max()) if known.size else math.nan,
            f"{name}_shares": (100 * counts / max(known.size, 1)).round(2).tolist(),
        }
    return {**columns, f"{name}_missing": len(values) - known.size}


def bins(label: Label) -> tuple[list[float], list[str]]:
    """Edges between the bins of a picture, and the names of the bins, one more. Those of the label's bands; where
    these are of one width, as many more of it as lie between the least value and the first edge, and one above."""
    edges = list(label.edges)
    widths = {high - low for low, high in pairwise(edges)}
    if len(widths) != 1 or not math.isfinite(label.least):
        return edges, list(label.group_names)
    (width,) = widths
    below = np.arange(label.least + width, edges[0], width).tolist()
    edges = [*below, *edges, edges[-1] + width]
    last = 1 if all(float(edge).is_integer() for edge in edges) else 0
    between = [f"{low:g}–{high - last:g}" for low, high in pairwise([label.least, *edges])]
    return edges, [*between, f"{edges[-1]:g} and over"]


def split_cells(table: pd.DataFrame) -> tuple[tuple[str, ...], list[tuple[str, ...]]]:
    """The head, and a row a split: its name, then numbers in words of the labels, without bins."""
    labels = [label for name, label in LABELS.items() if name in table]
    unknown = bool(table["unknown"].any())
    head = ["Split", "Films", "Patients", *(["Films of unknown patients"] if unknown else [])]
    for label in labels:
        if label.kind == "number":
            head += [_capital(f"{_plain(label)}, {label.unit}" if label.unit else _plain(label)), "Range"]
        else:
            head.append(f"{_capital(label.class_names[1])}, %")
    head += [f"Without {_plain(label)}" for label in labels]
    rows = []
    for row in table.to_dict("records"):
        cells = [f"{row['films']:,}", f"{row['patients']:,}", *([f"{row['unknown']:,}"] if unknown else [])]
        for label in labels:
            cells += _numbers(row, label) if label.kind == "number" else [_share(row[label.name])]
        cells += [f"{row[f'{label.name}_missing']:,}" for label in labels]
        rows.append((str(row["split"]), *cells))
    return tuple(head), rows


def _numbers(row: dict[Any, Any], label: Label) -> list[str]:
    """Mean ± standard deviation, and the range."""
    mean, sd, least, most = (row[f"{label.name}{end}"] for end in ("", "_sd", "_least", "_most"))
    if math.isnan(mean):
        return [MISSING, MISSING]
    decimals, fewer = label.decimals, max(0, label.decimals - 1)
    spread = "" if math.isnan(sd) else f" ± {sd:.{decimals}f}"
    return [f"{mean:.{decimals}f}{spread}", f"{least:.{fewer}f}–{most:.{fewer}f}"]


def _share(share: float) -> str:
    return MISSING if math.isnan(share) else f"{100 * share:.1f}"


def _plain(label: Label) -> str:
    return label.name.replace("_", " ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
