"""What Optuna's samplers are told of a trial: one loss, or that it was pruned, or that it failed.

    ledger = Ledger(task)
    ledger.ranked(result)          # StudyResult("COMPLETE", value=9.8)
    ledger.valued(result)          # for samplers that know complete trials only

| what came of the trial        | tpe: `ranked`                   | gp, cmaes: `valued`             |
| ----------------------------- | ------------------------------- | ------------------------------- |
| complete                      | COMPLETE, the mean of its folds | COMPLETE, the mean of its folds |
| pruned                        | PRUNED, one report: the epochs  | COMPLETE, the estimate          |
|                               | of all folds, the estimate      |                                 |
| useless                       | as it is                        | COMPLETE, as `Losses` bounds it |
| infeasible, or with a score   | PRUNED without a report         | COMPLETE, the worst so far;     |
| that is no finite number      |                                 | FAIL while there is none        |
| failed                        | FAIL                            | FAIL                            |

TPE ranks pruned trials behind the complete ones, those that were trained for longer first, then by the value, and
those without a report last. It does not see failed trials at all. The estimate is the recorded one (`estimates.py`
beside this file says what it is), so that a replay tells what was told. A Gaussian process takes losses at their
word, so what is useless is told as no worse than useless (`Losses`).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from runners._samplers.estimates import loss_of
from trials.records import TrialResult
from xrays.tasks import Task


@dataclass(frozen=True)
class StudyResult:
    """state: one of Optuna's; value: the loss of a complete trial; reports: epochs -> loss of a pruned one."""

    state: Literal["COMPLETE", "PRUNED", "FAIL"]
    value: float | None = None
    reports: Mapping[int, float] = field(default_factory=dict)


class Losses:
    """What a Gaussian process is told instead of losses of any size. One of a million years would make all others
    equal, and the next proposals blind.

    A loss that says no more than that a network is useless is bounded: by what predictions without any knowledge
    lose, or where most networks lose more than that, by the middle one of those before. It takes every loss once, in
    the order of finishing.
    """

    def __init__(self, task: Task) -> None:
        # The best constant is on average off by no more than the label's standard deviation; nobody is always wrong.
        self._useless = task.scale if task.direction == "min" else task.loss(0.0)
        self._before: list[float] = []

    def bounded(self, loss: float) -> float:
        """The loss, or the bound where it is above."""
        middle = self._before[(len(self._before) - 1) // 2] if self._before else self._useless
        insort(self._before, loss)
        return min(loss, max(self._useless, middle))


class Ledger:
    """Takes every result once, in the order of finishing, and keeps the worst of what was told by `valued`."""

    def __init__(self, task: Task) -> None:
        self._task, self._losses = task, Losses(task)
        self._worst: float | None = None

    def ranked(self, result: TrialResult) -> StudyResult:
        """As the first column of the table."""
        loss = loss_of(self._task, result)
        if result.state == "failed":
            return StudyResult("FAIL")
        if loss is None:
            return StudyResult("PRUNED")
        return (
            StudyResult("PRUNED", reports={result.epochs: loss})
            if result.state == "pruned"
            else StudyResult("COMPLETE", loss)
        )

    def valued(self, result: TrialResult) -> StudyResult:
        """As the second column of the table."""
        loss = loss_of(self._task, result)
        if loss is not None:
            loss = self._losses.bounded(loss)
            self._worst = loss if self._worst is None else max(self._worst, loss)
        elif result.state != "failed":
            loss = self._worst
        return StudyResult("FAIL") if loss is None else StudyResult("COMPLETE", loss)
