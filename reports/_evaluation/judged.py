"""Answers about films from elsewhere as the sections of a report take them: by film, and by patient.

by_film(evaluated)              # Judged
by_patient(evaluated)           # the same, one answer for all films of a patient; None where all have one
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from reports._evidence.winner import Judged, Predictions
from trials.evaluated import Evaluated
from xrays.label_values import Labels
from xrays.labels import LABELS
from xrays.statistics.by_patient import labels_together, together


def by_film(evaluated: Evaluated) -> Judged:
    """All of them."""
    return _judged(evaluated, evaluated.groups, evaluated.truth, evaluated.answers, evaluated.labels)


def by_patient(evaluated: Evaluated) -> Judged | None:
    """Without other labels, which films of a patient need not share."""
    groups, kind = evaluated.groups, evaluated.task.kind
    patients = np.unique(groups)
    if len(patients) == len(groups):
        return None
    truth, answers = labels_together(evaluated.truth, groups, kind), together(evaluated.answers, groups, kind)
    return _judged(evaluated, patients, truth, answers, {})


def _judged(
    evaluated: Evaluated,
    groups: NDArray[np.str_],
    truth: NDArray[np.float64],
    answers: NDArray[np.float64],
    labels: Labels,
) -> Judged:
    nothing = np.zeros(len(truth), np.intp)  # one fold, one repeat
    known = {} if evaluated.constant is None else {"constant": np.full(len(truth), evaluated.constant)}
    predictions = Predictions(
        evaluated.model,
        np.arange(len(truth)),
        groups,
        truth,
        answers,
        nothing.astype(np.int8),
        nothing,
        labels,
        known,
    )
    return Judged(evaluated.task, [label for name, label in LABELS.items() if name in labels], predictions)
