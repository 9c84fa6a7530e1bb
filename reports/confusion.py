"""Which class is taken for which: the confusion matrix of the best trial."""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.html import Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.numbers import count
from reports._drawing.quality import AS_ABOVE
from reports._drawing.words import sentence_case, words
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._evidence.winner import Judged, winner
from reports._section import Section
from xrays.statistics.bootstrap import means, resamples, share_interval

SECTION = Section(
    order=25,
    title="Confusion matrix",
    kinds=("binary",),
    note="A row is what the film is, a column what the best trial calls it ({positive} from a probability of 0.5 "
    "on): how many films, and their share of the row in % with its 95 % interval over patients. " + AS_ABOVE,
)
COLUMNS = ["task", "true", "called", "films", "share", "low", "high"]


def data(group: Group | Judged) -> pd.DataFrame:
    """Four rows: true and called class (0 or 1), films (the mean of the repeats), their share of the true class; NaN
    for a class without films."""
    predictions = winner(group)
    if predictions is None:
        return pd.DataFrame(columns=COLUMNS)
    called = predictions.predicted >= 0.5
    members = predictions.truth[:, None] == np.array([0, 1])
    every, weights = np.ones((1, len(called))), resamples(predictions.groups)
    repeats = len(np.unique(predictions.repeat))
    rows = []
    for answer in (0, 1):
        values = (called == answer).astype(np.float64)
        shares, drawn = means(values, members, every)[0], means(values, members, weights)
        for true in (0, 1):
            patients = len(np.unique(predictions.groups[members[:, true]]))
            share = float(shares[true])
            ends = share_interval(share, drawn[:, true], patients)
            rows.append((group.task.name, true, answer, values[members[:, true]].sum() / repeats, share, *ends))
    return pd.DataFrame(sorted(rows), columns=COLUMNS)


def show(table: pd.DataFrame) -> list[Panel]:
    """The matrix: films and their share of the row in %."""
    task = task_of(table)
    share, names = metric_of(task, "sensitivity"), task.class_names
    cells = {(row["true"], row["called"]): row for row in table.to_dict("records")}
    rows = []
    for true, name in enumerate(names):
        of_class = [cells[true, called] for called in range(len(names))]
        shown = [
            f"{_films(cell['films'])}: {share.within(cell['share'], cell['low'], cell['high'])}" for cell in of_class
        ]
        rows.append([text(sentence_case(name)), *(Number(text(each)) for each in shown)])
    return [
        html_table(
            "Confusion matrix", [f"True {words(task)['label']}", *(f"Called {name}, %" for name in names)], rows
        )
    ]


def _films(mean: float) -> str:
    """What networks of several repeats call differently is no whole number."""
    return count(int(mean)) if float(mean).is_integer() else f"{mean:,.1f}"
