"""What an export compared on the hold-out: one network, those of the folds, several trials together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.html import Html, Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import MISSING, count, is_missing, milliseconds
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._section import Section
from xrays.statistics.conformal import LEVEL

SECTION = Section(
    order=14,
    title="Ways to a model",
    note="What a search has found can become a model in several ways: one network that is trained on all films of "
    "the folds (refit), the mean of the networks of the folds, or several trials together, chosen greedily or the "
    "best ones. All of a table are scored on the same films of the hold-out, at the same opening; the difference is "
    "to the exported one, its 95 % interval from patients drawn again. Cross-validation of an ensemble is on "
    "patients that played no part in choosing it. Whoever chooses among these by the hold-out has no unbiased score "
    "left. Size and milliseconds are sums over networks, on the machine that exported.",
)
NUMBERS = ["cross_validation", "score", "low", "high", "difference", "difference_low", "difference_high"]
COLUMNS = [
    "task",
    "run",
    "way",
    "exported",
    *NUMBERS,
    "networks",
    "parameters",
    "megabytes",
    "ms_per_film",
    "promise",
]


def data(group: Group) -> pd.DataFrame:
    """One row a way, of the latest opening of every run that has compared any: the exported one first. score, low,
    high: on the hold-out; promise: what came of intervals or probabilities there, of the exported one."""
    rows = [row for run in group.runs for row in _rows(run.path.name, run.openings())]
    task = group.task.name
    table = pd.DataFrame([{"task": task, **row} for row in rows], columns=COLUMNS)
    return table.astype(dict.fromkeys(NUMBERS, float))


def _rows(run: str, openings: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    compared = [opening for opening in openings if len(opening.get("ways", ())) > 1]
    for opening in compared[-1:]:
        for place, way in enumerate(opening["ways"]):
            low, high = way["interval"] or (math.nan, math.nan)
            less, more = way["difference_interval"] or (math.nan, math.nan)
            yield {
                "run": run,
                "exported": place == 0,
                "score": _objective(opening, way),
                "low": low,
                "high": high,
                "difference_low": less,
                "difference_high": more,
                "megabytes": way["bytes"] / 1e6,
                "promise": _promise(opening) if place == 0 else "",
                **{name: way[name] for name in ("way", "cross_validation", "difference")},
                **{name: way[name] for name in ("networks", "parameters", "ms_per_film")},
            }


def _objective(opening: Mapping[str, Any], way: Mapping[str, Any]) -> float:
    """The first metric of the task's is its objective."""
    return float(way["metrics"][next(iter(opening["metrics"]))])


def _promise(opening: Mapping[str, Any]) -> str:
    if "coverage" in opening:
        low, high = opening["coverage_interval"] or (math.nan, math.nan)
        ends = "" if is_missing(low) else f" ({100 * low:.0f} to {100 * high:.0f})"
        within = f"are within their {100 * LEVEL:.0f} % intervals"
        return f"{100 * opening['coverage']:.0f} %{ends} of the hold-out's films {within}"
    if "calibration_error" in opening:
        low, high = opening["calibration_error_interval"] or (math.nan, math.nan)
        ends = "" if is_missing(low) else f" ({100 * low:.1f} to {100 * high:.1f})"
        return f"its probabilities are off by {100 * opening['calibration_error']:.1f}{ends} percentage points"
    return ""


def show(table: pd.DataFrame) -> list[Panel]:
    """A table a run."""
    panels: list[Panel] = []
    for run, rows in table.groupby("run", sort=False):
        panels.append(_table(rows, str(run) if table["run"].nunique() > 1 else ""))
        if said := next((promise for promise in rows["promise"] if promise), ""):
            panels.append(Html(f"<p>Of the exported one, {text(said)}.</p>"))
    return panels


def _table(table: pd.DataFrame, run: str) -> Html:
    metric = objective_of(task_of(table))
    rows = [
        [
            Html(f"<b>{text(row['way'])}</b>" if row["exported"] else text(row["way"])),
            Number(metric.value(row["cross_validation"])),
            Number(metric.within(row["score"], row["low"], row["high"])),
            Number(
                "exported"
                if row["exported"]
                else metric.signed_within(row["difference"], row["difference_low"], row["difference_high"])
            ),
            Number(count(row["networks"])),
            Number(count(row["parameters"])),
            Number(MISSING if is_missing(row["megabytes"]) else f"{row['megabytes']:.1f}"),
            Number(milliseconds(row["ms_per_film"])),
        ]
        for row in table.to_dict("records")
    ]
    head = ["Way", f"Cross-validation, {metric.heading}", "Hold-out", "Difference", "Networks", "Parameters", "MB"]
    return html_table(f"Ways to a model{f', {run}' if run else ''}", [*head, "ms a film"], rows)
