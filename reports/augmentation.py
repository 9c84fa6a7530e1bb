"""Whether changing the training films at random helped: measured by training without it, and seen in the search."""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from reports._drawing.figures import COLOURS, GREY, new_figure
from reports._drawing.html import Html, Number, join, plain, text
from reports._drawing.html import table as html_table
from reports._drawing.numbers import MISSING, count, metric, value
from reports._evidence.ablated import METRIC, measured
from reports._evidence.confounded import LEAST, LEAST_EACH, observed
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._section import Panel, Section
from xrays.tasks import TASKS, Task

if TYPE_CHECKING:
    import plotly.graph_objects as go

SECTION = Section(
    order=30,
    title="Augmentation",
    tasks=tuple(TASKS),
    note="Augmentation changes the training films a little and at random, so that a network sees more than there is. "
    "The best configuration was trained anew, with new seeds and another division of the same films into folds, as "
    "it was found and with other augmentation; all else is equal, and both are compared film by film. An interval "
    "(95 %) says how far a difference would move with other patients. It does not say how far it would move with "
    "other seeds: see on how many folds the difference has the same sign. Of twenty settings without any effect one "
    "shows a difference by chance.",
    empty="Not measured yet: python cli.py ablate RUN trains the best configuration with and without augmentation.",
)
Row = Mapping[Hashable, Any]
COLUMNS = ["task", "part", "run", "trial", "current", "kind", "operation", "operations", "difference", "low", "high",
           "reference", "score", "learned", "worse", "folds", "of", "repeats", "films", "patients", "error", "space",
           "on", "off", "raw"]  # fmt: skip
CONFOUNDED = (
    "Not a measurement. These are the complete trials of the search, and the search itself chose which of them had "
    "an operation: trials with it differ in other things too (it is confounded), and bad trials that were stopped "
    "early are missing. The adjusted difference takes away what the other parameters explain, by a ridge regression; "
    "what it cannot take away is what no parameter says. Where this and the measurement above disagree, the "
    "measurement counts. Trials worse than the constant predictor count as equal to it."
)


def data(group: Group) -> pd.DataFrame:
    """One row a run and arm (part "measured", columns of `measured`), then one a space and operation (part
    "observed", columns of `observed`). Differences are those of the metric; score with less reference."""
    found = [{"part": "measured", **row} for row in measured(group)]
    if found or (group.frame["kind"] == "trial").any():
        found += [{"part": "observed", **row} for row in observed(group)]
    return pd.DataFrame(found, columns=COLUMNS).assign(task=group.task.name)


def show(table: pd.DataFrame) -> list[Panel]:
    task = task_of(table)
    panels: list[Panel] = []
    arms = table[table["part"] == "measured"]
    if arms.empty:
        panels.append(Html(f"<p>{text(SECTION.empty)}</p>"))
    for run, own in arms.groupby("run", sort=False):
        rows = own.to_dict("records")
        panels += [Html(f"<h4>{text(run, 80)}</h4>")] if arms["run"].nunique() > 1 else []
        panels.append(join(f"<p>{text(line)}</p>" for line in _sentences(task, rows)))
        rows = [row for row in rows if row["films"] or row["error"]]
        if not rows:
            continue
        drawn = [row for row in rows if row["films"]]
        if len(drawn) > 1:
            panels.append(_forest(task, [_name(row) for row in drawn], drawn))
        panels.append(_arms_table(task, rows))
    return panels + _observed(task, table[table["part"] == "observed"])


def _sentences(task: Task, rows: list[dict[Hashable, Any]]) -> list[str]:
    """What the pair has shown, and which single operations made a difference."""
    pair, number = rows[0], int(rows[0]["trial"])
    subject = {
        "all off": "Switching all augmentation off",
        "usual on": "The best configuration has no augmentation. Switching the usual kinds on "
        f"({pair['operations'] or 'changed views of a film'})",
    }[pair["kind"]]
    lines = [f"{subject} {verdict(task, pair)}"]
    if 0 < pair["folds"] < pair["of"]:
        lines[0] += f" So far on {count(pair['folds'])} of {count(pair['of'])} folds."
    single = [row for row in rows[1:] if row["folds"] >= row["of"]]
    clear = [row for row in single if row["low"] > 0 or row["high"] < 0]
    if clear:
        lines.append("A difference can also be shown for: " + ", ".join(_name(row) for row in clear) + ".")
    elif single:
        lines.append("For none of the single operations can a difference be shown.")
    if waiting := sum(row["folds"] < row["of"] and not row["error"] for row in rows[1:]):
        lines.append(f"{waiting} other settings are not trained in full: python cli.py ablate {pair['run']} goes on.")
    if not pair["learned"] and pair["films"]:
        lines.append("As found it is no better here than the constant predictor, so the difference says little.")
    if not pair["current"]:
        lines.append(f"This is about trial {number}, which is not the best one any more; ablate the run again.")
    return lines


