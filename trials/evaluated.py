"""An exported model's answers about films from elsewhere, and all that is known of these: what a page about them is
made from.

    evaluated.truth, evaluated.answers, evaluated.groups
    evaluated.left_out                  # {"trained": 640, "patient": 12}
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from xrays.label_values import Labels, at_rows
from xrays.statistics.bootstrap import Interval
from xrays.statistics.conformal import Around
from xrays.statistics.metrics import score
from xrays.statistics.recalibration import Step
from xrays.tasks import Task


@dataclass(frozen=True)
class Recalibrated:
    """The same model put right on some of the films. file: its name; local: (n,) the films that it was fitted on;
    answers: (n,) afterwards; around, around_patient: its intervals, None where it promises none; what: is done to an
    answer, in words."""

    file: str
    local: NDArray[np.bool_]
    answers: NDArray[np.float64]
    around: Around | None
    around_patient: Around | None
    what: str


@dataclass(frozen=True)
class Evaluated:
    """n films with the task's label and an answer. model, digest: name and SHA-256 of the `.h5`; data, pixels: name
    of the prepared folder, and the fingerprint of its films. films: that lie in it; unlabelled: those of them without
    the label, unanswered: those with it about which the model said no number; left_out: what else is not among the n,
    by reason; known: (n,) why a film is not new to the model, "" where it is; unknown: names of what does not tell
    which films it has seen. ids, groups, answers: (n,); labels: name -> (n,). constant: what whoever knows the
    training labels alone would say, None where the card does not tell; around, around_patient: intervals that the
    card promises; usual: property -> between which the training films lie; properties: the same of these films, (n,).
    before: scores in the task's objective that the card has, by name, with their intervals. openings: how often these
    films were looked at for the task, this time included; looked_at: how many of them at another time, among others.
    steps: what so many of these films would be good for, where that was asked; recalibrated: what came of some."""

    task: Task
    model: str
    digest: str
    data: str
    pixels: str
    synthetic: bool
    films: int
    unlabelled: int
    unanswered: int
    left_out: Mapping[str, int]
    known: NDArray[np.str_]
    unknown: tuple[str, ...]
    ids: NDArray[np.int64]
    groups: NDArray[np.str_]
    answers: NDArray[np.float64]
    labels: Labels
    constant: float | None
    around: Around | None
    around_patient: Around | None
    usual: Mapping[str, tuple[float, float]]
    properties: Mapping[str, NDArray[np.float64]]
    before: Mapping[str, tuple[float, Interval]]
    openings: int
    looked_at: int
    steps: Sequence[Step] = ()
    recalibrated: Recalibrated | None = None

    def rest(self, done: Recalibrated) -> tuple[Evaluated, Evaluated]:
        """Before and after, on the films that it was not recalibrated on."""
        which = ~done.local
        before = replace(
            self,
            known=self.known[which],
            ids=self.ids[which],
            groups=self.groups[which],
            answers=self.answers[which],
            labels=at_rows(self.labels, which),
            properties={name: values[which] for name, values in self.properties.items()},
            steps=(),
            recalibrated=None,
        )
        after = replace(before, answers=done.answers[which], around=done.around, around_patient=done.around_patient)
        return before, after

    @property
    def truth(self) -> NDArray[np.float64]:
        """(n,) the task's label."""
        return np.asarray(self.labels[self.task.label.name], np.float64)

    @property
    def beaten(self) -> bool:
        """Whether whoever knows the training labels alone is as good as the model."""
        if self.constant is None:
            return False
        constant = np.full(len(self.ids), self.constant)
        own, other = (score(self.task, self.truth, said)[self.task.objective] for said in (self.answers, constant))
        return not self.task.better(own, other)

    @property
    def outside(self) -> dict[str, NDArray[np.bool_]]:
        """Property -> (n,) films that lie outside of the range of the training films."""
        return {
            name: (self.properties[name] < low) | (self.properties[name] > high)
            for name, (low, high) in self.usual.items()
        }

    @property
    def independent(self) -> bool | None:
        """Whether all films are new to the model; None where nobody knows."""
        if (self.known != "").any():
            return False
        return None if self.unknown else True
