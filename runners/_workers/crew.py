"""Workers that train what a schedule holds: the one loop of whatever trains fold by fold.

    sheet = Timesheet(store.path, "search", len(workers.slots), since=begun)
    Crew(workers, schedule, view, stop, sheet, deadline=time.monotonic() + 3600, fold_seconds=1200).run()

A worker that has nothing to begin takes folds of what others train: it makes the network once more, and the end comes
sooner. What comes of it is the same, since a fold is trained alike wherever it is.

What may go wrong with workers is dealt with here. One that dies costs its fold, which is tried once more; one that
dies before it was ready, or of the job before, has trained nothing, and that is no fault of the trial. Where memory
runs out the trial begins again in half batches. A slot whose workers cannot start is given up, and with the last one
all ends.
"""

from __future__ import annotations

import time
from typing import Generic

from runners._workers.messages import (
    Busy,
    Epoch,
    FoldDone,
    Measured,
    Preemption,
    Raised,
    Ready,
    Reply,
    Train,
    Verdict,
)
from runners._workers.protocol import Died, Workers
from runners._workers.schedule import Observer, Schedule, SlotWork, W
from runners._workers.slots import STARTS, Slots
from runners._workers.stop import Stop
from trials.timesheet import Did, Timesheet

TICK = 0.5  # seconds between looks at the clock and at Ctrl-C


