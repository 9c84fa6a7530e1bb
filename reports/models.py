"""What an export compared on the hold-out: one network, those of the folds, several trials together."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.html import Html, Number, join, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import MISSING, count, is_missing, milliseconds
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._evidence.ways import latest_of_each
from reports._section import Section
from trials.commands import command_for
from trials.store import RunStore
from xrays.statistics.conformal import LEVEL
from xrays.tasks import Task

UNKNOWN = (math.nan, math.nan)

SECTION = Section(
    order=14,
    title="Ways to a model",
    note="What a search has found can become a model in several ways: one network that is trained on all films of "
    "the folds (refit), the mean of the networks of the folds, or several trials together, chosen greedily or the "
    "best ones. All of a table are scored on the same films of the hold-out; of a way that was scored at several "
    "openings the last at which it was exported counts, or else the last. The difference is to what was exported "
    "last, its 95 % interval from patients drawn again, of two that were scored at one opening. Cross-validation of "
    "an ensemble is on patients that played no part in choosing it; one trial's is that of the best of many, which "
    "is optimistic. Whoever chooses among these by the hold-out has no unbiased score left. Size "
    "and milliseconds are sums over networks, on the machine that exported.",
)
NUMBERS = [
    "cross_validation",
    "cross_validation_low",
    "cross_validation_high",
    "score",
    "low",
    "high",
    "difference",
    "difference_low",
    "difference_high",
]
SAYS_NOTHING = {"promise": "", "left_out": "", "command": ""}
COLUMNS = [
    "task",
    "run",
    "way",
    "exported",
    "opening",
    "opened",
    *NUMBERS,
    "networks",
    "parameters",
    "megabytes",
    "ms_per_film",
    *SAYS_NOTHING,
]


def data(group: Group) -> pd.DataFrame:
    """One row a way of every run, what was exported last first. exported: whether it ever was; opening: which one of
    the hold-out's its numbers are from; opened: how often that was opened in all; score, low, high: on the hold-out;
    promise: what came of intervals or probabilities there, of an exported one; left_out: why a way could not be
    compared, without numbers then; command: what to type to have it."""
    rows = [
        {"task": group.task.name, "run": run.path.name, "opened": group.opened, **SAYS_NOTHING, **row}
        for run in group.runs
        for row in _rows(run, group.task)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype(dict.fromkeys(NUMBERS, float))


def _rows(run: RunStore, task: Task) -> Iterator[dict[str, Any]]:
    scored = latest_of_each(run.openings(), task.objective)
    for one in scored:
        way = one.way
        of_folds = way.get("cross_validation_interval") or UNKNOWN
        low, high = way["interval"] or UNKNOWN
        less, more = one.difference_interval or UNKNOWN
        yield {
            "way": one.name,
            "exported": one.exported,
            "opening": one.opening["openings"],
            **dict(zip(("cross_validation_low", "cross_validation_high"), of_folds, strict=True)),
            "score": way["metrics"][task.objective],
            "low": low,
            "high": high,
            "difference": one.difference,
            "difference_low": less,
            "difference_high": more,
            "megabytes": way["bytes"] / 1e6,
            **({"promise": _promise(one.opening)} if one.exported else {}),
            **{name: way[name] for name in ("cross_validation", "networks", "parameters", "ms_per_film")},
        }
    known = {one.way["way"] for one in scored}
    for opening in run.openings()[-1:]:
        for row in opening.get("left_out", ()):
            if row["way"] not in known:
                again = row["options"]
                typed = command_for(run, "export", task=task.name, **again) if again is not None else ""
                yield {"way": row["way"], "exported": False, "left_out": row["why"], "command": typed}


def _promise(opening: Mapping[str, Any]) -> str:
    """What came of it on the films, and on their patients where some have several."""
    patients = opening.get("kept_by_patient") or {}
    if "coverage" in opening:
        also = f", and {_kept(patients, 'coverage', 0)} of its patients" if "coverage" in patients else ""
        within = f"are within their {100 * LEVEL:.0f} % intervals"
        return f"{_kept(opening, 'coverage', 0)} of the hold-out's films{also} {within}"
    if "calibration_error" in opening:
        also = f", by patient by {_kept(patients, 'calibration_error', 1)}" if "calibration_error" in patients else ""
        return f"its probabilities are off by {_kept(opening, 'calibration_error', 1)} percentage points{also}"
    return ""


def _kept(found: Mapping[str, Any], name: str, decimals: int) -> str:
    """In hundredths, with the interval where there is one."""
    low, high = found[f"{name}_interval"] or UNKNOWN
    ends = "" if is_missing(low) else f" ({100 * low:.{decimals}f} to {100 * high:.{decimals}f})"
    return f"{100 * found[name]:.{decimals}f}{' %' if name == 'coverage' else ''}{ends}"


def show(table: pd.DataFrame) -> list[Panel]:
    """A table a run, and what is to be said of its rows."""
    panels: list[Panel] = []
    for run, rows in table.groupby("run", sort=False):
        scored, without = rows[rows["left_out"] == ""], rows[rows["left_out"] != ""]
        if len(scored):
            panels.append(_opened(scored))
            panels.append(_table(scored, str(run) if table["run"].nunique() > 1 else ""))
        said = [
            f"<li>{text(row['way'])}: {text(row['promise'])}.</li>"
            for row in scored.to_dict("records")
            if row["promise"]
        ]
        said += [
            f"<li>Without {text(row['way'])}: {text(row['left_out'])}."
            + (f" To have it: <code>{text(row['command'])}</code>" if row["command"] else "")
            + "</li>"
            for row in without.to_dict("records")
        ]
        if said:
            panels.append(Html(f"<ul>{join(said)}</ul>"))
    return panels


def _opened(rows: pd.DataFrame) -> Html:
    """How often the films that all rows are scored on have been looked at."""
    times, of = int(rows["opened"].iloc[0]), sorted({int(number) for number in rows["opening"]})
    openings = f"opening {of[0]}" if len(of) == 1 else f"openings {', '.join(map(str, of[:-1]))} and {of[-1]}"
    often = "once" if times == 1 else f"{times} times"
    return Html(f"<p>This hold-out has been opened {often} for this task; what follows is of its {openings}.</p>")


def _table(table: pd.DataFrame, run: str) -> Html:
    metric, last = objective_of(task_of(table)), str(table["way"].iloc[0])
    rows = [
        [
            Html(f"<b>{text(row['way'])}</b>" if row["exported"] else text(row["way"])),
            Number(metric.within(row["score"], row["low"], row["high"])),
            Number(
                metric.signed_within(row["difference"], row["difference_low"], row["difference_high"])
                if place
                else "exported last"
            ),
            Number(metric.within(row["cross_validation"], row["cross_validation_low"], row["cross_validation_high"])),
            Number(count(row["networks"])),
            Number(count(row["parameters"])),
            Number(MISSING if is_missing(row["megabytes"]) else f"{row['megabytes']:.1f}"),
            Number(milliseconds(row["ms_per_film"])),
            Number(count(row["opening"])),
        ]
        for place, row in enumerate(table.to_dict("records"))
    ]
    head = ["Way (bold: exported)", f"Hold-out, {metric.heading}", f"Difference to {last}", "Cross-validation"]
    head += ["Networks", "Parameters", "MB", "ms a film", "Opening"]
    return html_table(f"Ways to a model{f', {run}' if run else ''}", head, rows)
