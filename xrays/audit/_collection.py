"""What an audit looks at: prepared films with all that was noted of them, or labels alone.

collection = of_arrays(XrayArrays.open(Path("data/nih128")))
collection.facts["contrast"]        # one row a film, None where there are no films
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrays.dealing import dealt_evenly
from xrays.label_values import Labels, labelled
from xrays.labels import LABELS
from xrays.next_command import command
from xrays.tasks import TASKS, Task

FOLDS = 5  # of what an audit cross-validates


@dataclass(frozen=True)
class Collection:
    """N films. name: for people. path: the prepared folder, or the one that the labels lie in. words: what is typed
    after `prepare` to have them. ids: (N,) int64, ascending; labels: see xrays/labels.py; groups: (N,) str, one
    patient each; rejected: see xrays/layout.py. images: (N, S, S, 1) uint8, inverted; facts: see
    xrays/pixels/facts.py; both None for labels alone. columns: name -> (N,) str, what else is known of films.
    meta: what meta.json holds."""

    name: str
    path: Path
    words: tuple[str, ...]
    ids: NDArray[np.int64]
    labels: Labels
    groups: NDArray[np.str_]
    rejected: pd.DataFrame
    images: NDArray[np.uint8] | None = None
    facts: pd.DataFrame | None = None
    columns: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)
    meta: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def folds(self) -> NDArray[np.int8]:
        """(N,) number of each film's fold, for the audit alone: films of one patient in one, as even as those of a
        search."""
        start = np.where(labelled(self.labels, len(self.ids)), 0, -2).astype(np.int8)
        return dealt_evenly(self.groups, self.labels, start, folds=FOLDS, seed=0)

    @property
    def tasks(self) -> list[Task]:
        """Those that some film has the label of."""
        return [task for task in TASKS.values() if np.isfinite(self.values(task)).any()]

    def values(self, task: Task) -> NDArray[np.float64]:
        """(N,) the task's label, NaN where unknown."""
        given = self.labels.get(task.label.name)
        return np.full(len(self.ids), np.nan) if given is None else np.asarray(given, np.float64)

    def prepare_again(self, *words: str, **options: object) -> str:
        """The command that prepares these films once more, beside."""
        beside = self.path.with_name(f"{self.path.name}-2") if self.images is not None else None
        return command("prepare", *self.words, *words, size=self.meta.get("size"), out=beside, **options)

    def caption(self, row: int) -> str:
        """`film 17, 61 years, male`."""
        known = []
        for label in (LABELS[name] for name in self.labels):
            value = float(self.labels[label.name][row])
            if np.isfinite(value):
                number = f"{value:g} {label.unit}".strip()
                known.append(label.class_names[int(value)] if label.kind == "binary" else number)
        return ", ".join([f"film {self.ids[row]}", *known])
