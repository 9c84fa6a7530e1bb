"""Predictions that are drawn to the mean, or spread too far."""

from __future__ import annotations

import math

from reports._drawing.words import phrase
from reports._evidence.groups import Group
from reports._section import table_of
from reports.checks._check import Check, Finding

CHECK = Check(
    order=150,
    title="Spread of predictions",
    section="correction",
    why="Every model that is unsure answers near the mean. It is said where surely (95 %) less than half of a true "
    "difference arrives, and where the calibration slope (true over predicted values) is surely "
    "more than 0.1 away from 1.",
    kinds=("regression",),
)
HALF, OFF = 0.5, 0.1


def look(group: Group) -> Finding:
    """A hint by the slope of predictions over true values, and by that of true values over predictions."""
    pull, figures = table_of(group, "correction"), table_of(group, "regression_figures")
    if pull.empty or figures.empty:
        return Finding("not applicable", "There are no predictions of the best trial.")
    slope = pull[(pull["figure"] == "slope") & (pull["model"] == "as predicted")].iloc[0]
    steep = figures[(figures["model"] == figures["model"].iloc[0]) & (figures["figure"] == "calibration_slope")].iloc[
        0
    ]
    if not math.isfinite(slope["high"]):
        return Finding("not applicable", "There are too few patients to tell.")
    arrives = f"{slope['value']:.2f} ({slope['low']:.2f} to {slope['high']:.2f})"
    said = phrase(f"Predictions rise by {arrives} {{unit}} for each true {{one_unit}}", group.task)
    ends = phrase(
        "The {low} are predicted too {high} and the {high} too {low}; for single films the error at the ends is what "
        "counts.",
        group.task,
    )
    if slope["high"] < HALF:
        return Finding("hint", f"{said}: less than half of a difference arrives.", ends)
    if math.isfinite(steep["low"]) and not (steep["low"] <= 1 + OFF and steep["high"] >= 1 - OFF):
        way = "too close together" if steep["low"] > 1 else "too far apart"
        rise = f"{steep['value']:.2f} ({steep['low']:.2f} to {steep['high']:.2f})"
        return Finding(
            "hint",
            phrase(
                f"Predictions lie {way}: true {{label}} rises by {rise} {{unit}} for each predicted {{one_unit}}.",
                group.task,
            ),
            ends
            if steep["low"] > 1
            else "The model is surer of differences between films than it should be, as one that has learnt "
            "them by heart.",
        )
    return Finding("passed", f"{said}: no less than half.")
