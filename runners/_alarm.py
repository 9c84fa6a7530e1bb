"""A frozen backbone with trained weights whose head does not beat a constant: the weights expect other pixels.

alarm = probe_alarm(task, results, store.baselines(), weights="imagenet")      # empty when all is well

Doubly scaled pixels cost nothing but the result: published work has reported a constant predictor's error for a
pretrained network without noticing.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from runners._watching.view import shown
from trials.records import Baseline, TrialResult
from xrays.tasks import Task

UNTRAINED = ("", "none")


def probe_alarm(task: Task, results: Sequence[TrialResult], baselines: Sequence[Baseline], weights: str) -> str:
    """A warning in words about the last of the results, or an empty text. Once a backbone, after its first trial with
    a probe: later heads may be bad for reasons of their own."""
    result, backbone = results[-1], results[-1].params.get("backbone")
    if any(_probes(earlier) for earlier in results[:-1] if earlier.params.get("backbone") == backbone):
        return ""
    constant = next((baseline for baseline in baselines if baseline.name == "constant"), None)
    probes = _probes(result)
    if weights in UNTRAINED or constant is None or not probes:
        return ""
    theirs = statistics.fmean(fold.metrics[task.objective] for fold in constant.folds if fold.fold in probes)
    ours = statistics.fmean(probes.values())
    if task.better(ours, theirs):
        return ""
    return (
        f"ALARM    trial {result.number}: the frozen features of {backbone} "
        f"({weights}) do not beat the constant predictor ({shown(task, ours)} against {shown(task, theirs)}). The "
        "weights may expect other pixels, or be none of this architecture's."
    )


def _probes(result: TrialResult) -> dict[int, float]:
    return {fold.fold: fold.probe for fold in result.folds if fold.probe is not None}
