"""Whether changing the training films at random helped: measured by training without it, and seen in the search."""

from __future__ import annotations

import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.html import Html, Number, text
from reports._drawing.html import table as html_table
from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports._evidence.rows import task_of
from reports._section import Section
from reports.augmentation.arms import arm_panels
from reports.augmentation.paired import arm_rows
from reports.augmentation.unpaired import LEAST, LEAST_EACH, operation_rows
from xrays.tasks import Task

SECTION = Section(
    order=32,
    title="Augmentation",
    note="Augmentation changes the training films a little and at random, so that a network sees more than there is. "
    "The best configuration was trained anew, with new seeds and another division of the same films into folds, as "
    "it was found and with other augmentation; all else is equal, and both are compared film by film. An interval "
    "(95 %) allows for other patients and for the luck of training. It is the wider of two: patients drawn again, "
    "and how much differences vary from fold to fold, judged by all settings (analysis of variance). More trainings "
    "make it narrower: python cli.py ablate RUN --repeats 3. An open dot at the edge lies far "
    "outside of the picture. Of twenty settings without any effect about one shows a "
    "difference by chance.",
    empty="Not measured yet: python cli.py ablate RUN trains the best configuration with and without augmentation.",
    on_films=True,
    paper="An ablation trains its settings anew, on seeds and folds that did not choose the configuration; a "
    "difference is the score with the setting less that as found, its interval the wider of two: over patients, and "
    "over trainings. What was seen in the search is no such measurement: the search chose which trials had an "
    "operation, so it is confounded.",
)
COLUMNS = ["task", "part", "run", "trial", "command", "current", "leading", "kind", "operation", "operations",
           "difference", "low", "high", "reference", "score", "learned", "worse", "folds", "of", "repeats",
           "films", "whose", "error", "space", "on", "off", "adjusted", "several"]  # fmt: skip
CONFOUNDED = (
    "Not a measurement. These are the complete trials of the search, and the search itself chose which of them had "
    "an operation: trials with it differ in other things too (it is confounded), and bad trials that were stopped "
    "early are missing. The interval (95 %) is of the plain difference, as if trials had been given the operation by "
    "lot. The adjusted difference takes away what the run and the other parameters explain, by a ridge regression; "
    "what that leaves behind is no chance, so there is no interval that would hold. Where this and the measurement "
    "above disagree, the measurement counts. Trials worse than the constant predictor count as equal to it."
)


def data(group: Group) -> pd.DataFrame:
    """One row a run and arm (part "measured", columns of `arm_rows`), then one a space and operation (part
    "observed", columns of `operation_rows`). Differences are those of the metric; score with less reference. several:
    whether the group has more than one run."""
    rows = [{"part": "measured", **row} for row in arm_rows(group)]
    if rows or (group.frame["kind"] == "trial").any():
        rows += [{"part": "observed", **row} for row in operation_rows(group)]
    return pd.DataFrame(rows, columns=COLUMNS).assign(task=group.task.name, several=len(group.runs) > 1)


def show(table: pd.DataFrame) -> list[Panel]:
    """What was measured, run by run, or that nothing was; then what was seen in the search."""
    task = task_of(table)
    panels: list[Panel] = []
    arms = table[table["part"] == "measured"]
    if arms.empty:
        panels.append(Html(f"<p>{text(SECTION.empty)}</p>"))
    for run, of_run in arms.groupby("run", sort=False):
        panels += [Html(f"<h4>{text(run, 80)}</h4>")] if arms["run"].nunique() > 1 else []
        panels += arm_panels(task, of_run.to_dict("records"), several=bool(table["several"].iloc[0]))
    return panels + _observed(task, table[table["part"] == "observed"])


def _observed(task: Task, table: pd.DataFrame) -> list[Panel]:
    panels: list[Panel] = [
        Html(f"<h4>Seen in the search (confounded)</h4><p class='note'>{text(CONFOUNDED, 2000)}</p>")
    ]
    if table.empty:
        few = f"Too few: {LEAST} complete trials of a space are needed, {LEAST_EACH} with an operation"
        return [*panels, Html(f"<p>{few} and as many without.</p>")]
    metric, spaces = objective_of(task), table["space"].nunique() > 1
    rows = [
        [
            text("any augmentation" if row["operation"] == "any" else row["operation"], 40),
            *([text(row["space"], 40)] if spaces else []),
            Number(f"{int(row['on'])}"),
            Number(f"{int(row['off'])}"),
            Number(metric.signed_within(row["difference"], row["low"], row["high"])),
            Number(metric.signed(row["adjusted"])),
        ]
        for row in table.to_dict("records")
    ]
    head = ["Operation", *(["Space"] if spaces else []), "Trials with", "Trials without"]
    head += [f"{metric.label} with less without, {metric.difference_unit} (95 % interval)", "Adjusted"]
    return [*panels, html_table("Augmentation in the search, confounded", head, rows)]