def verdict(task: Task, row: Row) -> str:
    """The end of a sentence: `raises MAE by 0.40 years (0.10 to 0.70) on 760 films.`"""
    shown, unit = _metric(task), _unit(task)
    if not row["films"]:
        return "could not be compared" + (f": {row['error']}." if row["error"] else " yet: no fold has finished.")
    seen = f"{count(row['films'])} films of {count(row['patients'])} patients"
    if row["low"] <= 0 <= row["high"]:
        ends = f"between {_signed(task, row['low'])} and {_signed(task, row['high'])} {unit}"
        return (
            f"makes no difference that could be shown: {shown} changes by {_signed(task, row['difference'])} {unit}, "
            f"and anything {ends} is compatible with {seen}."
        )
    up = row["difference"] > 0
    near, far = sorted((abs(row["low"]), abs(row["high"])))
    size = f"{_value(task, abs(row['difference']))} {unit} ({_value(task, near)} to {_value(task, far)})"
    better = "better" if (task.loss(row["difference"]) < 0) else "worse"
    return f"{'raises' if up else 'lowers'} {shown} by {size}, which is {better}, on {seen}."


def _forest(task: Task, names: list[str], rows: list[dict[Hashable, Any]]) -> go.Figure:
    """A dot and an interval a row; worse and better are told by the axis, which is of the metric itself."""
    row, height = metric(METRIC[task.kind]), 130 + 28 * len(rows)
    right = "worse" if task.direction == "min" else "better"
    left = "better" if task.direction == "min" else "worse"
    figure = new_figure(f"← {left}    change of {_metric(task)}, {_unit(task)}    {right} →", "", height=height)
    places = list(range(len(rows)))
    shown = [{key: each[key] * row.factor for key in ("difference", "low", "high")} for each in rows]
    figure.add_scatter(
        x=[0, 0],
        y=[-0.6, len(rows) - 0.4],
        mode="lines",
        line={"color": GREY, "width": 1.5, "dash": "dash"},
        showlegend=False,
        hoverinfo="skip",
    )
    figure.add_scatter(
        x=[each["difference"] for each in shown],
        y=places,
        mode="markers",
        marker={"size": 9, "color": COLOURS[0]},
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [each["high"] - each["difference"] for each in shown],
            "arrayminus": [each["difference"] - each["low"] for each in shown],
            "color": COLOURS[0],
            "thickness": 1.5,
            "width": 4,
        },
        hovertemplate=f"%{{x:+.{row.decimals}f}}<extra></extra>",
        showlegend=False,
    )
    figure.update_yaxes(tickvals=places, ticktext=[plain(name, 34) for name in names], range=[len(rows) - 0.4, -0.6])
    return figure


def _so_far(row: Row) -> str:
    return f"so far {row['folds']} of {row['of']} folds" if row["folds"] < row["of"] else ""


def _arms_table(task: Task, rows: list[dict[Hashable, Any]]) -> Html:
    label = metric(METRIC[task.kind]).heading
    cells = [
        [
            text(_name(row), 60),
            Number(value(METRIC[task.kind], row["reference"])),
            Number(value(METRIC[task.kind], row["score"])),
            Number(_interval(task, row)),
            Number(f"{int(row['worse'])} of {int(row['folds'])}"),
            Number(count(row["films"])),
            text(row["error"] or _so_far(row), 120),
        ]
        for row in rows
    ]
    head = ["Setting", f"As found, {label}", f"With this setting, {label}", "Difference (95 % interval)"]
    head += ["Worse on folds", "Films", "Remark"]
    return html_table(f"Augmentation of trial {int(rows[0]['trial'])}", head, cells)


def _observed(task: Task, table: pd.DataFrame) -> list[Panel]:
    panels: list[Panel] = [
        Html(f"<h4>Seen in the search (confounded)</h4><p class='note'>{text(CONFOUNDED, 2000)}</p>")
    ]
    if table.empty:
        few = f"Too few: {LEAST} complete trials of a space are needed, {LEAST_EACH} with an operation"
        return [*panels, Html(f"<p>{few} and as many without.</p>")]
    name = METRIC[task.kind]
    rows = [
        [
            text("any augmentation" if row["operation"] == "any" else row["operation"], 40),
            *([text(row["space"], 40)] if table["space"].nunique() > 1 else []),
            Number(f"{int(row['on'])}"),
            Number(f"{int(row['off'])}"),
            Number(_signed(task, row["raw"])),
            Number(_interval(task, row)),
        ]
        for row in table.to_dict("records")
    ]
    head = ["Operation", *(["Space"] if table["space"].nunique() > 1 else []), "Trials with", "Trials without"]
    head += [f"{metric(name).label} with less without, {_unit(task)}", "Adjusted (95 % interval)"]
    return [*panels, html_table("Augmentation in the search, confounded", head, rows)]


def _name(row: Row) -> str:
    operation = row["operation"]
    return {
        "all off": "all off",
        "usual on": "the usual kinds on",
        "without": f"without {operation}",
        "alone": f"{operation} alone",
    }[row["kind"]]


def _metric(task: Task) -> str:
    row = metric(METRIC[task.kind])
    return row.label if row.label.isupper() else row.label.lower()


def _unit(task: Task) -> str:
    unit = metric(METRIC[task.kind]).unit
    return "percentage points" if unit == "%" else unit


def _value(task: Task, number: float) -> str:
    return value(METRIC[task.kind], number)


def _signed(task: Task, number: float) -> str:
    shown = _value(task, number)
    return f"+{shown}" if number > 0 else shown


def _interval(task: Task, row: Row) -> str:
    if math.isnan(row["difference"]):
        return MISSING
    return f"{_signed(task, row['difference'])} ({_signed(task, row['low'])} to {_signed(task, row['high'])})"
