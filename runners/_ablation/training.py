"""Trains the arms of an ablation, fold by fold. The driver's side: it loads no backend.

    outcome = Training(store, pairs, repeats=1, open_workers=…, deadline=…, stop=stop, say=print).run()

Disk first: a fold's predictions and its line are written before the next fold begins, so a kill costs the folds that
were running, and the same call goes on. An arm stays with one worker, which compiles its network once. The first two
arms are the pair that matters most: with two workers they go side by side, so that what a broken ablation leaves is
still a comparison.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from runners._ablation.repeats import repeat_of
from runners._search.budget import Outcome
from runners._search.loop import TICK, Stop
from runners._words import shown, stopping
from runners._workers.messages import Busy, Displaced, Epoch, FoldDone, Raised, Ready, Reply, Train, Verdict
from runners._workers.protocol import Died, Workers
from runners._workers.slots import Slots
from trials.ablation import Arm, Part, parts_of, save_part
from trials.experiment import Experiment
from trials.records import Trial
from trials.store import RunStore
from xrays.tasks import task_named

# What may end otherwise when it is tried again, on another machine or another day.
CHANCE = ("killed", "timeout", "out of memory")
OpenWorkers = Callable[[Experiment, NDArray[np.int8], int], AbstractContextManager[Workers]]


@dataclass
class _Arm:
    """A configuration that a worker trains, under the name of its first arm."""

    name: str
    configuration: str
    trial: Trial
    folds: deque[int]
    died: bool = False
    began: float = 0.0


def missing(store: RunStore, pairs: Sequence[tuple[Arm, Trial]], repeat: int) -> list[_Arm]:
    """What is still to be trained of a repeat, the pair first. Arms with equal configurations are one."""
    parts = [part for part in parts_of(store.path) if part.repeat == repeat]
    done = {(part.configuration, part.fold) for part in parts if part.score}
    # A configuration that diverged or raised does so again.
    hopeless = {part.configuration for part in parts if not part.score and part.failure not in CHANCE}
    found: dict[str, _Arm] = {}
    for arm, trial in pairs:
        own = arm.configuration
        folds = deque(fold for fold in range(store.experiment.folds) if (own, fold) not in done)
        if folds and own not in hopeless:
            found.setdefault(own, _Arm(arm.name, own, trial, folds))
    return list(found.values())


@dataclass
class Training:
    """One call of an ablation. The caller has locked the folder and written down the arms.

    open_workers(experiment, assignment, arms): workers for a repeat with so many arms to train; fold_seconds: after
    which a fold is given up; fold_cost: seconds that one may take; deadline: of time.monotonic(), after which none is
    begun.
    """

    store: RunStore
    pairs: Sequence[tuple[Arm, Trial]]
    repeats: int
    open_workers: OpenWorkers
    stop: Stop
    say: Callable[[str], None]
    deadline: float = float("inf")
    fold_seconds: float = float("inf")
    fold_cost: float = 0.0
    running: dict[int, _Arm] = field(default_factory=dict)
    repeat: int = 0

    def run(self) -> Outcome:
        films = self.store.films()
        for repeat in range(self.repeats):
            self.repeat = repeat
            waiting = deque(missing(self.store, self.pairs, self.repeat))
            if waiting and (ended := self._ending()):
                return ended
            if waiting:
                self.own, assignment = repeat_of(self.store.experiment, films, self.repeat)
                with self.open_workers(self.own, assignment, len(waiting)) as self.workers:
                    self.slots, self.waiting = Slots(self.workers), waiting
                    if ended := self._trained():
                        return ended
        return Outcome("finished", "")

    def _ending(self) -> Outcome | None:
        if self.stop.asked:
            return Outcome("stopped", "stopped")
        return Outcome("paused", "the time is up") if time.monotonic() >= self.deadline else None

    def _trained(self) -> Outcome | None:
        """All waiting arms, unless the user or the clock ends it before."""
        told = False
        while True:
            for slot in self.slots.there:
                if slot not in self.running and self.waiting and not self._ending():
                    self._advance(slot, self.waiting.popleft())
            if not self.running or self.stop.asked > 1:
                self.running.clear()
                return self._ending()
            for slot, reply in self.workers.receive(TICK):
                self._handle(slot, reply)
            for slot, arm in self.running.items():
                if slot in self.slots.ready and time.monotonic() - arm.began > self.fold_seconds:
                    arm.began = float("inf")
                    self.workers.end(slot)
            if self.stop.asked and not told:
                told = True
                spent = [time.monotonic() - arm.began for arm in self.running.values() if arm.began < float("inf")]
                self.say(stopping(max(0.0, self.fold_cost - min(spent, default=0.0))))

    def _advance(self, slot: int, arm: _Arm) -> None:
        """The arm's next fold, or nothing where it has none left or no fold may begin."""
        self.running.pop(slot, None)
        if arm.folds and not self._ending():
            self.running[slot], arm.began = arm, time.monotonic()
            self.workers.send(slot, Train(arm.trial, arm.folds[0]))

    def _handle(self, slot: int, reply: Reply | Died) -> None:
        arm = self.running.get(slot)
        match reply:
            case Ready():
                self.slots.ready.add(slot)
                if arm is not None:
                    arm.began = time.monotonic()
                return
            case Displaced():
                self.slots.ready.discard(slot)
                return
            case Busy():
                if arm is not None:  # no time of the fold passes
                    arm.began = time.monotonic() if reply.done >= reply.total else float("inf")
                return
            case Died():
                self._replace(slot, reply)
                return
        self.slots.works(slot)
        if arm is None:
            return
        match reply:
            case Epoch():
                self.workers.send(slot, Verdict(go=True))
            case FoldDone():
                fold, task = arm.folds.popleft(), task_named(self.own.task)
                part = Part(arm.configuration, self.repeat, self.own.seed, fold, reply.score)
                save_part(self.store.path, part, reply.predictions)
                self.say(f"  {self._where(arm, fold)}: {shown(task, reply.score.metrics[task.objective])}")
                arm.died = False
                self._advance(slot, arm)
            case Raised():
                self._keep(arm, f"{reply.reason}\n\n{reply.traceback}")
                self._failed(slot, arm, reply)
            case _:
                raise TypeError(f"an ablation got {type(reply).__name__} from its worker")

    def _replace(self, slot: int, died: Died) -> None:
        begun, arm = self.slots.died(slot, died), self.running.get(slot)
        if begun and arm is not None and died.log:
            self._keep(arm, f"{died.reason}\n\n{died.log}")
        if slot in self.slots.given_up:
            self.say(f"  {self.slots.without(died)}")
            if arm is not None:
                self.waiting.appendleft(self.running.pop(slot))
        elif arm is not None and arm.died and begun:
            self._failed(slot, arm, Raised(died.reason, "", died.failure))
        elif arm is not None:
            arm.died |= begun
            self._advance(slot, arm)

    def _failed(self, slot: int, arm: _Arm, reply: Raised) -> None:
        """Costs the rest of the arm: what cannot be trained on one fold is not compared."""
        part = Part(arm.configuration, self.repeat, self.own.seed, arm.folds[0], None, reply.reason, reply.failure)
        save_part(self.store.path, part)
        self.say(f"  {self._where(arm, arm.folds[0])} could not be trained: {reply.reason}")
        if reply.failure == "out of memory":
            self.slots.replace(slot)
        arm.folds.clear()
        self._advance(slot, arm)

    def _keep(self, arm: _Arm, error: str) -> None:
        """Under the winner's number, which has no error of its own."""
        self.store.save_error(arm.trial.number, f"ablation, {self._where(arm, arm.folds[0])}: {error}")

    def _where(self, arm: _Arm, fold: int) -> str:
        again = f", repeat {self.repeat + 1} of {self.repeats}" if self.repeats > 1 else ""
        return f"{arm.name}, fold {fold}{again}"
