"""What an ablation has shown, drawn: sentences, a forest plot and a table of one run's arms.

panels = arm_panels(task, rows)         # rows: of `measured`, of one run
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from reports._drawing.figures import COLOURS, GREY, Panel, new_figure
from reports._drawing.html import Html, Number, join, plain, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count, of_patients
from xrays.tasks import Task

if TYPE_CHECKING:
    import plotly.graph_objects as go

Row = Mapping[Hashable, Any]
FAR = 5.0


def arm_panels(task: Task, rows: list[dict[Hashable, Any]], *, several: bool) -> list[Panel]:
    """several: whether the page has other runs, too, so that this one has to be named."""
    panels: list[Panel] = [join(f"<p>{text(line, 400)}</p>" for line in _sentences(task, rows, several))]
    rows = [row for row in rows if row["films"] or row["error"]]
    judged = [row for row in rows if _judged(row)]
    if len(judged) > 1:
        panels.append(_forest(task, judged))
    return [*panels, _arms_table(task, rows)] if rows else panels


def _judged(row: Row) -> bool:
    return not math.isnan(row["low"])


def _sentences(task: Task, rows: list[dict[Hashable, Any]], several: bool) -> list[str]:
    """What the pair has shown, and which single operations made a difference."""
    pair, number = rows[0], int(rows[0]["trial"])
    subject = {
        "all off": "Switching all augmentation off",
        "usual on": "The configuration has no augmentation. Switching the usual kinds on "
        f"({pair['operations'] or 'changed views of a film'})",
    }[pair["kind"]]
    of = f"Trial {number} of {pair['run']}: " if several else ""
    lines = [f"{of}{subject[0].lower() + subject[1:] if of else subject} {verdict(task, pair)}"]
    single = [row for row in rows[1:] if _judged(row)]
    clear = [row for row in single if row["low"] > 0 or row["high"] < 0]
    waiting = sum(not _judged(row) and not row["error"] for row in rows[1:])
    if clear:
        lines.append("A difference can also be shown for: " + ", ".join(_name(row) for row in clear) + ".")
    elif single:
        which = f"{len(single)} other settings that are trained so far" if waiting else "single operations"
        lines.append(f"For none of the {which} can a difference be shown.")
    if waiting:
        lines.append(f"{waiting} other settings are not trained in full: {pair['command']} goes on.")
    if not pair["learned"] and pair["films"]:
        lines.append("As found it is no better here than the constant predictor, so the difference says little.")
    if not pair["current"]:
        lines.append(f"This is about trial {number}, which is not the best one any more; ablate the run again.")
    elif not pair["leading"]:
        lines.append(f"Trial {number} is the best of its run, but not of all runs on this page.")
    return lines


def verdict(task: Task, row: Row) -> str:
    """The end of a sentence: `raises MAE by 0.40 years (0.10 to 0.70) on 760 films.`"""
    shown, own = objective_of(task).within_a_sentence, unit(task)
    if not row["films"]:
        return "could not be compared" + (f": {row['error']}." if row["error"] else " yet: no fold has finished.")
    seen = of_patients(row["films"], row["patients"])
    if not _judged(row):
        return (
            f"changes {shown} by {signed(task, row['difference'])} {own} so far, on {count(row['folds'])} of "
            f"{count(row['of'])} folds: too few to say."
        )
    if row["low"] <= 0 <= row["high"]:
        ends = f"between {signed(task, row['low'])} and {signed(task, row['high'])} {own}"
        return (
            f"makes no difference that could be shown: {shown} changes by {signed(task, row['difference'])} {own}, "
            f"and anything {ends} is compatible with {seen} and {count(row['folds'])} trainings each."
        )
    up = row["difference"] > 0
    near, far = sorted((abs(row["low"]), abs(row["high"])))
    size = f"{_value(task, abs(row['difference']))} {own} ({_value(task, near)} to {_value(task, far)})"
    better = "better" if (task.loss(row["difference"]) < 0) else "worse"
    return f"{'raises' if up else 'lowers'} {shown} by {size}, which is {better}, on {seen}."


def _forest(task: Task, rows: list[dict[Hashable, Any]]) -> go.Figure:
    """A dot and an interval a row; worse and better are told by the axis, which is of the metric itself."""
    metric, height = objective_of(task), 130 + 28 * len(rows)
    right = "worse" if task.direction == "min" else "better"
    left = "better" if task.direction == "min" else "worse"
    title = f"← {left}    change of {metric.within_a_sentence}, {unit(task)}    {right} →"
    figure = new_figure(title, "", height=height)
    places = list(range(len(rows)))
    known = [{key: each[key] * metric.factor for key in ("difference", "low", "high")} for each in rows]
    sight = _sight(known)
    shown = [{key: min(max(end, -sight), sight) for key, end in each.items()} for each in known]
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
        marker={
            "size": 9,
            "color": COLOURS[0],
            "symbol": ["circle" if abs(each["difference"]) <= sight else "circle-open" for each in known],
        },
        customdata=[each["difference"] for each in known],
        error_x={
            "type": "data",
            "symmetric": False,
            "array": [each["high"] - each["difference"] for each in shown],
            "arrayminus": [each["difference"] - each["low"] for each in shown],
            "color": COLOURS[0],
            "thickness": 1.5,
            "width": 4,
        },
        hovertemplate=f"%{{customdata:+.{metric.decimals}f}}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )
    figure.update_xaxes(range=[-1.05 * sight, 1.05 * sight] if sight else None)
    figure.update_yaxes(
        tickvals=places, ticktext=[plain(_name(row), 34) for row in rows], range=[len(rows) - 0.4, -0.6]
    )
    return figure


def _sight(arms: Sequence[Mapping[str, float]]) -> float:
    """How far the picture reaches to both sides. One setting that diverged must not make dots of all other intervals:
    what reaches FAR times as far as the middle one is cut off."""
    reaches = sorted(max(abs(each["low"]), abs(each["high"])) for each in arms)
    return min(reaches[-1], FAR * reaches[(len(reaches) - 1) // 2])


def _arms_table(task: Task, rows: list[dict[Hashable, Any]]) -> Html:
    label = objective_of(task).heading
    cells = [
        [
            text(_name(row), 60),
            Number(_value(task, row["reference"])),
            Number(_value(task, row["score"])),
            Number(with_interval(task, row)),
            Number(f"{int(row['worse'])} of {int(row['folds'])}"),
            Number(count(row["films"])),
            text(row["error"] or ("" if _judged(row) else f"so far {row['folds']} of {row['of']} folds"), 120),
        ]
        for row in rows
    ]
    head = ["Setting", f"As found, {label}", f"With this setting, {label}", "Difference (95 % interval)"]
    head += ["Worse on folds", "Films", "Remark"]
    return html_table(f"Augmentation of trial {int(rows[0]['trial'])}, {rows[0]['run']}", head, cells)


def _name(row: Row) -> str:
    operation = row["operation"]
    return {
        "all off": "all off",
        "usual on": "the usual kinds on",
        "without": f"without {operation}",
        "alone": f"{operation} alone",
    }[row["kind"]]


def unit(task: Task) -> str:
    """Of a difference."""
    own = objective_of(task).unit
    return "percentage points" if own == "%" else own


def _value(task: Task, number: float) -> str:
    return objective_of(task).value(number)


def signed(task: Task, number: float) -> str:
    """`+0.40`: a difference without its unit."""
    shown = _value(task, number)
    return f"+{shown}" if number > 0 else shown


def with_interval(task: Task, row: Row) -> str:
    """`+0.40 (+0.10 to +0.70)`, the difference alone where its interval is not known."""
    shown = signed(task, row["difference"])
    if math.isnan(row["difference"]) or math.isnan(row["low"]):
        return shown
    return f"{shown} ({signed(task, row['low'])} to {signed(task, row['high'])})"
