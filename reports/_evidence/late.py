"""What the last quarter of a search has brought: more than luck with patients and the number of trials explain?

found = late(group)             # of the run of the best trial; None where nothing is known of its choice
found.verdict                   # "gaining"
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd

from reports._evidence.groups import Group
from trials.best import best_trials, is_complete

Verdict = Literal["gaining", "long stopped", "luck", "too few", "no early one"]
LEAST, LATE, HALF = 20, 0.75, 0.5


@dataclass(frozen=True)
class Late:
    """trials: that have finished; early, best: the scores of the best of the first three quarters of them, NaN where
    none is complete, and of all. verdict: gaining where these are not tied; long stopped where the best of the first
    half is already as good; too few trials to say; no early one where the first three quarters have none complete."""

    run: str
    trials: int
    early: float
    best: float
    verdict: Verdict


def late(group: Group) -> Late | None:
    """Of the run of the best trial, by the seed of the search."""
    first = best_trials(group.rows, 1)
    if first.empty or group.choice is None:
        return None
    run, best = str(first["run"].iloc[0]), float(first["score"].iloc[0])
    trials = group.rows[(group.rows["run"] == run) & (group.rows["kind"] == "trial")]
    early, half = _best_of(trials, LATE), _best_of(trials, HALF)
    score = float("nan") if early is None else float(early["score"])
    if len(trials) < LEAST:
        verdict: Verdict = "too few"
    elif early is None:
        verdict = "no early one"
    elif not _as_good(group, first.iloc[0], early):
        verdict = "gaining"
    else:
        verdict = "long stopped" if half is not None and _as_good(group, first.iloc[0], half) else "luck"
    return Late(run, len(trials), score, best, verdict)


def _best_of(trials: pd.DataFrame, share: float) -> pd.Series[Any] | None:
    """The best complete one among the first of a run, by its own seed."""
    begun = trials.head(int(share * len(trials)))
    complete = begun[is_complete(begun)]
    return None if complete.empty else complete.sort_values("loss", kind="stable").iloc[0]


def _as_good(group: Group, best: pd.Series[Any], other: pd.Series[Any]) -> bool:
    key = (other["run"], other["number"])
    assert group.choice is not None
    return key in group.choice.tied or key in group.choice.same or key == (best["run"], best["number"])
