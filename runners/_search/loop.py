"""The one loop that joins searcher, workers and run folder. The driver's side: it loads no backend.

    outcome = Search(store, space, searcher, workers, pruner, too_large, budget, view, stop).run()

Disk first, then memory: a fold is on disk before the next begins, a trial before the searcher hears of it. So a
kill costs the folds that were running, and resuming is replaying the folder.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from runners._race.pruners import Pruner, begins_of
from runners._samplers.estimates import estimate
from runners._search.alarm import probe_alarm
from runners._search.budget import Budget, Outcome, counted, enough, used_up
from runners._search.proposals import CROWNED, Proposals, now
from runners._search.view import View
from runners._searcher import Done, Searcher, Wait
from runners._workers.messages import (
    Busy,
    Displaced,
    Epoch,
    FoldDone,
    Measure,
    Measured,
    Raised,
    Ready,
    Reply,
    Train,
    Verdict,
)
from runners._workers.protocol import Died, Workers
from runners._workers.slots import Slots
from search_spaces._space import Recipe, Space
from trials.probes import constant_scores
from trials.records import Failure, FoldScore, State, Trial, TrialResult
from trials.store import RunStore
from xrays.tasks import task_named

TICK = 0.5  # seconds between looks at the clock and at Ctrl-C
# Proposals on smaller budgets that repeat a running trial, until nobody is asked any more: a searcher that does not
# know of it would propose the same until the trial ends, and nothing answers these.
HELD = 5


@dataclass
class Stop:
    """How often the user has asked to stop: once lets the running folds finish, twice does not."""

    asked: int = 0


@dataclass
class _Running:
    """The trial in a slot. began: when the fold was sent; given_up: why its worker was ended."""

    trial: Trial
    folds: list[FoldScore] = field(default_factory=list)
    fold: int = -1
    curve: list[float] = field(default_factory=list)
    began: float = float("inf")
    given_up: Died | None = None
    died: bool = False


@dataclass
class Search:
    """One call of a search. Everything that must survive it is in the folder, which the caller has locked.

    too_large(recipe): why a configuration is not trained at all, empty if it is. Raises UserError when no worker can
    start.
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
        self.store.drop_leftovers()
        self.results = self.store.trials()
        self.constant = constant_scores(self.task, self.store.baselines())
        self.interrupted = self.store.open_trials()
        self.proposals = Proposals(self.store, self.space, self.searcher)
        self.firsts: dict[str, int] = {}  # identity -> the first trial that had it, or the one trained to its end
        for result in self.results:
            self._know(result)
        self.running: dict[int, _Running] = {}
        self.held: list[Trial] = []  # repeat a trial that is still running
        self.orphans: list[Trial] = []  # begun in a slot that was given up
        self.slots = Slots(self.workers)
        self.exhausted = ""
        self.measured = False
        told = (_as_told(result, self.results) for result in self.results)
        for trial in (*self.store.known(), *told, *self.interrupted):
            self.searcher.replay(trial)

    def run(self) -> Outcome:
        """Until the budget is used up, nothing is left to propose, or the user stops it."""
        told = False
        while True:
            for slot in self.slots.there:
                # An interrupted trial may end as it begins: all of its folds are there.
                while slot not in self.running and self._begin(slot):
                    pass
            if not self.running or self.stop.asked > 1:
                return self._outcome()
            for slot, reply in self.workers.receive(TICK):
                self._handle(slot, reply)
            self._give_up_what_hangs()
            self._leave_what_waits()
            if self.stop.asked and not told:
                told = True
                self.view.stopping()

    def _ending(self) -> Outcome | None:
        if self.stop.asked:
            return Outcome("stopped", "stopped")
        if self.exhausted:
            return used_up(self.exhausted, self.experiment.grid_points)
        under_way = len(self.running) + len(self.held) + len(self.orphans)
        return enough(self.budget, self.task, self.experiment.epochs, self.results, under_way)

    def _outcome(self) -> Outcome:
        return self._ending() or Outcome("stopped", "stopped")

    def _begin(self, slot: int) -> bool:
        """Puts an interrupted trial, or a new one, into the slot. Whether there was one."""
        trial = self._next()
        if trial is None:
            return False
        folds = [score for score, _ in self.store.saved_folds(trial.number)]
        self.running[slot] = _Running(trial, folds)
        self.slots.refresh(slot)
        if not (folds or self.measured or any(result.folds for result in self.results)):
            # Nothing is known of what a fold costs here: steps are timed on the networks that are trained next.
            self.measured = True
            self.workers.send(slot, Measure(trial))
        else:
            self._advance(slot)
        return True

    def _next(self) -> Trial | None:
        """The next trial that is trained; those that are not end here. One that was begun is trained to its end
        whatever has been reached since, as those are that run."""
        if self.orphans and not self._leaving():
            return self.orphans.pop(0)
        while not self._ending():
            if self.interrupted:
                trial = self.interrupted.pop(0)
            else:
                proposed = self._proposed()
                if proposed is None:
                    return None
                trial = proposed
                self.store.save_open(trial)
            # What is crowned was not trained to its end yet, only stopped.
            if (first := self.firsts.get(trial.identity)) is not None and trial.origin != CROWNED:
                self._record(trial, "duplicate", duplicate_of=first)
            elif any(running.trial.identity == trial.identity for running in self.running.values()):
                self.held.append(trial)
            elif reason := self.too_large(self.space.recipe(trial.params)):
                self._record(trial, "infeasible", error=reason)
            else:
                return trial
        return None

    def _proposed(self) -> Trial | None:
        if sum(not self._in_full(trial) for trial in self.held) >= HELD:
            return None
        opened = [*(running.trial for running in self.running.values()), *self.held, *self.orphans]
        last = counted(self.results) + len(opened) == self.budget.trials - 1
        proposed = self.proposals.next(self.results, opened, last)
        if isinstance(proposed, Trial):
            return proposed
        if isinstance(proposed, Done):
            self.exhausted = proposed.reason
        elif isinstance(proposed, Wait) and not opened:
            raise RuntimeError("the searcher waits for a result, and nothing is running")
        return None

    def _advance(self, slot: int) -> None:
        """Finishes the trial, or begins its next fold. Decides from recorded values only."""
        running = self.running[slot]
        done = {score.fold for score in running.folds}
        # What a smaller budget shows in one fold decides whether there is a larger one.
        wanted = set(range(self.experiment.folds)) if self._in_full(running.trial) else {0}
        if any(not score.complete for score in running.folds):
            self._finish(slot, "pruned")
        elif done >= wanted:
            self._finish(slot, "complete" if self._in_full(running.trial) else "pruned")
        elif running.folds and self._judged(running) and self._lost_fold(running):
            self._finish(slot, "pruned")
        elif self._leaving():
            self._leave(slot)
        else:
            running.fold = min(wanted - done)
            running.curve, running.began, running.given_up = [], time.monotonic(), None
            self.view.fold_begins(running.trial, running.fold)
            self.workers.send(slot, Train(running.trial, running.fold))

    def _leaving(self) -> bool:
        """Whether running trials are left open: a trial that was begun counts, the clock and the user do not wait."""
        return self.stop.asked > 0 or time.monotonic() >= self.budget.deadline

    def _in_full(self, trial: Trial) -> bool:
        return trial.planned >= self.experiment.epochs

    def _judged(self, running: _Running) -> bool:
        """Whether a pruner may stop the trial: not on a smaller budget, and not what has won all of these."""
        return self._in_full(running.trial) and running.trial.origin != CROWNED

    def _lost_epoch(self, running: _Running) -> bool:
        epochs, history = self.experiment.epochs, self._history(running)
        begins = begins_of(self.space, running.trial.params, epochs)
        return self.pruner.lost_epoch(self.task, history, running.fold, running.curve, epochs, begins)

    def _lost_fold(self, running: _Running) -> bool:
        return self.pruner.lost_fold(self.task, self._history(running), running.folds)

    def _history(self, running: _Running) -> list[TrialResult]:
        return self.results[: running.trial.told]

    def _handle(self, slot: int, reply: Reply | Died) -> None:
        match reply:
            case Ready():
                self.slots.ready.add(slot)
                if slot in self.running:
                    self.running[slot].began = time.monotonic()
                self.view.ready(reply)
                return
            case Died():
                self._replace(slot, reply)
                return
            case Displaced():
                self.slots.ready.discard(slot)
                return
            case Busy():
                if slot in self.running:  # --fold-timeout is for training, of which this is none
                    self.running[slot].began = time.monotonic() if reply.done >= reply.total else float("inf")
                self.view.progress(reply, self.running[slot].trial if slot in self.running else None)
                return
        self.slots.works(slot)
        if slot not in self.running:
            # What was left while its worker still loaded is begun all the same, and nobody wants it any more.
            return
        running = self.running[slot]
        match reply:
            case Measured():
                self.view.measured(reply)
                self._advance(slot)
            case Epoch():
                running.curve.append(reply.value)
                self.view.epoch(running.trial, running.fold, reply)
                self.workers.send(slot, Verdict(go=not (self._judged(running) and self._lost_epoch(running))))
            case FoldDone():
                score = reply.score if self._in_full(running.trial) else replace(reply.score, complete=False)
                self.store.save_fold(running.trial.number, score, reply.predictions)
                running.folds.append(score)
                running.died = False
                self.view.fold_ends(running.trial, score)
                self._advance(slot)
            case Raised():
                self.store.save_error(running.trial.number, reply.traceback)
                if reply.failure == "out of memory":
                    self.slots.replace(slot)  # only the end of a process gives its memory back
                    self._out_of_memory(slot, reply.reason)
                else:
                    self._finish(slot, "failed", reply.reason, reply.failure)
            case _:
                raise TypeError(f"a search got {type(reply).__name__} from its worker")

    def _give_up_what_hangs(self) -> None:
        limit = self.budget.fold_seconds
        for slot, running in self.running.items():
            if slot in self.slots.ready and running.given_up is None and time.monotonic() - running.began > limit:
                running.given_up = Died(f"no result after {limit:.0f} s (--fold-timeout)", "timeout")
                self.workers.end(slot)

    def _leave_what_waits(self) -> None:
        """A trial whose worker still starts, or has no room on its cluster, has not begun: nobody waits for it."""
        if self._leaving():
            for slot in self.running.keys() - self.slots.ready:
                self._leave(slot)

    def _leave(self, slot: int) -> None:
        """The trial stays open."""
        self.view.left(self.running.pop(slot).trial)

    def _replace(self, slot: int, died: Died) -> None:
        """A worker that dies costs its fold, which is tried once more. One that dies before it was ready, or of the
        job before, has trained nothing: that is no fault of the trial. A slot whose workers cannot start is dropped,
        and with the last one the search ends."""
        begun = self.slots.died(slot, died)
        running = self.running.get(slot)
        if slot in self.slots.given_up:
            self.view.note(self.slots.without(died))
            if running is not None:  # another one takes the trial up again
                self._leave(slot)
                self.orphans.append(running.trial)
            return
        if running is None:
            return
        died, running.given_up = running.given_up or died, None
        if begun and died.log:
            self.store.save_error(running.trial.number, f"{died.reason}\n\n{died.log}")
        if begun and died.failure == "out of memory":
            self._out_of_memory(slot, died.reason)
        elif begun and running.died:
            self._finish(slot, "failed", died.reason, died.failure)
        else:
            running.died |= begun
            then = "the fold is left for the next call" if self._leaving() else "the fold is trained once more"
            self.view.note(f"trial {running.trial.number}: {died.reason}; {then}")
            self._advance(slot)

    def _out_of_memory(self, slot: int, reason: str) -> None:
        """All folds begin again with half the batch, two of which make a step: folds must be trained alike."""
        trial = self.running[slot].trial
        batch = self.space.recipe(trial.params).fit.batch_size
        if trial.accumulation > 1 or batch < 2:
            self._finish(slot, "failed", reason, "out of memory")
            return
        self.store.drop_folds(trial.number)
        smaller = replace(trial, accumulation=2)
        self.store.save_open(smaller)
        self.running[slot] = _Running(smaller)
        self.view.note(f"trial {trial.number}: {reason}; once more in batches of {batch // 2}, two a step")
        self._advance(slot)

    def _know(self, result: TrialResult) -> None:
        if result.identity not in self.firsts or result.origin == CROWNED:
            self.firsts[result.identity] = result.number

    def _finish(self, slot: int, state: State, error: str = "", failure: Failure = "") -> None:
        running = self.running.pop(slot)
        self._record(running.trial, state, running.folds, error, failure)
        for trial in [trial for trial in self.held if trial.identity == running.trial.identity]:
            self.held.remove(trial)
            self._record(trial, "duplicate", duplicate_of=running.trial.number)

    def _record(
        self,
        trial: Trial,
        state: State,
        folds: Sequence[FoldScore] = (),
        error: str = "",
        failure: Failure = "",
        duplicate_of: int | None = None,
    ) -> None:
        """Disk, then memory, then the searcher, then the user."""
        result = TrialResult(
            **vars(trial),
            state=state,
            folds=tuple(sorted(folds, key=lambda score: score.fold)),
            seconds=round(sum(score.seconds for score in folds), 3),
            finished=now(),
            error=error,
            failure=failure,
            duplicate_of=duplicate_of,
        )
        result = replace(result, estimate=estimate(self.task, result, self.results))
        self.store.append(result)
        self.results.append(result)
        self._know(result)
        self.searcher.tell(_as_told(result, self.results))
        self.view.trial_ends(result, self.results)
        if said := probe_alarm(self.task, self.results, self.constant, self.experiment.weights):
            self.view.note(said)


def _as_told(result: TrialResult, results: Sequence[TrialResult]) -> TrialResult:
    """What a searcher hears: of a repeated configuration what came of the one that it repeats."""
    if result.duplicate_of is None:
        return result
    first = next(one for one in results if one.number == result.duplicate_of)
    return replace(
        result,
        state=first.state,
        folds=first.folds,
        error=first.error,
        failure=first.failure,
        estimate=first.estimate,
    )
