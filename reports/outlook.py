"""What another hour of a search would be expected to bring, by what it has brought so far."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np
import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.html import Html, Long, Number, join, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import MISSING, clock_time, count, is_missing
from reports._drawing.outlook import forecast, judged
from reports._evidence.groups import Group
from reports._evidence.late import late
from reports._evidence.rows import short_names, task_of
from reports._section import Section
from trials.best import is_complete
from trials.outlook import COMPLETE, TRIALS, outlook_of

SECTION = Section(
    order=41,
    title="What another hour would bring",
    note="By how much the best trial would get better, on patients who have not chosen it. The trials so far are "
    "taken as draws in any order: what the best of them all has gained over the best of a part of them is what "
    "as many times more trials are expected to gain again (the unbiased estimate of Tang et al. 2020, carried "
    "on with the logarithm of the number of trials). The choice is repeated on resampled patients and judged by "
    "those who were not drawn, so that luck counts for nothing; 95 % of such hours would end within the "
    "interval, with other patients and other trials. How likely a better score is, be it luck or not, is "
    "another matter: the share of the further trials among all. Errors have a least one, and a race stops "
    "trials for being behind others, so all this is rather too much than too little, but for a sampler that is "
    f"still learning. It is told of as much again as there was at most, and of no search with fewer than {TRIALS} "
    f"trials or {COMPLETE} complete ones.",
    empty="No trial is complete yet.",
)
COLUMNS = [
    "task", "run", "trials", "complete", "more", "seconds", "gain", "low", "high", "chance", "verdict", "finished",
    "early", "best",
]  # fmt: skip


def data(group: Group) -> pd.DataFrame:
    """One row a run with a complete trial. trials, complete: draws so far; more, seconds: trials and time by the
    clock that are looked ahead; gain, low, high: by how much less loss the best then has, NaN where that cannot be
    told; chance: of a better score. Of the run of the best trial (reports/_evidence/late.py, "" and NaN for others)
    verdict: what its last quarter has brought; finished: trials; early, best: scores."""
    known, found, rows = set(group.rows.loc[is_complete(group.rows), "run"]), late(group), []
    for run in (run for run in group.runs if run.path.name in known):
        ahead = outlook_of(run)
        told = (ahead.gain.mean, *ahead.gain.interval, ahead.gain.chance) if ahead.gain else (np.nan,) * 4
        judgement = ("", 0, np.nan, np.nan)
        if found is not None and found.run == run.path.name:
            judgement = (found.verdict, found.trials, found.early, found.best)
        counted = (ahead.trials, ahead.complete, ahead.more, ahead.seconds)
        rows.append((group.task.name, run.path.name, *counted, *told, *judgement))
    return pd.DataFrame(rows, columns=COLUMNS)


def show(table: pd.DataFrame) -> list[Panel]:
    """What is said of each run, and the numbers."""
    names = short_names(list(table["run"]))
    said = []
    for row in table.to_dict("records"):
        own = " ".join(filter(None, (judged(row), forecast(row) or _unknown(row))))
        whose = f"{names[row['run']]}: " if len(names) > 1 else ""
        said.append(f"<p>{text(whose + own, 600)}</p>")
    return [Html(join(said)), *([_table(table, names)] if table["gain"].notna().any() else [])]


def _unknown(row: Mapping[Hashable, Any]) -> str:
    why = f"it takes {TRIALS} trials, {COMPLETE} of them complete"
    if row["trials"] >= TRIALS and row["complete"] >= COMPLETE:
        why = "their predictions are gone" if row["more"] else "how long they took is on no record"
    return f"What more would bring is not known from {row['trials']} trials, {row['complete']} complete: {why}."


def _table(table: pd.DataFrame, names: dict[str, str]) -> Html:
    metric = objective_of(task_of(table))
    rows = [
        [
            Long(text(names[row["run"]])),
            Number(f"{count(row['trials'])}, {count(row['complete'])} complete"),
            Number(f"{count(row['more'])} in {clock_time(row['seconds'])}"),
            Number(metric.within(row["gain"], row["low"], row["high"])),
            Number(MISSING if is_missing(row["chance"]) else f"{row['chance'] * 100:.0f} %"),
        ]
        for row in table.to_dict("records")
    ]
    unit = f", {metric.difference_unit}" if metric.difference_unit else ""
    head = [
        "Run",
        "Trials so far",
        "Further ones",
        f"Gain in {metric.label} (95 %){unit}",
        "A better score, be it luck",
    ]
    return html_table("What as much again, or another hour, would be expected to bring", head, rows)
