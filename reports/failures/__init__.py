"""Why trials have no score: every reason once with the trials that it cost, errors apart from what was too large; of
errors what these trials have in common, and the last lines of a traceback or of a worker that died."""

from __future__ import annotations

import re

import pandas as pd

from reports._drawing.figures import Panel
from reports._drawing.html import Html, Long, Number, text
from reports._drawing.html import table as html_table
from reports._evidence.groups import Group
from reports._section import Section
from reports.failures.shared import Common, in_common

SECTION = Section(
    order=66,
    title="Failed or not trained",
    note="These trials have no score and no rank; the search went on without them. One that is too large for the "
    "limit or for the machine is not begun, which is no error. Raised: the training code stopped with an error; "
    "NaN: the network diverged; killed: the process was ended by a signal, from outside or by a library of "
    "its own. What trials of a line have in common is listed where luck would hardly make them share it.",
    empty="No trial failed, and none was too large.",
)
HEADINGS = {"failed": "Failed", "infeasible": "Not trained: too large"}
COLUMNS = ["state", "class", "reason", "line", "count", "trials", "common", "log"]
SHOWN = 12
LINES = 100
TAIL = 6000  # characters of a log


def data(group: Group) -> pd.DataFrame:
    """One row a class and first error line, failures first, then the most frequent. class: that of the record, or
    infeasible; reason: what stands before the line's colon; trials: names; common: what these share that others have
    not; log: what was kept of the first of them that has any."""
    rows = group.rows
    lost = rows[rows["state"].isin(list(HEADINGS))]
    if lost.empty:
        return pd.DataFrame(columns=COLUMNS)
    lines = lost["error"].map(lambda error: (str(error).strip().splitlines() or ["no message"])[0])
    # What is recorded without a class was not told apart from an error of the training code.
    classes = lost["failure"].where(lost["state"] == "failed", "infeasible").replace("", "raised")
    trained = rows[(rows["kind"] == "trial") & ~rows["state"].isin(list(HEADINGS))]
    table = pd.DataFrame(
        {
            "state": state,
            "class": kind,
            "line": line,
            "reason": _reason(str(line)),
            "count": len(alike),
            "trials": list(alike["name"]),
            "common": in_common(alike, trained) if state == "failed" else [],
            "log": _log(group, alike) if state == "failed" else "",
        }
        for (state, kind, line), alike in lost.groupby([lost["state"], classes, lines], sort=True)
    )
    # "failed" sorts before "infeasible".
    return table.sort_values(["state", "count", "class", "line"], ascending=[True, False, True, True]).reset_index(
        drop=True
    )[COLUMNS]


def show(table: pd.DataFrame) -> list[Panel]:
    """Failures, then what was too large: a table of each, what trials share, and the logs."""
    panels: list[Panel] = []
    for state, of_state in table.groupby("state", sort=True):
        title = HEADINGS[str(state)]
        # What is infeasible has its whole reason in one line; an error's first line begins with its kind.
        head = [*(["Class", "Reason", "First line"] if state == "failed" else ["Reason"]), "Trials", "Which"]
        rows = [
            [
                *([text(row["class"]), text(row["reason"], 60)] if state == "failed" else []),
                Long(text(row["line"])),
                Number(row["count"]),
                Long(text(_names(row["trials"]))),
            ]
            for row in of_state.to_dict("records")
        ]
        counted = of_state.groupby("class", sort=True)["count"].sum().sort_values(ascending=False, kind="stable")
        classes = ", ".join(f"{number:,} {name}" for name, number in counted.items())
        summary = f"<p>By class: {text(classes)}.</p>" if state == "failed" else ""
        panels += [Html(f"<h4>{title}</h4>{summary}"), html_table(title, head, rows[:LINES])]
        panels += [Html(f"<p class='note'>{len(rows) - LINES:,} more, each rarer.</p>")] if len(rows) > LINES else []
        details = [_detail(row["line"], row["common"], row["log"]) for row in of_state.head(SHOWN).to_dict("records")]
        panels += [each for each in details if each]
    return panels


def _log(group: Group, lost: pd.DataFrame) -> str:
    logs = (group.run(run).error(number) for run, number in zip(lost["run"], lost["number"], strict=True))
    return next(filter(None, logs), "")


def _detail(line: str, common: list[Common], log: str) -> Html:
    shared = [f"{each.name} {_worded(each.value)} ({100 * each.others:.0f} % of the others)" for each in common]
    words = f"<p>{text(line)}: all of these trials have {text(', '.join(shared))}.</p>" if shared else ""
    # The end tells more: there a traceback says what was raised.
    details = f"<details><summary>{text(line)}: the log</summary><pre>{text(log[-TAIL:], TAIL)}</pre></details>"
    return Html(words + (details if log else ""))


def _worded(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _reason(line: str) -> str:
    match = re.match(r"([\w.]+(?: [\w.]+){0,3}):", line)
    return match[1] if match else line[:40]


def _names(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
