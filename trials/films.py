"""What a run remembers of the data: labels, patients and folds of its films, without their pixels.

store.films().labels(TASKS["age"])          # (N,) float32, NaN where a film has none
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrays.arrays import as_targets
from xrays.tasks import Task


@dataclass(frozen=True)
class Films:
    """All that a report needs of the data. N films: ids (N,) int64, groups (N,) str, age (N,) years or NaN,
    gender (N,) 0/1 or -1, assignment (repeats, N): -2 unused, -1 hold-out, 0…k-1 fold."""

    ids: NDArray[np.int64]
    groups: NDArray[np.str_]
    age: NDArray[np.float32]
    gender: NDArray[np.int8]
    assignment: NDArray[np.int8]

    def labels(self, task: Task) -> NDArray[np.float32]:
        """(N,) labels of the task as float32, NaN where a film has none."""
        return as_targets(getattr(self, task.label))

    def hold_out(self) -> str:
        """Fingerprint of the films in the hold-out: equal for runs whose hold-outs are the same, whatever their
        folds and sizes are."""
        held = self.assignment[0] == -1
        parts = (self.ids[held], self.groups[held], self.age[held], self.gender[held])
        return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()[:16]
