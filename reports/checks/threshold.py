"""A threshold that answers more films wrongly than another one would."""

from __future__ import annotations

from statistics import NormalDist

from reports._drawing.metrics import metric_of
from reports._drawing.words import phrase
from reports._evidence.groups import Group
from reports._section import table_of
from reports.checks._check import Check, Finding

CHECK = Check(
    order=160,
    title="Threshold",
    section="thresholds",
    why="All figures call a film by 0.5. Another threshold is better where it answers surely more films rightly (95 "
    "% for all thresholds together, on the same resamples of patients), and at least one in a hundred.",
    kinds=("binary",),
)
LEVEL, LEAST = 0.05, 0.01


def look(group: Group) -> Finding:
    """A hint where another one is better."""
    table = table_of(group, "thresholds")
    gains = table[(table["figure"] == "gain") & table["low"].notna()] if len(table) else table
    if gains.empty:
        return Finding("not applicable", "There are no predictions of the best trial, or too few patients.")
    error = (gains["high"] - gains["low"]) / (2 * NormalDist().inv_cdf(0.975))
    surely = gains["value"] > NormalDist().inv_cdf(1 - LEVEL / (2 * len(gains))) * error
    better = gains[surely & (gains["value"] >= LEAST)].sort_values("value", ascending=False, kind="stable")
    if better.empty:
        return Finding("passed", "No other threshold answers surely more films rightly than 0.5.")
    best = better.iloc[0]
    metric = metric_of(group.task, "accuracy")
    shown = f"{metric.signed_within(best['value'], best['low'], best['high'])} {metric.difference_unit}"
    return Finding(
        "hint",
        phrase(
            f"Called {{positive}} from {best['threshold']:.1f} on, more films are answered rightly than from 0.5 on: "
            f"{shown}.",
            group.task,
        ),
        "Probabilities are too high or too low; a threshold that is picked here has to prove itself on other films.",
    )
