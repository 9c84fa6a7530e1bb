"""Fewer dots than trials: a browser draws every dot anew when the window changes, and ten thousand are slow.

drawn = sample_rows(table, task)            # the best third of what may be drawn, and an even choice of the others
return [figure, *sampling_note(len(drawn), len(table))]
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from reports._drawing.html import Html
from reports._drawing.numbers import count
from xrays.tasks import Task

DRAWN = 600


def sample_rows(table: pd.DataFrame, task: Task, limit: int = DRAWN) -> pd.DataFrame:
    """At most `limit` rows in their old order. table: with a column `score`; rows without a score go first."""
    if len(table) <= limit:
        return table
    loss = (table["score"].astype(float) * task.loss(1.0)).to_numpy()
    order = np.argsort(loss, kind="stable")  # NaN last
    best, others = order[: limit // 3], np.sort(order[limit // 3 :])
    even = others[np.linspace(0, len(others) - 1, limit - len(best)).round().astype(int)]
    return table.iloc[np.sort(np.concatenate([best, even]))]


def sample_trials(trials: pd.DataFrame, task: Task, limit: int) -> pd.DataFrame:
    """At most `limit` trials, no more than half of them stopped ones: those say less."""
    complete = sample_rows(trials[trials["state"] == "complete"], task, limit)
    stopped = sample_rows(trials[trials["state"] != "complete"], task, max(limit // 2, limit - len(complete)))
    complete = sample_rows(complete, task, limit - len(stopped))
    return trials.loc[sorted([*complete.index, *stopped.index])]


def sampling_note(drawn: int, total: int) -> list[Html]:
    """What the reader has to know where something is left out; else nothing."""
    if drawn >= total:
        return []
    return [
        Html(
            f"<p class='note'>So that the page stays quick, {count(drawn)} of {count(total)} trials are drawn: "
            "the best, and an even choice of the others.</p>"
        )
    ]
