"""The one loop that joins searcher, workers and run folder. The driver's side: it loads no backend.

    outcome = Search(store, space, searcher, workers, pruner, too_large, budget, view, stop).run()

Disk first, then memory: a fold is on disk before the next begins, a trial before the searcher hears of it. So a
kill costs the fold that was running, and resuming is replaying the folder.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from runners._alarm import probe_alarm
from runners._messages import Busy, Epoch, FoldDone, Measure, Measured, Raised, Ready, Reply, Train, Verdict
from runners._racing import Pruner
from runners._searcher import Searcher
from runners._view import View
from runners._workers import Died, Workers
from search_spaces._hyperparameters import Fixed
from search_spaces._space import Recipe, Space, canonical
from trials.records import FoldScore, State, TrialResult
from trials.store import OpenTrial, RunStore
from xrays.tasks import task_named

TICK = 0.5  # seconds between looks at the clock and at Ctrl-C
STARTS = 3
Outcome = Literal["finished", "timeout", "stopped"]


@dataclass(frozen=True)
class Budget:
    """trials: finished ones in the folder, whatever their state; deadline: of time.monotonic()."""

    trials: int
    deadline: float = float("inf")


@dataclass
class Stop:
    """How often the user has asked to stop: once lets the running folds finish, twice does not."""

    asked: int = 0


@dataclass
class _Running:
    """The trial in a slot."""

    trial: OpenTrial
    folds: list[FoldScore] = field(default_factory=list)
    fold: int = -1
    curve: list[float] = field(default_factory=list)
    died: bool = False


class WorkersCannotStart(RuntimeError):
    """A worker died before it was ready, STARTS times in a row. The trial that waited for it stays open."""


@dataclass
class Search:
    """One call of a search. Everything that must survive it is in the folder, which the caller has locked.

    too_large(recipe): why a configuration is not trained at all, empty if it is. Raises WorkersCannotStart.
    """

    store: RunStore
    space: Space
    searcher: Searcher
    workers: Workers
    pruner: Pruner
    too_large: Callable[[Recipe], str]
    budget: Budget
    view: View
    stop: Stop

    def __post_init__(self) -> None:
        self.experiment, self.task = self.store.experiment, task_named(self.store.experiment.task)
        self.store.drop_finished()
        self.results = self.store.trials()
        self.interrupted = self.store.open_trials()
        self.running: dict[int, _Running] = {}
        self.ready: set[int] = set()
        self.failed_starts: dict[int, int] = {}
        for result in self.results:
            self.searcher.replay(result)

    def run(self) -> Outcome:
        """Until the budget is used up or the user stops it."""
        told = False
        while True:
            for slot in self.workers.slots:
                if slot not in self.running and self._wanted():
                    self._begin(slot)
            if not self.running or self.stop.asked > 1:
                return self._outcome()
            for slot, reply in self.workers.receive(TICK):
                self._handle(slot, reply)
            if self.stop.asked and not told:
                told = True
                self.view.note("stopping after the running fold; Ctrl-C again stops at once and loses it")

    def _ending(self) -> bool:
        return self.stop.asked > 0 or time.monotonic() >= self.budget.deadline

    def _wanted(self) -> bool:
        return not self._ending() and len(self.results) + len(self.running) < self.budget.trials

    def _outcome(self) -> Outcome:
        if len(self.results) >= self.budget.trials:
            return "finished"
        return "stopped" if self.stop.asked else "timeout"

    def _begin(self, slot: int) -> None:
        """Puts an interrupted trial, or a new one, into the slot; leaves it empty when all that was asked for is too
        large to train."""
        trial = self.interrupted.pop(0) if self.interrupted else self._ask()
        if trial is None:
            return
        folds = [score for score, _ in self.store.saved_folds(trial.number)]
        self.running[slot] = _Running(trial, folds)
        if not folds and not any(result.complete_folds for result in self.results):
            # Nothing is known of what a fold costs here: steps are timed on the networks that are trained next.
            self.workers.send(slot, Measure(trial.number, trial.params))
        else:
            self._advance(slot)

    def _ask(self) -> OpenTrial | None:
        """The next configuration that can be trained; those that cannot are trials, too, and end here."""
        while self._wanted():
            number = 1 + max((result.number for result in self.results), default=-1)
            number = max([number, *(1 + running.trial.number for running in self.running.values())])
            ask = self.searcher.ask(number)
            recipe = self.space.sample(Fixed(ask.params))
            told = len(self.results)
            trial = OpenTrial(number, ask.params, canonical(recipe, self.task), told, _now(), ask.label)
            self.store.save_open(trial)
            reason = self.too_large(recipe)
            if not reason:
                return trial
            self._record(_Running(trial), "infeasible", reason)
        return None

    def _advance(self, slot: int) -> None:
        """Finishes the trial, or begins its next fold. Decides from recorded values only."""
        running = self.running[slot]
        done = {score.fold for score in running.folds}
        if any(not score.complete for score in running.folds):
            self._finish(slot, "pruned")
        elif len(done) == self.experiment.folds:
            self._finish(slot, "complete")
        elif running.folds and self.pruner.lost_fold(self.task, self._history(running), running.folds):
            self._finish(slot, "pruned")
        elif self._ending():
            del self.running[slot]
        else:
            running.fold = min(set(range(self.experiment.folds)) - done)
            running.curve = []
            self.view.fold_begins(running.trial, running.fold)
            self.workers.send(slot, Train(running.trial.number, running.trial.params, running.fold))

    def _history(self, running: _Running) -> list[TrialResult]:
        return self.results[: running.trial.told]

    def _handle(self, slot: int, reply: Reply | Died) -> None:
        if isinstance(reply, Ready):
            self.ready.add(slot)
            self.view.ready(reply)
            return
        if isinstance(reply, Died):
            self._replace(slot, reply)
            return
        if isinstance(reply, Busy):
            self.view.progress(reply)
            return
        running = self.running[slot]
        match reply:
            case Measured():
                self.view.measured(reply)
                self._advance(slot)
            case Epoch():
                running.curve.append(reply.value)
                judged = running.fold == 0 and self.pruner.lost_epoch(
                    self.task, self._history(running), running.curve, self.experiment.epochs
                )
                self.view.epoch(running.trial, running.fold, reply)
                self.workers.send(slot, Verdict(go=not judged))
            case FoldDone():
                self.store.save_fold(running.trial.number, reply.score, reply.predictions)
                running.folds.append(reply.score)
                running.died = False
                self.view.fold_ends(running.trial, reply.score)
                self._advance(slot)
            case Raised():
                self.store.save_error(running.trial.number, reply.traceback)
                self._finish(slot, "failed", reply.reason)
            case _:
                raise TypeError(f"a search got {type(reply).__name__} from its worker")

    def _replace(self, slot: int, died: Died) -> None:
        """A worker that dies costs its fold, which is tried once more. One that dies before it was ready has trained
        nothing: that is no fault of the trial, and a search whose workers cannot start ends."""
        started = slot in self.ready
        self.ready.discard(slot)
        self.failed_starts[slot] = 0 if started else self.failed_starts.get(slot, 0) + 1
        if self.failed_starts[slot] >= STARTS:
            raise WorkersCannotStart(died.reason)
        self.workers.replace(slot)
        running = self.running.get(slot)
        if running is None:
            return
        if started and running.died:
            self._finish(slot, "failed", died.reason)
            return
        running.died |= started
        self.view.note(f"trial {running.trial.number}: {died.reason}; the fold is trained once more")
        self._advance(slot)

    def _finish(self, slot: int, state: State, error: str = "") -> None:
        self._record(self.running.pop(slot), state, error)

    def _record(self, running: _Running, state: State, error: str) -> None:
        """Disk, then memory, then the searcher, then the user."""
        trial = running.trial
        result = TrialResult(
            number=trial.number,
            state=state,
            params=trial.params,
            recipe=trial.recipe,
            folds=tuple(sorted(running.folds, key=lambda score: score.fold)),
            told=trial.told,
            seconds=round(sum(score.seconds for score in running.folds), 3),
            started=trial.started,
            finished=_now(),
            label=trial.label,
            error=error,
        )
        self.store.append(result)
        self.results.append(result)
        self.searcher.tell(result)
        self.view.trial_ends(result, self.results)
        if alarm := probe_alarm(self.task, self.results, self.store.baselines(), self.experiment.weights):
            self.view.note(alarm)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
