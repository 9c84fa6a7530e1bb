"""A search as its crew sees it: what is trained next, what a result means. The driver's side: it loads no backend.

    outcome = open_search(store, space, searcher, workers, pruner, too_large, budget, view, stop).run()

Disk first, then memory: a fold is on disk before the next begins, a trial before the searcher hears of it. So a
kill costs the folds that were running, and resuming is replaying the folder.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from runners._final.plan import Coming
from runners._outcome import Outcome
from runners._race.standing import Pruner, last_stage
from runners._race.worked import Worked, workload_of
from runners._search.budget import Budget, end_of_budget, end_of_proposals, trial_count
from runners._search.candidate import Candidate, TrialProgress, candidate_of
from runners._search.clock import Clock
from runners._search.judge import Ending, Judge
from runners._search.pace import Pace
from runners._search.proposals import WINNER, Proposals
from runners._search.recorder import Recorder, firsts_of, for_searcher
from runners._search.view import View
from runners._searcher import Done, Searcher, Wait
from runners._workers.crew import Crew
from runners._workers.messages import Epoch, FoldDone, Job, Measure, Measured, Raised, Train
from runners._workers.protocol import Died, Workers, full_reason
from runners._workers.stop import Stop
from search_spaces._space import Recipe, Space
from trials.networks import FoldNetwork, keep_promising, save_network
from trials.probes import constant_scores
from trials.records import Failure, Trial
from trials.store import RunStore
from trials.timesheet import Timesheet
from xrays.tasks import task_named

# Open proposals on smaller budgets that repeat a running trial, until nobody is asked any more: a searcher that does
# not know of it would propose the same until the trial ends, and nothing answers these.
OPEN_REPEATS = 5


def open_search(
    store: RunStore,
    space: Space,
    searcher: Searcher,
    workers: Workers,
    pruner: Pruner,
    too_large: Callable[[Recipe], str | None],
    budget: Budget,
    view: View,
    stop: Stop,
) -> Search:
    """The search as its folder has it, which the caller has locked; the searcher is told of all that it holds.
    too_large: why a recipe is not trained at all, None where it is."""
    store.drop_leftovers()
    if budget.networks:
        keep_promising(store, budget.networks)
    results, opened = store.trials(), store.open_trials()
    for trial in (*store.known(), *(for_searcher(result, results) for result in results), *opened):
        searcher.replay(trial)
    task = task_named(store.experiment.task)
    recorder = Recorder(
        store, task, searcher, view, results, firsts_of(results), constant_scores(task, store.baselines())
    )
    experiment = store.experiment
    worked = Worked(workload_of(store, space))
    proposals = Proposals(store, space, searcher, worked)
    judge = Judge(pruner, task, len(experiment.every_fold), experiment.epochs, results, worked.by_epoch)
    finals = Coming(store, budget.finalists).plans
    pace = Pace(worked, results, budget.deadline, finals, budget.final_seconds)
    return Search(store, space, recorder, proposals, workers, judge, too_large, budget, pace, view, stop, opened)


@dataclass
class Search:
    """One call of a search; what must survive it is in the folder. interrupted: trials that an earlier call has
    begun; repeats: trials that are equal to one that is running; exhausted: why nothing is left to propose."""

    store: RunStore
    space: Space
    recorder: Recorder
    proposals: Proposals
    workers: Workers
    judge: Judge
    too_large: Callable[[Recipe], str | None]
    budget: Budget
    pace: Pace
    view: View
    stop: Stop
    interrupted: list[Trial]
    repeats: list[Trial] = field(default_factory=list)
    exhausted: str | None = None
    measuring: bool = False

    @cached_property
    def crew(self) -> Crew[TrialProgress]:
        """Trains what this search wants to have trained."""
        sheet = Timesheet(self.store.path, "search", len(self.workers.slots), self.budget.begun)
        return Crew(self.workers, self, self.view, self.stop, sheet, self.budget.deadline, self.budget.fold_seconds)

    @cached_property
    def clock(self) -> Clock:
        """What there is time for."""
        return Clock(self.pace, self.judge, self.view)

    @property
    def at_work(self) -> int:
        """Workers that there are."""
        return len(self.crew.slots.usable)

    def run(self) -> Outcome:
        """Until the budget is used up, nothing is left to propose, or the user stops it. Raises UserError when no
        worker can start."""
        self.crew.run()
        ending = self._ending(())
        if ending is None or (ending.kind == "paused" and self.pace.left):
            return Outcome("paused", self.pace.words)
        if ending.kind == "finished" and (left := len(self.pace.left)):
            return replace(ending, reason=f"{ending.reason}, beside {left} for which there was no time")
        return ending

    def next_work(self, opened: Sequence[TrialProgress]) -> TrialProgress | None:
        """The next trial that is trained, interrupted ones first. Trials that are not trained end here."""
        while not self._ending(opened):
            if len(opened) >= self.budget.concurrent or self.clock.waits(opened):
                return None
            begun = candidate_of(self.interrupted.pop(0), self.space) if self.interrupted else None
            if begun is None and self.clock.full(opened, self.at_work):
                return None
            candidate = begun or self._proposed(opened)
            if candidate is None:
                return None
            trial = candidate.trial
            # What has won the smaller budgets was not trained to its end yet, only stopped.
            if (first := self.recorder.firsts.get(trial.identity)) is not None and trial.origin != WINNER:
                self.recorder.record(trial, "duplicate", duplicate_of=first)
            elif any(work.trial.identity == trial.identity for work in opened):
                self.repeats.append(trial)
            elif reason := self.too_large(candidate.recipe):
                self.recorder.record(trial, "infeasible", error=reason)
            else:
                folds = {score.fold: score for score, _ in self.store.unfinished.folds(trial.number)}
                if folds:
                    self.pace.folds(candidate, folds.values())
                before = last_stage(self.space, candidate.recipe, self.store.experiment.epochs)
                work = TrialProgress(candidate, before, folds)
                if self.clock.admits(work, opened, self.at_work, fresh=begun is None):
                    return work
        return None

    def ended(self, work: TrialProgress) -> bool:
        """Decides from recorded values only. Folds that were trained beside the one that ends it are forgotten."""
        ending = self.judge.ending(work)
        if ending is None:
            return False
        self.store.unfinished.drop_folds(work.trial.number, {score.fold for score in ending.folds})
        self._end(work.trial, ending)
        return True

    def next_job(self, work: TrialProgress, busy: Collection[int]) -> Job | None:
        """The first fold that nobody has, unless one before it ends the trial."""
        if not (work.folds or busy or self.measuring or any(result.folds for result in self.recorder.results)):
            # Nothing is known of what a fold costs here: steps are timed on the networks that are trained next.
            self.measuring = True
            return Measure(work.trial)
        for fold in self.judge.wanted(work.trial):
            if fold in work.failures or (fold in work.folds and not work.folds[fold].complete):
                return None
            if fold not in work.folds and fold not in busy:
                return Train(work.trial, fold, network=self.budget.networks > 0)
        return None

    def sent(self, work: TrialProgress, job: Job) -> None:
        """A fold begins at its first epoch."""
        if isinstance(job, Train):
            work.curves[job.fold] = []
            self.view.fold_begins(work.trial, job.fold)

    def measured(self, work: TrialProgress, cost: Measured) -> None:
        """Tells what trials take, and whether this one will end."""
        self.clock.measured(work, cost, self.at_work)

    def go(self, work: TrialProgress, fold: int, epoch: Epoch) -> bool:
        """Whether no pruner stops the trial."""
        work.curves[fold].append(epoch.value)
        self.view.epoch(work.trial, fold, epoch)
        return not self.judge.lost_epoch(work, fold)

    def fold_done(self, work: TrialProgress, reply: FoldDone) -> None:
        """Of a smaller budget no fold counts as complete."""
        score = reply.score if self.judge.in_full(work.trial) else replace(reply.score, complete=False)
        if reply.network:
            network = FoldNetwork(work.trial.number, self.store.experiment.seed, score.fold)
            save_network(self.store.path, network, reply.network)
        self.store.unfinished.save_fold(work.trial.number, score, reply.predictions)
        work.folds[score.fold] = score
        self.pace.folds(work.candidate, work.folds.values())
        self.view.fold_ends(work.trial, score)

    def halved(self, work: TrialProgress) -> TrialProgress:
        """The trial begins anew, in two half batches a step."""
        smaller = replace(work.trial, accumulation=2)
        self.store.unfinished.drop_folds(smaller.number)
        self.store.unfinished.save(smaller)
        self.view.drop(smaller)
        return TrialProgress(Candidate(smaller, work.candidate.recipe), work.last_stage)

    def failed(self, work: TrialProgress, job: Job, reason: str, failure: Failure) -> None:
        """The trial ends with the folds before this one, unless one of them ends it."""
        fold = job.fold if isinstance(job, Train) else 0  # what cannot be timed cannot be trained
        work.failures[fold] = reason, failure

    def save_error(self, work: TrialProgress, reply: Raised | Died) -> None:
        """In the run folder, by the trial's number."""
        self.store.save_error(work.trial.number, full_reason(reply))

    def _ending(self, opened: Sequence[TrialProgress]) -> Outcome | None:
        experiment = self.store.experiment
        if self.stop.asked:
            return Outcome("stopped", "stopped")
        if self.exhausted is not None and not self.pace.left:
            return end_of_proposals(self.exhausted, experiment.grid_points)
        if self.exhausted is not None or self.pace.over:
            return Outcome("paused", self.pace.words)
        under_way = len(opened) + len(self.repeats)  # what is left was not tried
        return end_of_budget(self.budget, experiment, self.recorder.results, under_way)

    def _proposed(self, opened: Sequence[TrialProgress]) -> Candidate | None:
        if sum(not self.judge.in_full(trial) for trial in self.repeats) >= OPEN_REPEATS:
            return None
        under_way = [*(work.trial for work in opened), *self.repeats]
        last = trial_count(self.recorder.results) + len(under_way) == self.budget.trials - 1
        trials = [*under_way, *self.pace.left]
        proposed = self.proposals.next(self.recorder.results, trials, last, self.pace.searched)
        if isinstance(proposed, Candidate):
            self.store.unfinished.save(proposed.trial)
            return proposed
        if isinstance(proposed, Done):
            self.exhausted = proposed.reason
        elif isinstance(proposed, Wait) and not trials:
            raise RuntimeError("the searcher waits for a result, and nothing is running")
        return None

    def _end(self, ended: Trial, ending: Ending) -> None:
        """Records the trial, and after it those that repeat it."""
        self.recorder.record(ended, ending.state, ending.folds, ending.error, ending.failure)
        if self.budget.networks:
            keep_promising(self.store, self.budget.networks)
        for trial in [trial for trial in self.repeats if trial.identity == ended.identity]:
            self.repeats.remove(trial)
            self.recorder.record(trial, "duplicate", duplicate_of=ended.number)
