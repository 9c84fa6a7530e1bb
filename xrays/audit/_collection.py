"""What an audit looks at: prepared films with all that was noted of them, or labels alone.

collection = of_arrays(XrayArrays.open(Path("data/nih128")))        # or of_labels(layout)
collection.facts["contrast"]        # one row a film, None where there are no films
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.arrays import XrayArrays
from xrays.dealing import dealt_evenly
from xrays.errors import UserError
from xrays.folds import make_plan
from xrays.label_values import Labels, labelled
from xrays.labels import LABELS
from xrays.layout import Layout
from xrays.next_command import command
from xrays.tasks import TASKS, Task

FOLDS = 5  # of what an audit cross-validates


@dataclass(frozen=True)
class Collection:
    """N films. arrays: labels, ids and groups of all; of labels alone its films have no pixels. words: what is typed
    after `prepare` to have them. rejected, left_out: see xrays/layout.py. facts: see XrayArrays.facts; None for
    labels alone."""

    arrays: XrayArrays
    words: tuple[str, ...]
    rejected: pd.DataFrame
    left_out: pd.DataFrame
    facts: pd.DataFrame | None = None

    @property
    def name(self) -> str:
        """Of the folder."""
        return self.arrays.name

    @property
    def ids(self) -> NDArray[np.int64]:
        """(N,) ascending."""
        return self.arrays.ids

    @property
    def groups(self) -> NDArray[np.str_]:
        """(N,) one patient each."""
        return self.arrays.groups

    @property
    def labels(self) -> Labels:
        """Name -> (N,) float32, NaN where unknown."""
        return self.arrays.labels

    @property
    def images(self) -> NDArray[np.uint8] | None:
        """(N, S, S, 1) inverted; None for labels alone."""
        return self.arrays.images if self.facts is not None else None

    @cached_property
    def folds(self) -> NDArray[np.int8]:
        """(N,) number of each film's fold, for the audit alone: films of one patient in one, as even as those of a
        search."""
        start = np.where(labelled(self.labels, len(self.ids)), 0, -2).astype(np.int8)
        return dealt_evenly(self.groups, self.labels, start, folds=FOLDS, seed=0)

    @cached_property
    def plan(self) -> NDArray[np.int8] | None:
        """(1, N) folds and hold-out as a search makes them, see xrays/assignment.py; None where it cannot."""
        try:
            return make_plan(self.arrays, folds=FOLDS).assignment
        except UserError:
            return None

    @property
    def tasks(self) -> list[Task]:
        """Those that some film has the label of."""
        return [task for task in TASKS.values() if np.isfinite(self.values(task)).any()]

    def values(self, task: Task) -> NDArray[np.float64]:
        """(N,) the task's label, NaN where unknown."""
        given = self.labels.get(task.label.name)
        return np.full(len(self.ids), np.nan) if given is None else np.asarray(given, np.float64)

    def prepare_again(self, **options: object) -> str:
        """The command that prepares these films once more, beside, with the same options but these."""
        path, meta = self.arrays.path, self.arrays.meta
        beside = path.with_name(f"{path.name}-2") if self.images is not None else None
        recipe = meta.get("preprocessing", {})
        same = {
            "polarity": recipe.get("polarity") if recipe.get("polarity") != "keep" else None,
            "keep_borders": recipe.get("borders") == "keep",
            "clahe": recipe.get("clahe"),
        }
        return command("prepare", *self.words, size=meta.get("size"), out=beside, **{**same, **options})

    def caption(self, row: int) -> str:
        """`film 17, 61 years, male`."""
        known = []
        for label in (LABELS[name] for name in self.labels):
            value = float(self.labels[label.name][row])
            if np.isfinite(value):
                number = f"{value:g} {label.unit}".strip()
                known.append(label.class_names[int(value)] if label.kind == "binary" else number)
        return ", ".join([f"film {self.ids[row]}", *known])


def of_arrays(arrays: XrayArrays) -> Collection:
    """Prepared films. Raises UserError for a damaged folder."""
    return Collection(arrays, tuple(arrays.meta["words"]), arrays.rejected(), arrays.left_out(), arrays.facts())


def of_labels(layout: Layout) -> Collection:
    """Labels alone, of films that nobody has here."""
    pixels = np.zeros((len(layout.ids), 0, 0, 1), np.uint8)
    meta = {"films": "", "synthetic": layout.synthetic}
    arrays = XrayArrays(layout.place, pixels, layout.labels, layout.ids, layout.groups, meta, layout.columns)
    return Collection(arrays, layout.words, layout.rejected, layout.left_out)
