"""What a run remembers of the data: labels, patients and folds of its films, without their pixels.

store.films().labels["age"]                   # (N,) float32, NaN where a film has none
store.films().targets(TASKS["age"])           # the same of a task
store.films().development()                   # (N,) the films in any fold
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from xrays.assignment import in_folds, in_hold_out
from xrays.label_values import Labels, coded, decoded, targets_of
from xrays.tasks import Task


@dataclass(frozen=True)
class Films:
    """All that a report needs of the data. N films: ids (N,) int64; groups (N,) str; labels name -> (N,) float32, NaN
    where unknown; assignment (R, N) int8, see xrays/assignment.py."""

    ids: NDArray[np.int64]
    groups: NDArray[np.str_]
    labels: Labels
    assignment: NDArray[np.int8]

    def targets(self, task: Task) -> NDArray[np.float32]:
        """(N,) labels of the task, NaN where a film has none."""
        return targets_of(task, self.labels, len(self.ids))

    def scored(self, task: Task) -> NDArray[np.bool_]:
        """(R, N) which predictions of a trial are scored: in each repeat, of the films in a fold that have the
        label. What counts these counts a film R times."""
        return np.asarray((self.assignment >= 0) & np.isfinite(self.targets(task)))

    def development(self) -> NDArray[np.bool_]:
        """(N,) films in any fold."""
        return in_folds(self.assignment)

    def hold_out(self) -> NDArray[np.bool_]:
        """(N,) films that only `export` looks at."""
        return in_hold_out(self.assignment)

    def hold_out_fingerprint(self) -> str:
        """Of the films in the hold-out: equal for runs whose hold-outs are the same, whatever their folds and sizes
        are."""
        held = self.hold_out()
        parts = (self.ids[held], self.groups[held], *(values[held] for values in coded(self.labels).values()))
        return hashlib.sha256(b"".join(np.ascontiguousarray(part).tobytes() for part in parts)).hexdigest()[:16]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """What plan.npz holds, by name."""
        return {"ids": self.ids, "groups": self.groups, **coded(self.labels), "assignment": self.assignment}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Of what `to_arrays` has made. Raises KeyError for what it has not."""
        return cls(arrays["ids"], arrays["groups"], decoded(arrays), arrays["assignment"])
