"""What is known of films, label by label: (N,) float32 with NaN where unknown, by name, for those labels which a
collection has.

    values, faults = read(LABELS["gender"], ["male", "", "2"])  # [1, nan, nan], [None, None, "gender …"]
    groups_of(LABELS["gender"], values)                         # [1, -1, -1]: positions in its group_names
    coded({"gender": values})                                   # as files keep it: int8 [1, -1, -1]
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.label_texts import Unreadable, number, one_of, years
from xrays.labels import LABELS, Label
from xrays.tasks import Task

Labels = Mapping[str, NDArray[np.float32]]
UNKNOWN = -1  # of a class in files, of a group in memory


def targets_of(task: Task, labels: Labels, count: int) -> NDArray[np.float32]:
    """(count,) what the task predicts of so many films, NaN where a film has no such label: everywhere where the
    collection has none."""
    known = labels.get(task.label.name)
    return np.full(count, np.nan, np.float32) if known is None else known


def groups_of(label: Label, values: NDArray[np.float32]) -> NDArray[np.int64]:
    """(n,) numbers of the groups of values (n,) in the label's group_names; UNKNOWN for NaN."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0)
    number = filled if label.kind == "binary" else np.digitize(filled, label.edges)
    return np.where(known, number, UNKNOWN).astype(np.int64)


def read(
    label: Label, cells: Sequence[object], value_of: Callable[[str], float] | None = None
) -> tuple[NDArray[np.float32], list[str | None]]:
    """Values (n,) of n cells of a table's column, NaN for one that is missing, and what is wrong with each, None
    where nothing is. Cells are text, or no text where the table has no row for the film. value_of: how a text of this
    table is read, see xrays/label_texts.py."""
    texts = [cell if isinstance(cell, str) else "" for cell in cells]
    one = value_of or partial(reading, label)
    known = {
        text: _read_one(label, text, one) for text in dict.fromkeys(texts)
    }  # ages of 100,000 films are 100 texts
    return np.array([known[text][0] for text in texts], np.float32), [known[text][1] for text in texts]


def reading(label: Label, text: str) -> float:
    """A text as a value of the label, whatever it is believed to be; NaN for a missing one. Raises Unreadable."""
    if label.kind == "binary":
        return math.nan if text.strip().casefold() in label.neither else one_of(label.class_names, text)
    return years(text) if label.unit == "years" else number(text)


def _read_one(label: Label, text: str, one: Callable[[str], float]) -> tuple[float, str | None]:
    try:
        value = one(text)
    except Unreadable as error:
        return math.nan, f"{label.name} {text.strip()!r} is {error}"
    if math.isnan(value) or label.kind == "binary" or label.least <= value <= label.most:
        return value, None
    return math.nan, f"{label.name} {text.strip()} is outside {label.least:g}–{label.most:g}"


def coded(labels: Labels) -> dict[str, NDArray[np.float32] | NDArray[np.int8]]:
    """The labels as files keep them, by name, in the order of LABELS: float32 for a number, int8 with UNKNOWN for NaN
    for a binary label."""
    return {name: _coded(label, labels[name]) for name, label in LABELS.items() if name in labels}


def _coded(label: Label, values: NDArray[np.float32]) -> NDArray[np.float32] | NDArray[np.int8]:
    if label.kind == "number":
        return np.asarray(values, np.float32)
    return np.where(np.isfinite(values), values, UNKNOWN).astype(np.int8)


def decoded(columns: Mapping[str, Any] | pd.DataFrame) -> dict[str, NDArray[np.float32]]:
    """The labels among what a file holds by name, as `coded` has made it, in the order of LABELS. What is no label
    (any more) is left out."""
    return {name: _decoded(label, columns[name]) for name, label in LABELS.items() if name in columns}


def _decoded(label: Label, column: Any) -> NDArray[np.float32]:
    values = np.array(column, np.float32)
    return values if label.kind == "number" else np.where(values == UNKNOWN, np.float32(np.nan), values)


def at_rows(labels: Labels, rows: NDArray[Any]) -> dict[str, NDArray[np.float32]]:
    """The labels of some films alone. rows: their numbers, or (N,) whether each is one of them."""
    return {name: values[rows] for name, values in labels.items()}


def labelled(labels: Labels, count: int) -> NDArray[np.bool_]:
    """(N,) whether each of `count` films has any label."""
    return np.asarray(np.any([np.zeros(count, np.bool_), *map(np.isfinite, labels.values())], axis=0))
