"""What must be known before any result of a group is read: that it is a stress test, for how many films patients are
known, and backbones that are fed wrongly.

markup = join([stress_test(group.splits), patients_unknown(group.films.groups), alarms(group.frame)])
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.cells import weights_name
from reports._drawing.html import Html, join, text
from reports._drawing.metrics import Metric, objective_of
from reports._drawing.words import sentence_case
from reports._evidence.probes import weak_probes
from reports._evidence.rows import task_of
from xrays.patients import patients_said
from xrays.splits import Splits, stress_words


def patients_unknown(groups: NDArray[np.str_]) -> Html:
    """For how many films (n,) patients are known, and what that does to the scores; empty where for all."""
    said = patients_said(groups)
    if said is None:
        return Html("")
    return Html(
        f'<p class="banner" role="note"><strong>Patients.</strong> {sentence_case(text(said, 2000))}. If several '
        "of these are of one patient, scores are too good and intervals too narrow.</p>"
    )


def stress_test(splits: Splits) -> Html:
    """That scores are of folds which are unlike each other on purpose; empty where they are not."""
    if not splits.stress:
        return Html("")
    words = sentence_case(text(stress_words(splits), 2000))
    return Html(
        f'<p class="banner" role="note"><strong>Stress test.</strong> {words}. The hold-out, '
        "where there is one, is that of ordinary folds.</p>"
    )


def alarms(frame: pd.DataFrame) -> Html:
    """A warning for each; empty when there is none."""
    weak = weak_probes(frame)
    return join(_alarm(objective_of(task_of(frame)), row) for row in weak.to_dict("records"))


def _alarm(metric: Metric, row: Mapping[Hashable, float | str]) -> Html:
    probe, constant = (metric.with_unit(metric.value(float(row[which]))) for which in ("probe", "constant"))
    label = metric.within_a_sentence
    return Html(
        f'<p class="banner" role="note"><strong>Weak features.</strong> The frozen features of '
        f"{text(row['backbone'], 60)} ({text(weights_name(str(row['weights'])), 80)}) do not beat the constant "
        f"predictor (probe {label} {text(probe)}, constant {text(constant)}): the weights may expect "
        "other pixels.</p>"
    )
