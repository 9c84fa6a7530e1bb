"""What an ablation has shown, drawn: sentences, a forest plot and a table of one run's arms.

panels = arm_panels(task, rows)         # rows: of `arm_rows`, of one run
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Mapping
from typing import TYPE_CHECKING, Any

from reports._drawing.figures import Panel
from reports._drawing.html import Html, Number, join, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import objective_of
from reports._drawing.numbers import count
from reports.augmentation.forest import forest
from xrays.tasks import Task

if TYPE_CHECKING:
    pass

Row = Mapping[Hashable, Any]


def arm_panels(task: Task, rows: list[dict[Hashable, Any]], *, several: bool) -> list[Panel]:
    """several: whether the page has other runs, too, so that this one has to be named."""
    rows = [{**row, "name": _name(row)} for row in rows]
    panels: list[Panel] = [join(f"<p>{text(line, 400)}</p>" for line in _sentences(task, rows, several))]
    rows = [row for row in rows if row["films"] or row["error"]]
    judged = [row for row in rows if _judged(row)]
    if len(judged) > 1:
        panels.append(forest(task, judged))
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
        lines.append("A difference can also be shown for: " + ", ".join(row["name"] for row in clear) + ".")
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
    metric = objective_of(task)
    shown, unit = metric.within_a_sentence, metric.difference_unit
    if not row["films"]:
        return "could not be compared" + (f": {row['error']}." if row["error"] else " yet: no fold has finished.")
    seen = row["whose"]
    if not _judged(row):
        return (
            f"changes {shown} by {metric.signed(row['difference'])} {unit} so far, on {count(row['folds'])} of "
            f"{count(row['of'])} folds: too few to say."
        )
    if row["low"] <= 0 <= row["high"]:
        ends = f"between {metric.signed(row['low'])} and {metric.signed(row['high'])} {unit}"
        return (
            f"makes no difference that could be shown: {shown} changes by {metric.signed(row['difference'])} {unit}, "
            f"and anything {ends} is compatible with {seen} and {count(row['folds'])} trainings each."
        )
    up = row["difference"] > 0
    near, far = sorted((abs(row["low"]), abs(row["high"])))
    size = f"{metric.value(abs(row['difference']))} {unit} ({metric.value(near)} to {metric.value(far)})"
    better = "better" if (task.loss(row["difference"]) < 0) else "worse"
    return f"{'raises' if up else 'lowers'} {shown} by {size}, which is {better}, on {seen}."


def _arms_table(task: Task, rows: list[dict[Hashable, Any]]) -> Html:
    metric = objective_of(task)
    cells = [
        [
            text(row["name"], 60),
            Number(metric.value(row["reference"])),
            Number(metric.value(row["score"])),
            Number(metric.signed_within(row["difference"], row["low"], row["high"])),
            Number(f"{int(row['worse'])} of {int(row['folds'])}"),
            Number(count(row["films"])),
            text(row["error"] or ("" if _judged(row) else f"so far {row['folds']} of {row['of']} folds"), 120),
        ]
        for row in rows
    ]
    head = [
        "Setting",
        f"As found, {metric.heading}",
        f"With this setting, {metric.heading}",
        "Difference (95 % interval)",
    ]
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
