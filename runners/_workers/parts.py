"""What is trained after a search and beside its trials, all of it to the end: an ablation's arms, finalists with
further seeds. The folder keeps it fold by fold (trials/parts.py).

    waiting = [lacking(whole, seed_parts(store.path)) for whole in …]         # None where nothing is to be trained
    schedule = PartSchedule(store, every_fold, waiting, stopped=lambda: False, note=view.note, told=…)
    Crew(workers, schedule, view, stop).run()
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

from runners._outcome import Outcome
from runners._workers.messages import Epoch, FoldDone, Job, Measured, Raised, Train
from runners._workers.protocol import Died, full_reason
from runners._workers.stop import Stop
from trials.networks import FoldNetwork, save_network
from trials.parts import Part, save_part
from trials.records import CHANCE, Failure, Trial
from trials.store import RunStore

STARTING = 6.0  # seconds that one takes before its first step: loading the backend, tracing its network


@dataclass
class Whole:
    """One network with one seed, on all folds. name: for the user; trial: what its worker is sent; part: a fold of it
    as it is on record, nothing being known of it yet; folds: still to be trained; batch_size: of its recipe; seed: of
    its jobs, None where that of the workers' experiment is its own."""

    name: str
    trial: Trial
    part: Part
    folds: list[int]
    batch_size: int
    seed: int | None = None

    def in_half_batches(self, folds: list[int]) -> Whole:
        """The same, with these folds to train in two half batches a step."""
        part = replace(self.part, halved=True)
        return replace(self, trial=replace(self.trial, accumulation=2), part=part, folds=folds)


def lacking(whole: Whole, parts: Sequence[Part]) -> Whole | None:
    """What of all its folds is still to be trained, by the parts on record, trained as those are; None where nothing
    is. What came to nothing by the configuration's own fault does so again."""
    own = [part for part in parts if part.whole == whole.part.whole]
    done = {part.fold for part in own if part.score is not None}
    folds = [fold for fold in whole.folds if fold not in done]
    if not folds or any(part.score is None and part.failure not in CHANCE for part in own):
        return None
    return whole.in_half_batches(folds) if any(part.halved for part in own) else replace(whole, folds=folds)


def ending(stop: Stop, deadline: float) -> Outcome | None:
    """Why nothing more is begun, if so. deadline: of time.monotonic()."""
    if stop.asked:
        return Outcome("stopped", "stopped")
    return Outcome("paused", "the time is up") if time.monotonic() >= deadline else None


@dataclass
class PartSchedule:
    """every_fold: of what is trained; waiting: what no worker has had yet; stopped: whether the user or the clock has
    ended it; note: shows a line; told: the line about a fold that is trained, once it is on record, "" for none;
    of: before the names of what failed, in errors/; networks: whether what is trained is kept, too."""

    store: RunStore
    every_fold: Sequence[int]
    waiting: list[Whole]
    stopped: Callable[[], bool]
    note: Callable[[str], None]
    told: Callable[[Whole, FoldDone], str]
    of: str = ""
    networks: bool = False

    def next_work(self, opened: Sequence[Whole]) -> Whole | None:
        """The next one that waits."""
        return self.waiting.pop(0) if self.waiting and not self.stopped() else None

    def ended(self, work: Whole) -> bool:
        """When all its folds are trained, or one could not be."""
        return not work.folds

    def next_job(self, work: Whole, busy: Collection[int]) -> Job | None:
        """Its next fold."""
        left = (fold for fold in work.folds if fold not in busy)
        return next((Train(work.trial, fold, self.networks, seed=work.seed) for fold in left), None)

    def sent(self, work: Whole, job: Job) -> None:
        """Nothing is noted: what is trained is known before, and what comes of it afterwards."""

    def measured(self, work: Whole, cost: Measured) -> None:
        """Never called: what a fold takes is known from the search."""

    def go(self, work: Whole, fold: int, epoch: Epoch) -> bool:
        """Nobody is stopped: what is compared needs all folds of each."""
        return True

    def fold_done(self, work: Whole, reply: FoldDone) -> None:
        """Writes score and predictions, (N,) with NaN for films that are not of the fold, to the run folder."""
        fold = reply.score.fold
        if reply.network:
            network = FoldNetwork(work.trial.number, work.part.seed, fold)
            save_network(self.store.path, network, reply.network)
        save_part(self.store.path, replace(work.part, fold=fold, score=reply.score), reply.predictions)
        work.folds.remove(fold)
        if line := self.told(work, reply):
            self.note(line)

    def halved(self, work: Whole) -> Whole:
        """All its folds again: the first one that is kept takes the place of those before."""
        return work.in_half_batches(list(self.every_fold))

    def failed(self, work: Whole, job: Job, reason: str, failure: Failure) -> None:
        """Costs the rest of it: what cannot be trained on one fold is not compared."""
        fold = job.fold if isinstance(job, Train) else work.folds[0]
        save_part(self.store.path, replace(work.part, fold=fold, error=reason, failure=failure))
        self.note(f"{work.name}, fold {fold} could not be trained: {reason}")
        work.folds.clear()

    def save_error(self, work: Whole, reply: Raised | Died) -> None:
        """Under the trial's number, which has no error of its own."""
        self.store.save_error(work.trial.number, f"{self.of}{work.name}: {full_reason(reply)}")
