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

from runners._search.budget import Budget, counted
from runners._terminal.eta import Running, costs_of, folds_left, time_left
from runners._words import duration, shown, stopping
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
        self._running: dict[int, Running] = {}  # by the trial's number, as the next two
        self._value: dict[int, float] = {}  # after the last epoch of the fold
        self._busy: dict[int | None, Busy] = {}  # before a fold's first epoch
        self._console = Console(highlight=False)
        # `Live` prints its last state once where it cannot redraw: a log wants lines only.
        self._live = Live(console=self._console, refresh_per_second=4, transient=True)
        self._interactive = self._console.is_terminal
        self._finished, self._best = counted(results), best_trial(results, self._task)
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
        """Redrawn; a line at its end where nothing can be."""
        number = trial.number if trial else None
        if reply.done < reply.total:
            self._busy[number] = reply
        else:
            self._busy.pop(number, None)
            if not self._interactive:
                self.note(f"  {reply.what}: done")
        self._show()

    def measured(self, cost: Measured) -> None:
        """A line for the first trial and for all, and what would be cheaper where that is long."""
        first = cost.trial_seconds(self._experiment.folds)
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
        every, allowed = (cost.feature_seconds + self._left(one) for one in (Budget(limits.trials), limits))
        less = f"; its limits end the search after {duration(allowed)}" if allowed < every else ""
        self.note(
            f"cost     about {duration(first)} for the first trial ({self._experiment.folds} folds × "
            f"{stages}, timed{once}), {duration(every)} for all if none is stopped early and all cost as much{less}"
        )
        self._advise(allowed)

    def cost_so_far(self) -> None:
        """On resume: what the trials in the folder have cost stands for those to come."""
        if self._costs:
            left = self._left(self._budget)
            self.note(
                f"cost     about {duration(self._costs.trial_seconds)} a trial so far, stopped ones included; about "
                f"{duration(left)} to go"
            )
            self._advise(left)

    def _advise(self, left: float) -> None:
        if left > TOO_LONG:
            smaller = "films prepared at --size 64, " if self._experiment.size > 64 else ""
            self.note(
                f"         That is over 12 hours. Cheaper: {smaller}fewer --epochs, --folds 3, fewer --trials, "
                "--timeout 8h, or a GPU."
            )

    def _left(self, budget: Budget) -> float:
        """Seconds; 0 while nothing is known."""
        if self._costs is None:
            return 0.0
        return time_left(self._costs, self._experiment, budget, list(self._running.values()), self._workers)

    def fold_begins(self, trial: Trial, fold: int) -> None:
        """Redrawn."""
        self._running[trial.number] = Running(trial.planned, fold)
        self._value.pop(trial.number, None)
        self._busy.pop(trial.number, None)
        self._show()

    def epoch(self, trial: Trial, fold: int, epoch: Epoch) -> None:
        """Redrawn, with the score."""
        self._running[trial.number] = Running(trial.planned, fold, epoch.epoch)
        self._value[trial.number] = epoch.value
        self._busy.pop(trial.number, None)
        self._show()

    def fold_ends(self, trial: Trial, score: FoldScore) -> None:
        """A line where nothing can be redrawn."""
        if not self._interactive:
            value = shown(self._task, score.metrics[self._task.objective])
            self.note(f"  trial {trial.number} fold {score.fold}: {value} after {score.epochs} epochs")

    def trial_ends(self, result: TrialResult, results: Sequence[TrialResult]) -> None:
        """A line for what came of it, what it took, and how much is left."""
        self._finished, self._best = counted(results), best_trial(results, self._task)
        self._results, self._costs = results, costs_of(self._experiment, results, self._measured)
        self.left(result)
        score = result.score(self._task)
        told = {
            "complete": shown(self._task, score) if score is not None else "",
            "pruned": f"stopped early after {result.epochs} epochs"
            if result.planned == self._experiment.epochs
            else self._on_a_small_budget(result),
            "failed": f"failed: {result.error}",
            "infeasible": f"not trained: {result.error}",
            "duplicate": f"not trained: the same as trial {result.duplicate_of}",
        }[result.state]
        best = ", the best so far" if self._best is result else ""
        far = f"{min(self._finished, self._budget.trials)} of {self._budget.trials}"
        left = self._left(self._budget) if self._finished < self._budget.trials else 0.0
        rest = f", about {duration(left)} left" if left else ""
        self.note(f"trial {result.number:3d}  {told}{best}  ({duration(result.seconds)}; {far}{rest})")

    def note(self, text: str) -> None:
        """A line, not wrapped."""
        self._console.print(Text(text), soft_wrap=True)

    def stopping(self) -> None:
        """A line that says how long the running folds take."""
        self.note(stopping(folds_left(self._costs, list(self._running.values())) if self._costs else 0.0))

    def left(self, trial: Trial) -> None:
        """It is not drawn any more."""
        for current in (self._running, self._value, self._busy):
            current.pop(trial.number, None)

    def _on_a_small_budget(self, result: TrialResult) -> str:
        reached = ", ".join(shown(self._task, fold.metrics[self._task.objective]) for fold in result.folds)
        return f"{reached} after {result.epochs} epochs of one fold"

    def _show(self) -> None:
        """A line for the search, and one for every trial that runs beside others."""
        if not self._interactive:
            return
        running = sorted({*self._running, *(number for number in self._busy if number is not None)})
        parts = [f"trial {min(self._finished + len(running), self._budget.trials)} of {self._budget.trials}"]
        if len(running) == 1:
            parts += self._where(running[0])
        best = self._best.score(self._task) if self._best else None
        if best is not None and self._best:
            parts.append(f"best {shown(self._task, best)} (trial {self._best.number})")
        if left := self._left(self._budget):
            parts.append(f"about {duration(left)} left")
        lines = ["  ·  ".join(parts)]
        if len(running) > 1:
            lines += ["  ·  ".join([f"  trial {number}", *self._where(number)]) for number in running]
        if None in self._busy:
            lines.append(f"  {_told(self._busy[None])}")
        self._live.update(Text("\n".join(lines)))

    def _where(self, number: int) -> list[str]:
        if number in self._busy:
            return [_told(self._busy[number])]
        at = self._running[number]
        parts = [f"fold {at.fold} (of {self._experiment.folds})", f"epoch {at.epoch}/{at.planned}"]
        return [*parts, f"now {shown(self._task, self._value[number])}"] if at.epoch else parts


def _told(busy: Busy) -> str:
    return f"{busy.what}: {busy.done}/{busy.total}"
