"""Whether pretrained backbones are fed what they expect: frozen features that do not even beat a constant are a sign
of pixels in another convention (range, order of channels, inversion).

    weak_probes(frame)                # backbone, weights, probe, constant: one row an alarm
    alarms(group.frame)               # the same in words, for the page
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence

import numpy as np
import pandas as pd

from reports._drawing.html import Html, join, text
from reports._drawing.numbers import metric, value, with_unit
from reports._evidence.rows import task_of, weights_shown
from trials.records import FoldScore

UNTRAINED = ("", "none")


def weak_probes(frame: pd.DataFrame) -> pd.DataFrame:
    """Backbones on trained weights whose best probe is not better than the constant predictor on the same folds.

    Columns backbone, weights, probe, constant, in the objective's own unit. Random weights raise no alarm: nothing
    is expected of them.
    """
    found = best_probes(frame, ["backbone", "weights"])
    if found.empty:
        return found
    trained = ~found["weights"].isin(UNTRAINED) & (found["backbone"] != "") & found["constant"].notna()
    task = task_of(frame)
    beaten = [task.better(probe, constant) for probe, constant in zip(found["probe"], found["constant"], strict=True)]
    return found[trained & ~np.array(beaten)].reset_index(drop=True)


def best_probes(frame: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Columns `keys`, probe, constant: of the trials that are equal in `keys` the best mean probe, and the constant
    predictor's mean score on the folds of that probe (NaN where it has none). Trials pruned after one fold count too:
    so the best is the one that is furthest ahead of the constant, which knows which folds are easy."""
    rows = frame[frame["folds"].map(_by_fold).astype(bool)]
    if rows.empty:
        return pd.DataFrame(columns=[*keys, "probe", "constant"])
    task = task_of(frame)
    baselines = frame.loc[(frame["kind"] == "baseline") & (frame["label"] == "constant"), "folds"]
    theirs = {fold.fold: fold.metrics[task.objective] for fold in next(iter(baselines), ())}
    constant = rows["folds"].map(lambda folds: _mean_on(theirs, list(_by_fold(folds))))
    # The sign of the difference depends on whether more is better.
    behind = (rows["probe"].astype(float) - constant.fillna(0.0)) * task.loss(1.0)
    ordered = rows.assign(constant=constant, behind=behind).sort_values([*keys, "behind"], kind="stable")
    return ordered.drop_duplicates(keys)[[*keys, "probe", "constant"]].reset_index(drop=True)


def _by_fold(folds: Sequence[FoldScore]) -> dict[int, float]:
    return {fold.fold: fold.probe for fold in folds if fold.probe is not None}


def _mean_on(scores: Mapping[int, float], folds: Sequence[int]) -> float:
    return float(np.mean([scores.get(fold, np.nan) for fold in folds]))


def weak_pairs(frame: pd.DataFrame) -> set[tuple[str, str]]:
    """(backbone, weights) of every alarm."""
    weak = weak_probes(frame)
    return set(zip(weak["backbone"], weak["weights"], strict=True))


def alarms(frame: pd.DataFrame) -> Html:
    """A warning for each; empty when there is none."""
    weak = weak_probes(frame)
    return join(_alarm(task_of(frame).objective, row) for row in weak.to_dict("records"))


def _alarm(name: str, row: Mapping[Hashable, float | str]) -> Html:
    probe, constant = (with_unit(name, value(name, float(row[which]))) for which in ("probe", "constant"))
    label = metric(name).label
    label = label if label.isupper() else label.lower()
    return Html(
        f'<p class="banner" role="note"><strong>Weak features.</strong> The frozen features of '
        f"{text(row['backbone'], 60)} ({text(weights_shown(str(row['weights'])), 80)}) do not beat the constant "
        f"predictor (probe {label} {text(probe)}, constant {text(constant)}): the weights may expect "
        "other pixels.</p>"
    )
