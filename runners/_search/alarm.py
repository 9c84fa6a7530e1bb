"""What the terminal says of a frozen backbone that does not beat a constant: when it is known, and when it is over.

said = probe_alarm(task, results, constant, weights="imagenet")      # None when there is nothing new

The rule is that of the page (`trials/probes.py`): the best of all trials of a backbone counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from runners._words import score_words
from trials.probes import Probe, best_probe
from trials.records import TrialResult
from xrays.tasks import Task


def probe_alarm(
    task: Task, results: Sequence[TrialResult], constant: Mapping[int, float], weights: str
) -> str | None:
    """In words what the last of the results changes, None where it changes nothing. constant: scores of the constant
    predictor by fold; weights: as a run's identity calls them."""
    backbone = results[-1].params.get("backbone")
    backbone_folds = [result.folds for result in results if result.params.get("backbone") == backbone]
    before, now = best_probe(task, backbone_folds[:-1], constant), best_probe(task, backbone_folds, constant)
    if now is None or _weak(task, before, weights) == now.weak(task, weights):
        return None
    values = f"({score_words(task, now.score)} against {score_words(task, now.constant)})"
    features = f"trial {results[-1].number}: the frozen features of {backbone} ({weights})"
    if not now.weak(task, weights):
        return f"ALARM OVER  {features} do beat the constant predictor {values}."
    return (
        f"ALARM    {features} do not beat the constant predictor {values}. The weights may expect other pixels, or "
        "be none of this architecture's."
    )


def _weak(task: Task, probe: Probe | None, weights: str) -> bool:
    return probe is not None and probe.weak(task, weights)
