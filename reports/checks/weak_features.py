"""Pretrained backbones whose frozen features are worth nothing."""

from __future__ import annotations

from reports._drawing.cells import weights_name
from reports._drawing.metrics import objective_of
from reports._evidence.groups import Group
from reports._evidence.probes import weak_probes
from reports.checks._check import Check, Finding

CHECK = Check(
    order=40,
    title="Features of backbones",
    section="backbones",
    why="A head on frozen features is to beat the constant predictor on the same folds; of random weights nothing is "
    "expected.",
)


def look(group: Group) -> Finding:
    """A problem where trained weights do not help at all."""
    if group.frame["probe"].isna().all():
        return Finding("not applicable", "No frozen backbone was trained.")
    weak = weak_probes(group.frame)
    if weak.empty:
        return Finding("passed", "The frozen features of every backbone beat the constant predictor.")
    metric = objective_of(group.task)
    said = [
        f"{row['backbone']} ({weights_name(row['weights'])}): {metric.label} {metric.value(row['probe'])}, constant "
        f"{metric.with_unit(metric.value(row['constant']))}"
        for row in weak.to_dict("records")
    ]
    return Finding(
        "problem",
        f"Frozen features do not beat the constant predictor: {'; '.join(said)}.",
        "The weights may expect other pixels than these.",
    )
