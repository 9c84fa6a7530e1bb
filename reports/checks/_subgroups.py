"""Groups of films for which the best trial is far worse, by whichever metric.

finding = look_at(group, "errors_by_label", "mae")
"""

from __future__ import annotations

from statistics import NormalDist
from typing import Any

import pandas as pd

from reports._drawing.metrics import metric_of
from reports._drawing.words import plain_name, sentence_case
from reports._evidence.by_label import ALL
from reports._evidence.groups import Group
from reports._section import table_of
from reports.checks._check import Finding
from xrays.patients import FEW

LEVEL, FAR, TWICE = 0.05, 1.5, 2.0
WHY = (
    f"From {FAR:g} times the loss of all films on, and surely more than that of all films (95 % for all groups "
    f"together, by their intervals over patients); from {TWICE:g} times on it is a problem: the score says little of "
    "these films."
)


def look_at(group: Group, section: str, metric_name: str) -> Finding:
    """A problem from twice the loss of all films on, a hint from one and a half times on: by the rows of the section,
    which are of `rows_by_label`, an error or a share of right answers."""
    table = table_of(group, section)
    known = table[table["value"].notna() & table["low"].notna()] if len(table) else table
    if known.empty:
        return Finding("not applicable", f"No group has {FEW} patients.")
    share = metric_name == "accuracy"
    known = known.assign(loss=1 - known["value"] if share else known["value"])
    whole = known[(known["series"] == ALL) & (known["label"] == known["label"].iloc[0])]
    every = float((whole["loss"] * whole["films"]).sum() / whole["films"].sum())
    error = (known["high"] - known["low"]) / (2 * NormalDist().inv_cdf(0.975))
    surely = (known["loss"] - every) / error.where(error > 0) > NormalDist().inv_cdf(1 - LEVEL / len(known))
    far = known[surely & (known["loss"] >= FAR * every)].sort_values("loss", ascending=False, kind="stable")
    metric = metric_of(group.task, metric_name)
    overall = metric.with_unit(metric.value(1 - every if share else every))
    if far.empty:
        return Finding("passed", f"No group is surely {FAR:g} times as bad as all films together ({overall}).")
    worst = far.iloc[0]
    shown = metric.with_unit(metric.within(worst["value"], worst["low"], worst["high"]))
    others = [_named(row) for _, row in far.iloc[1:4].iterrows()]
    more = f"So it is, less so, for {'; '.join(others)}. " if others else ""
    return Finding(
        "problem" if float(worst["loss"]) >= TWICE * every else "hint",
        f"{sentence_case(_named(worst))}: {metric.label} {shown}, of all films {overall}.",
        f"{more}Say so wherever the score is given; more films of such patients may help.",
    )


def _named(row: pd.Series[Any]) -> str:
    """`age 80–89, female`."""
    series = "" if row["series"] == ALL else f", {row['series']}"
    return f"{plain_name(row['label'])} {row['band']}{series}"
