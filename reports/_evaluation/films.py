"""Films from elsewhere beside those that a model was trained on: which it has seen, and which look unlike them.

flow_rows(evaluated)            # films in the folder, what was left out and why, what is scored
picture_rows(evaluated)         # property by property, the share outside of the training films' range
seen_rows(evaluated)            # scores of new films and of films that the model has seen
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from reports._drawing.figures import Panel
from reports._drawing.html import Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import metric_of
from reports._drawing.numbers import MISSING, count
from reports._drawing.words import sentence_case
from reports._evidence.rows import task_of
from trials.evaluated import Evaluated
from trials.lineage import MET
from xrays.patients import FEW, whose
from xrays.statistics.bootstrap import interval, means, resamples, share_interval
from xrays.tasks import Task

SCORE = {"regression": "mae", "binary": "accuracy"}
PICTURES = ["task", "property", "from", "to", "median", "share", "low", "high", "score", "score_low", "score_high"]
SEEN = ["task", "what", "films", "whose", "score", "low", "high"]
ANY = "any of them"


def flow_rows(evaluated: Evaluated) -> pd.DataFrame:
    """what, films: from the folder to those that are scored."""
    left_out = {f"left out: {MET[reason]}": films for reason, films in evaluated.left_out.items()}
    rows = {
        "in the prepared folder": evaluated.films,
        f"without {evaluated.task.label.name}": evaluated.unlabelled,
        **left_out,
        "without an answer": evaluated.unanswered,
        "scored": len(evaluated.ids),
    }
    ends = ("in the prepared folder", "scored")
    return pd.DataFrame(
        [(what, films) for what, films in rows.items() if films or what in ends], columns=["what", "films"]
    )


def show_flow(table: pd.DataFrame) -> list[Panel]:
    """As it is."""
    rows = [[text(sentence_case(row["what"])), Number(count(row["films"]))] for row in table.to_dict("records")]
    return [html_table("Films", ["Films", "How many"], rows)]


def picture_rows(evaluated: Evaluated) -> pd.DataFrame:
    """A row a property, and one of all; from, to: where the training films lie; median: of these films; share, low,
    high: outside of it; score and its ends: of the films outside, with fewer than FEW patients NaN."""
    outside, nan = evaluated.outside, float("nan")
    if not outside:
        return pd.DataFrame(columns=PICTURES)
    outside[ANY] = np.any(list(outside.values()), axis=0)
    rows = []
    for name, which in outside.items():
        low, high = evaluated.usual.get(name, (nan, nan))
        median = float(np.median(evaluated.properties[name])) if name in evaluated.properties else nan
        every = np.ones((len(which), 1), np.bool_)
        drawn = means(which.astype(np.float64), every, resamples(evaluated.groups))[:, 0]
        ends = share_interval(float(which.mean()), drawn, len(np.unique(evaluated.groups)))
        rows.append(
            (evaluated.task.name, name, low, high, median, float(which.mean()), *ends, *_score(evaluated, which))
        )
    return pd.DataFrame(rows, columns=PICTURES)


def show_pictures(table: pd.DataFrame) -> list[Panel]:
    """A row a property."""
    task = task_of(table)
    share, metric = metric_of(task, "outside"), metric_of(task, SCORE[task.kind])
    rows = [
        [
            text(sentence_case(str(row["property"]))),
            Number(text(_range(row))),
            Number(text(_number(row["median"]))),
            Number(text(share.within(row["share"], row["low"], row["high"]))),
            Number(text(metric.within(row["score"], row["score_low"], row["score_high"]))),
        ]
        for row in table.to_dict("records")
    ]
    head = ["Property", "Training films", "Median here", share.heading, f"{metric.heading}, of those outside"]
    return [html_table("Pictures", head, rows)]


def seen_rows(evaluated: Evaluated) -> pd.DataFrame:
    """A row for what is new to the model, and one for each reason why a film is not; none where all are new."""
    if (evaluated.known == "").all():
        return pd.DataFrame(columns=SEEN)
    rows = []
    for reason in ("", *MET):
        if (which := evaluated.known == reason).any():
            of = str(whose(evaluated.groups[which]))
            what = MET[reason] if reason else "new to the model"
            rows.append((evaluated.task.name, what, int(which.sum()), of, *_score(evaluated, which)))
    return pd.DataFrame(rows, columns=SEEN)


def show_seen(table: pd.DataFrame) -> list[Panel]:
    """As it is."""
    metric = metric_of(task_of(table), SCORE[task_of(table).kind])
    rows = [
        [
            text(sentence_case(row["what"])),
            text(row["whose"]),
            Number(text(metric.within(row["score"], row["low"], row["high"]))),
        ]
        for row in table.to_dict("records")
    ]
    return [html_table("Films that the model has seen, and others", ["To the model", "Films", metric.heading], rows)]


def film_scores(task: Task, truth: NDArray[np.float64], answers: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n,) whose mean is the score: absolute errors, or whether the class is right."""
    if task.kind == "regression":
        return np.abs(answers - truth)
    return np.asarray((answers >= 0.5) == (truth == 1), np.float64)


def _score(evaluated: Evaluated, which: NDArray[np.bool_]) -> tuple[float, float, float]:
    nan = float("nan")
    patients = len(np.unique(evaluated.groups[which]))
    if patients < FEW:
        return nan, nan, nan
    values = film_scores(evaluated.task, evaluated.truth, evaluated.answers)
    drawn = means(values, which[:, None], resamples(evaluated.groups))[:, 0]
    value = float(values[which].mean())
    share = evaluated.task.kind == "binary"
    return value, *(share_interval(value, drawn, patients) if share else interval(drawn))


def _range(row: Mapping[Hashable, Any]) -> str:
    return MISSING if np.isnan(row["from"]) else f"{_number(row['from'])} to {_number(row['to'])}"


def _number(value: float) -> str:
    return MISSING if np.isnan(value) else f"{value:.3g}"
