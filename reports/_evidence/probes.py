"""Whether pretrained backbones are fed what they expect, by the rule of `trials/probes.py`.

weak_probes(frame)                # backbone, weights, probe, constant: one row an alarm
weak_pairs(frame)                 # {(backbone, weights)} of the same
"""

from __future__ import annotations

import pandas as pd

from reports._evidence.rows import task_of
from trials.probes import Probe, best_probe, constant_scores
from trials.records import Baseline


def weak_probes(frame: pd.DataFrame) -> pd.DataFrame:
    """Backbones on trained weights whose best probe is not better than the constant predictor on the same folds.

    Columns backbone, weights, probe, constant, in the objective's own unit. Random weights raise no alarm: nothing
    is expected of them.
    """
    keys = ["backbone", "weights"]
    rows = [
        (*key, best.score, best.constant)
        for key, best in _best(frame, keys).items()
        if key[0] and best.weak(task_of(frame), key[1])
    ]
    return pd.DataFrame(rows, columns=[*keys, "probe", "constant"])


def best_probes(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Columns `keys`, probe: of the trials that are equal in `keys` the best mean probe."""
    rows = [(*key, best.score) for key, best in _best(frame, keys).items()]
    return pd.DataFrame(rows, columns=[*keys, "probe"])


def _best(frame: pd.DataFrame, keys: list[str]) -> dict[tuple[str, ...], Probe]:
    baselines = frame.loc[(frame["kind"] == "baseline") & (frame["label"] == "constant"), "folds"]
    probes = {}
    for key, of_key in frame.groupby(keys, sort=True):
        task = task_of(frame)
        constant = constant_scores(task, [Baseline("constant", folds) for folds in baselines.head(1)])
        if (best := best_probe(task, of_key["folds"], constant)) is not None:
            probes[tuple(map(str, key))] = best
    return probes


def weak_pairs(frame: pd.DataFrame) -> set[tuple[str, str]]:
    """(backbone, weights) of every alarm."""
    weak = weak_probes(frame)
    return set(zip(weak["backbone"], weak["weights"], strict=True))