class Crew(Generic[W]):
    """A class because it holds what every worker is busy with. running: by slot."""

    def __init__(
        self,
        workers: Workers,
        schedule: Schedule[W],
        view: Observer,
        stop: Stop,
        sheet: Timesheet,
        deadline: float = float("inf"),
        fold_seconds: float = float("inf"),
    ) -> None:
        """sheet: takes down what every worker did; deadline: of time.monotonic(), after which no fold is begun;
        fold_seconds: after which one is given up."""
        self._workers, self._schedule, self._view, self._stop = workers, schedule, view, stop
        self._sheet = sheet
        self._deadline, self._fold_seconds = deadline, fold_seconds
        self.slots = Slots(workers)
        self.running: dict[int, SlotWork[W]] = {}
        self._unassigned: list[W] = []  # begun in a slot that was given up

    def run(self) -> None:
        """Until nothing is running and nothing is to be begun, or the user has asked twice. Raises UserError when no
        worker can start."""
        try:
            self._work()
        finally:
            for slot, current in self.running.items():
                self._note(slot, current, "left")
            self._sheet.close()

    def _work(self) -> None:
        said = False
        while True:
            for begin in (self._begin, self._share):  # what is shared can wait until all others have begun
                for slot in self.slots.usable:
                    # What was interrupted may end as it begins: all of its folds are there.
                    while slot not in self.running and begin(slot):
                        pass
            if all(current.dropped for current in self.running.values()) or self._stop.asked > 1:
                return
            for slot, reply in self._workers.receive(TICK):
                self._hear(slot, reply)
            self._end_overdue()
            self._leave_unstarted()
            if self._stop.asked and not said:
                said = True
                self._view.stopping()

    @property
    def spent(self) -> list[float]:
        """Seconds that each of the running folds has taken."""
        now = time.monotonic()
        return [now - current.since for current in self.running.values() if current.since < float("inf")]

    @property
    def opened(self) -> list[W]:
        """Begun, and not at its end: each once, those first that fewest workers train."""
        works = [*(current.work for current in self.running.values() if not current.dropped), *self._unassigned]
        once = {id(work): work for work in works}
        return sorted(once.values(), key=lambda work: sum(other is work for other in works))

    @property
    def _leaving(self) -> bool:
        """Whether what was begun is left open: it counts, and neither the clock nor the user waits for all of it."""
        return self._stop.asked > 0 or time.monotonic() >= self._deadline

    def _begin(self, slot: int) -> bool:
        """Whether there was something to begin."""
        if self._unassigned and not self._leaving:
            work: W | None = self._unassigned.pop(0)
        else:
            work = self._schedule.next_work(self.opened)
        if work is None:
            return False
        self.slots.refresh(slot)
        self._advance(slot, work)
        return True

    def _share(self, slot: int) -> bool:
        """Whether there was a fold for it of what others train. One whose worker is not there yet takes none: it may
        never come, and others would wait for it."""
        if self._leaving or slot not in self.slots.ready:
            return False
        self.slots.refresh(slot)
        for work in self.opened if slot in self.slots.ready else ():
            if (job := self._schedule.next_job(work, self._busy(work))) is not None:
                self._send(slot, SlotWork(work, job))
                return True
        return False

    def _advance(self, slot: int, work: W) -> None:
        """After what has come of a job of it in this slot, and when it begins."""
        died = current.job if (current := self.running.pop(slot, None)) and current.died else None
        if self._schedule.ended(work):
            self._drop(work)
        elif self._leaving:
            self._leave(work)
        elif (job := self._schedule.next_job(work, self._busy(work))) is not None:
            self._send(slot, SlotWork(work, job, died=job == died))

    def _send(self, slot: int, work: SlotWork[W]) -> None:
        work.since = work.begun = time.monotonic()
        self.running[slot] = work
        self._schedule.sent(work.work, work.job)
        self._workers.send(slot, work.job)

    def _of(self, work: W) -> list[SlotWork[W]]:
        return [current for current in self.running.values() if current.work is work and not current.dropped]

    def _busy(self, work: W) -> set[int]:
        return {current.job.fold for current in self._of(work) if isinstance(current.job, Train)}

    def _drop(self, work: W) -> None:
        """Nobody waits for what is still trained of it; its workers hear of that after the epoch."""
        for current in self._of(work):
            current.dropped = True

    def _hear(self, slot: int, reply: Reply | Died) -> None:
        current = self.running.get(slot)
        trial = current.work.trial if current and not current.dropped else None
        match reply:
            case Died():
                self._worker_died(slot, reply)
            case Preemption():
                self.slots.ready.discard(slot)
            case Ready():
                self.slots.ready.add(slot)
                self._sheet.ready(slot, current.begun if current else None)
                if current:
                    current.since = current.begun = time.monotonic()
                self._view.ready(reply)
            case Busy():
                if current:
                    current.since = time.monotonic() if reply.done >= reply.total else float("inf")
                self._view.progress(reply, trial)
            case _:
                self.slots.answered(slot)
                # What was left while its worker still loaded is begun all the same, and nobody wants it any more.
                if current and current.dropped:
                    self._unwanted(slot, current, reply)
                elif current:
                    self._answered(slot, current, reply)

    def _note(self, slot: int, current: SlotWork[W], did: Did, compiling: float = 0.0) -> None:
        fold = current.job.fold if isinstance(current.job, Train) else -1
        self._sheet.worked(slot, current.begun, did, current.work.trial.number, fold, compiling)

    def _unwanted(self, slot: int, current: SlotWork[W], reply: Reply) -> None:
        if isinstance(reply, Epoch):
            self._workers.send(slot, Verdict(False))
            return
        self._note(slot, current, "unwanted")
        del self.running[slot]
        if isinstance(reply, Raised) and reply.failure == "out of memory":
            self.slots.replace(slot)

    def _answered(self, slot: int, current: SlotWork[W], reply: Reply) -> None:
        match reply:
            case Epoch():
                fold = current.job.fold if isinstance(current.job, Train) else 0
                self._workers.send(slot, Verdict(self._schedule.go(current.work, fold, reply)))
            case Measured():
                self._note(slot, current, "measured")
                self._view.measured(reply)
                self._schedule.measured(current.work, reply)
                self._advance(slot, current.work)
            case FoldDone():
                current.died = False
                self._schedule.fold_done(current.work, reply)  # nothing comes before it is kept
                self._note(slot, current, "trained", reply.compiling)
                self._advance(slot, current.work)
            case Raised():
                self._schedule.save_error(current.work, reply)
                self._note(slot, current, "failed")
                if reply.failure == "out of memory":
                    self.slots.replace(slot)  # only the end of a process gives its memory back
                    self._halve(slot, reply)
                else:
                    self._fail(slot, reply)
            case _:
                raise TypeError(f"a crew got {type(reply).__name__} from a worker")

    def _worker_died(self, slot: int, died: Died) -> None:
        current = self.running.get(slot)
        if current:
            self._note(slot, current, "died" if slot in self.slots.ready else "starting")
        begun = self.slots.died(slot, died)
        if slot in self.slots.given_up:
            left = len(self.slots.usable)
            self._view.note(f"{died.reason}; {STARTS} times in a row, so it goes on with {left} workers")
            if current and not self.running.pop(slot).dropped and not self._of(current.work):
                self._unassigned.append(current.work)
                self._view.drop(current.work.trial)
        elif current and current.dropped:
            del self.running[slot]
        elif current:
            self._job_lost(slot, current, died, begun)

    def _job_lost(self, slot: int, current: SlotWork[W], died: Died, begun: bool) -> None:
        died, current.overdue = current.overdue or died, None
        if begun and died.log:
            self._schedule.save_error(current.work, died)
        if begun and died.failure == "out of memory":
            self._halve(slot, died)
        elif begun and current.died:
            self._fail(slot, died)
        else:
            current.died |= begun
            then = "left for the next call" if self._leaving else "trained once more"
            self._view.note(f"{current.name}: {died.reason}; the fold is {then}")
            self._advance(slot, current.work)

    def _halve(self, slot: int, reply: Raised | Died) -> None:
        work = self.running[slot].work
        if work.trial.accumulation > 1 or (half := work.batch_size // 2) < 1:
            self._fail(slot, reply)
        else:
            del self.running[slot]
            self._drop(work)
            self._view.note(f"{work.name}: {reply.reason}; once more in batches of {half}, two a step")
            self._advance(slot, self._schedule.halved(work))

    def _fail(self, slot: int, reply: Raised | Died) -> None:
        current = self.running[slot]
        self._schedule.failed(current.work, current.job, reply.reason, reply.failure)
        self._advance(slot, current.work)

    def _leave(self, work: W) -> None:
        """It stays open, once none of its workers is left."""
        if not self._of(work):
            self._view.drop(work.trial)

    def _end_overdue(self) -> None:
        for slot, current in self.running.items():
            since = time.monotonic() - current.since
            if slot in self.slots.ready and current.overdue is None and since > self._fold_seconds:
                current.overdue = Died(f"no result after {self._fold_seconds:.0f} s (--fold-timeout)", "timeout")
                self._workers.end(slot)

    def _leave_unstarted(self) -> None:
        """What waits for a worker that still starts, or has no room on its cluster, has not begun."""
        for slot in self.running.keys() - self.slots.ready if self._leaving else ():
            current = self.running.pop(slot)
            self._note(slot, current, "starting")
            if not current.dropped:
                self._leave(current.work)
