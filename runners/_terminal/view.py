"""What the user sees while a search runs: a line a trial, and on a terminal where the running fold is.

with TerminalView(experiment, Budget(trials=50), store.trials(), workers=2) as view:
    Search(store, …, view, stop).run()
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.text import Text

from runners._search.budget import Budget, trial_count
from runners._terminal.eta import costs_of, folds_left, time_left
from runners._terminal.running import RunningTrials
from runners._words import duration, score_words, stopping_words
from runners._workers.messages import Busy, Epoch, Measured, Ready
from trials.experiment import Experiment
from trials.records import FoldScore, Trial, TrialResult, best_trial
from xrays.tasks import task_named

TOO_LONG = 12 * 3600


class TerminalView(AbstractContextManager["TerminalView"]):
    """Prints a line a trial; on a terminal also redraws where the running fold is. A class because it owns the
    screen while the search runs."""

    def __init__(
        self, experiment: Experiment, budget: Budget, results: Sequence[TrialResult], workers: int = 1
    ) -> None:
        self._experiment, self._task, self._budget = experiment, task_named(experiment.task), budget
        self._workers = workers
        self._running = RunningTrials(experiment)
        self._console = Console(highlight=False)
        # `Live` prints its last state once where it cannot redraw: a log wants lines only.
        self._live = Live(console=self._console, refresh_per_second=4, transient=True)
        self._interactive = self._console.is_terminal
        self._finished, self._best = trial_count(results), best_trial(results, self._task)
        self._measured = 0.0  # seconds of a trial
        self._results, self._costs = results, costs_of(experiment, results, self._measured)
        self._device = ""

    def __enter__(self) -> Self:
        if self._interactive:
            self._live.start()
            workers = "the worker" if self._workers == 1 else f"{self._workers} workers"
            self._live.update(Text(f"starting {workers} (loading the backend takes some seconds) …"))
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def ready(self, reply: Ready) -> None:
        """A line for the device, unless it is the one that was said before."""
        if reply.device != self._device:  # several workers have the same, and so has one that was replaced
            several = f"{self._workers} workers, " if self._workers > 1 else ""
            self.note(f"device   {several}{reply.device}")
        self._device = reply.device

    def progress(self, reply: Busy, trial: Trial | None = None) -> None:
        """The trial's line says what its worker does; where nothing can be redrawn, a line once that is done."""
        if not self._running.busy(trial, reply) and not self._interactive:
            self.note(f"  {reply.what}: done")
        self._show()

    def measured(self, cost: Measured) -> None:
        """A line for the first trial and for all, and what would be cheaper where that is long."""
        first = cost.trial_seconds(len(self._experiment.every_fold))
        self._measured = first - cost.feature_seconds
        self._costs = costs_of(self._experiment, self._results, self._measured)
        stages = " + ".join(
            f"{stage.epochs} epochs × {stage.steps} steps of {1000 * stage.step_seconds:.0f} ms"
            + (f" ({stage.name})" if len(cost.stages) > 1 else "")
            for stage in cost.stages
        )
        once = f", {duration(cost.feature_seconds)} for features once" if cost.feature_seconds else ""
        # Features come first, so that only the rest of the time is left for trials.
        limits = replace(self._budget, deadline=self._budget.deadline - cost.feature_seconds)
        every, allowed = (cost.feature_seconds + self._seconds_left(one) for one in (Budget(limits.trials), limits))
        less = f"; its limits end the search after {duration(allowed)}" if allowed < every else ""
        self.note(
            f"cost     about {duration(first)} for the first trial ({len(self._experiment.every_fold)} folds × "
            f"{stages}, timed{once}), {duration(every)} for all if none is stopped early and all cost as much{less}"
        )
        self._advise(allowed)

    def cost_so_far(self) -> None:
        """On resume: what the trials in the folder have cost stands for those to come."""
        if self._costs:
            left = self._seconds_left(self._budget)
            self.note(
                f"cost     about {duration(self._costs.trial_seconds)} a trial so far, stopped ones included; about "
                f"{duration(left)} to go"
            )
            self._advise(left)

    def _advise(self, left: float) -> None:
        if left > TOO_LONG:
            smaller = "films prepared at --size 64, " if self._experiment.size > 64 else ""
            fewer = "no --repeats, " if self._experiment.repeats > 1 else ""
            self.note(
                f"         That is over 12 hours. Cheaper: {smaller}{fewer}fewer --epochs, --folds 3, fewer "
                "--trials, --timeout 8h, or a GPU."
            )

    def _seconds_left(self, budget: Budget) -> float:
        """Seconds that the search still takes within the budget; 0 while no trial has told what one costs."""
        if self._costs is None:
            return 0.0
        return time_left(self._costs, self._experiment, budget, self._running.positions, self._workers)

    def fold_begins(self, trial: Trial, fold: int) -> None:
        """The trial has a line of its own from now on, at epoch 0 of the fold; nothing where nothing can be
        redrawn."""
        self._running.begin(trial, fold)
        self._show()

    def epoch(self, trial: Trial, fold: int, epoch: Epoch) -> None:
        """The trial's line has the epoch and its score; nothing where nothing can be redrawn."""
        self._running.epoch(trial, fold, epoch)
        self._show()

    def fold_ends(self, trial: Trial, score: FoldScore) -> None:
        """A line where nothing can be redrawn."""
        self._running.fold_ends(trial, score.fold)
        if not self._interactive:
            value = score_words(self._task, score.metrics[self._task.objective])
            self.note(f"  trial {trial.number} fold {score.fold}: {value} after {score.epochs} epochs")

    def trial_ends(self, result: TrialResult, results: Sequence[TrialResult]) -> None:
        """A line for what came of it, what it took, and how much is left."""
        self._finished, self._best = trial_count(results), best_trial(results, self._task)
        self._results, self._costs = results, costs_of(self._experiment, results, self._measured)
        self.drop(result)
        score = result.score(self._task)
        words = {
            "complete": score_words(self._task, score) if score is not None else "",
            "pruned": f"stopped early after {result.epochs} epochs"
            if result.max_epochs == self._experiment.epochs
            else self._on_a_small_budget(result),
            "failed": f"failed: {result.error}",
            "infeasible": f"not trained: {result.error}",
            "duplicate": f"not trained: the same as trial {result.duplicate_of}",
        }[result.state]
        best = ", the best so far" if self._best is result else ""
        far = f"{min(self._finished, self._budget.trials)} of {self._budget.trials}"
        left = self._seconds_left(self._budget) if self._finished < self._budget.trials else 0.0
        rest = f", about {duration(left)} left" if left else ""
        self.note(f"trial {result.number:3d}  {words}{best}  ({duration(result.seconds)}; {far}{rest})")

    def note(self, text: str) -> None:
        """A line, not wrapped."""
        self._console.print(Text(text), soft_wrap=True)

    def stopping(self) -> None:
        """A line that says how long the running folds take."""
        self.note(stopping_words(folds_left(self._costs, self._running.positions) if self._costs else 0.0))

    def drop(self, trial: Trial) -> None:
        """The trial has no line of its own any more."""
        self._running.end(trial)

    def _on_a_small_budget(self, result: TrialResult) -> str:
        reached = ", ".join(score_words(self._task, fold.metrics[self._task.objective]) for fold in result.folds)
        return f"{reached} after {result.epochs} epochs of one fold"

    def _show(self) -> None:
        """A line for the search, and one for every trial that runs beside others."""
        if not self._interactive:
            return
        begun = min(self._finished + len(self._running.numbers), self._budget.trials)
        after = []
        best = self._best.score(self._task) if self._best else None
        if best is not None and self._best:
            after.append(f"best {score_words(self._task, best)} (trial {self._best.number})")
        if left := self._seconds_left(self._budget):
            after.append(f"about {duration(left)} left")
        lines = self._running.lines(f"trial {begun} of {self._budget.trials}", after)
        self._live.update(Text("\n".join(lines)))
