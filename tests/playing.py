"""A search without loop, workers or folder: a searcher that is asked and told as the loop would.

play = Play(searcher, TASKS["age"], space, slots=3)
play.until(30)                         # trials told
replay(play, another_searcher)
"""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from fake_workers import experiment

from runners._samplers.estimates import estimate
from runners._searcher import FIRST, Ask, Done, Pick, Searcher, Wait
from search_spaces._space import Space
from trials.records import FoldScore, State, Trial, TrialResult
from trials.typed import typed
from xrays.strict_json import as_json
from xrays.tasks import Task

EPOCHS = experiment().epochs
FOLDS = experiment().folds
STATES: Sequence[State] = ("complete", "complete", "pruned", "infeasible", "complete", "failed", "duplicate")


def shallow(params: Mapping[str, Any]) -> float:
    """A loss that is least for few blocks and a learning rate of 1e-3."""
    return 8 + float(params["depth"]) + 2 * abs(math.log10(float(params["learning_rate"])) + 3)


class Play:
    """slots: trials under way at once; they do not finish in the order in which they were asked for. The first trial
    is the space's own first configuration, which nobody asks the searcher for.

    states: what comes of the trials, in turns; on a smaller budget "complete" is pruned after one fold, as in the
    loop, and a duplicate is told like the first result.
    """

    def __init__(
        self,
        searcher: Searcher,
        task: Task,
        space: Space,
        *,
        slots: int = 1,
        states: Sequence[State] = ("complete",),
        loss: Callable[[Mapping[str, Any]], float] = shallow,
        pick: Pick = FIRST,
    ) -> None:
        self.searcher, self.task, self.slots, self.loss, self.pick = searcher, task, slots, loss, pick
        self.told: list[TrialResult] = []
        self.open = [_trial(0, Ask(space.first), results_known=0, origin="first")]
        self.done: Done | None = None
        self._states = itertools.cycle(states)

    @property
    def number(self) -> int:
        """Of the next trial."""
        return 1 + max(trial.number for trial in [*self.told, *self.open])

    def until(self, count: int) -> None:
        """So many trials told, and then all slots in use again."""
        self.fill()
        while len(self.told) < count and self.open:
            # Neither the oldest nor the newest always.
            self.finish(self.open[(len(self.told) * 5 + 3) % 7 % len(self.open)])
            self.fill()

    def fill(self) -> None:
        while len(self.open) < self.slots and self.done is None:
            ask = self.searcher.ask(self.number, self.pick)
            if isinstance(ask, Wait):
                assert self.open, "nothing to wait for"
                return
            if isinstance(ask, Done):
                assert ask.reason
                self.done = ask
            else:
                self.add(ask)

    def add(self, ask: Ask) -> Trial:
        """Begins a trial that was asked for."""
        trial = _trial(self.number, ask, len(self.told))
        self.open.append(trial)
        return trial

    def finish(self, trial: Trial) -> TrialResult:
        self.open.remove(trial)
        state: State = next(self._states)
        result = self._result(trial, state)
        if result.estimate is None:
            result = replace(result, estimate=estimate(self.task, result, self.told))
        self.told.append(result)
        self.searcher.tell(result)
        return result

    def _result(self, trial: Trial, state: State) -> TrialResult:
        partly, first = trial.max_epochs < EPOCHS, (self.told or [None])[0]
        folds: tuple[FoldScore, ...] = ()
        if state == "duplicate" and first and not partly:
            return _result(trial, first.state, first.folds, first.estimate)
        if state in ("complete", "duplicate", "pruned"):
            state = "pruned" if partly else "complete" if state == "duplicate" else state
            value = self.loss(trial.params)
            value = value if self.task.direction == "min" else 1 - value / 50
            count = FOLDS if state == "complete" else 1
            folds = tuple(
                FoldScore(
                    fold=fold,
                    metrics={self.task.objective: value * (1 + 0.1 * fold)},
                    epochs=trial.max_epochs,
                    seconds=0.0,
                    curve=(value,) * trial.max_epochs,
                    losses=(1.0,) * trial.max_epochs,
                    complete=not partly,
                )
                for fold in range(count)
            )
        return _result(trial, state, folds)


def replay(play: Play, searcher: Searcher) -> None:
    """Tells another searcher what a run folder has kept of this one, through JSON."""
    for result in play.told:
        searcher.replay(typed(TrialResult, json.loads(as_json(result))))
    for trial in sorted(play.open, key=lambda trial: trial.number):
        searcher.replay(Trial(**json.loads(json.dumps(vars(trial)))))


def _trial(number: int, ask: Ask, results_known: int, origin: str = "") -> Trial:
    return Trial(
        number=number,
        params=dict(ask.params),
        recipe={},
        max_epochs=ask.epochs or EPOCHS,
        results_known=results_known,
        started="",
        origin=origin,
        attributes=dict(ask.attributes),
    )


def _result(trial: Trial, state: State, folds: Sequence[FoldScore], estimate: float | None = None) -> TrialResult:
    return TrialResult(**vars(trial), state=state, folds=tuple(folds), seconds=0.0, finished="", estimate=estimate)
