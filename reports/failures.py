"""Why trials failed: the same reason once, with the trials that it cost."""

from __future__ import annotations

import re

import pandas as pd

from reports._html import Long, Number, text
from reports._html import table as html_table
from reports._rows import named
from reports._section import Panel, Section
from xrays.tasks import TASKS

SECTION = Section(
    order=90,
    title="Failures",
    tasks=tuple(TASKS),
    note="A failed trial has no score and no rank; the search went on without it.",
    empty="No trial failed.",
)
COLUMNS = ["reason", "line", "count", "trials"]
SHOWN = 12


def data(frame: pd.DataFrame) -> pd.DataFrame:
    """One row a first error line, the most frequent first. reason: what stands before its colon; trials: names."""
    rows = named(frame)
    failed = rows[rows["state"] == "failed"]
    if failed.empty:
        return pd.DataFrame(columns=COLUMNS)
    lines = failed["error"].map(lambda error: (str(error).strip().splitlines() or ["no message"])[0])
    grouped = failed.assign(line=lines).groupby("line", sort=True)["name"].agg(list)
    table = pd.DataFrame({"line": list(grouped.index), "trials": list(grouped)})
    table = table.assign(reason=table["line"].map(_reason), count=table["trials"].map(len))
    return table.sort_values(["count", "line"], ascending=[False, True]).reset_index(drop=True)[COLUMNS]


def show(table: pd.DataFrame) -> list[Panel]:
    rows = [
        [text(row["reason"], 60), Long(text(row["line"])), Number(row["count"]), Long(text(_names(row["trials"])))]
        for row in table.to_dict("records")
    ]
    return [html_table("Failures", ["Reason", "First line", "Trials", "Which"], rows)]


def _reason(line: str) -> str:
    found = re.match(r"([\w.]+(?: [\w.]+){0,3}):", line)
    return found[1] if found else line[:40]


def _names(names: list[str]) -> str:
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more
