"""Where the running trials of a search are, for the lines that a terminal redraws.

running = RunningTrials(experiment)
running.begin(trial, fold=0); running.lines("trial 3 of 50", …)
"""

from __future__ import annotations

from collections.abc import Sequence

from runners._terminal.eta import Running
from runners._words import score_words
from runners._workers.messages import Busy, Epoch
from trials.experiment import Experiment
from trials.records import Trial
from xrays.tasks import task_named


class RunningTrials:
    """A class because trials begin, go on and end while the search runs."""

    def __init__(self, experiment: Experiment) -> None:
        """None is running yet."""
        self._experiment, self._task = experiment, task_named(experiment.task)
        self._at: dict[int, Running] = {}  # by the trial's number, as the next two
        self._score: dict[int, float] = {}  # after the last epoch of the fold
        self._busy: dict[int | None, Busy] = {}  # before a fold's first epoch

    @property
    def numbers(self) -> list[int]:
        """Of the trials, ascending; also of those whose worker is busy before the first epoch."""
        return sorted({*self._at, *(number for number in self._busy if number is not None)})

    @property
    def positions(self) -> list[Running]:
        """Of the trials that have begun a fold."""
        return list(self._at.values())

    def begin(self, trial: Trial, fold: int) -> None:
        """The fold begins, maybe once more."""
        self.end(trial)
        self._at[trial.number] = Running(trial.max_epochs, fold)

    def epoch(self, trial: Trial, fold: int, epoch: Epoch) -> None:
        """An epoch of it is over."""
        self._at[trial.number] = Running(trial.max_epochs, fold, epoch.epoch)
        self._score[trial.number] = epoch.value
        self._busy.pop(trial.number, None)

    def busy(self, trial: Trial | None, reply: Busy) -> bool:
        """Its worker, or one that no trial waits for, does something else. Whether it still does."""
        number = trial.number if trial else None
        if reply.done < reply.total:
            self._busy[number] = reply
        else:
            self._busy.pop(number, None)
        return reply.done < reply.total

    def end(self, trial: Trial) -> None:
        """It is not running any more."""
        for current in (self._at, self._score, self._busy):
            current.pop(trial.number, None)

    def lines(self, before: str, after: Sequence[str]) -> list[str]:
        """A line for the search, with where a single trial is in its middle, and one for each of several."""
        numbers = self.numbers
        middle = self._where(numbers[0]) if len(numbers) == 1 else []
        lines = ["  ·  ".join([before, *middle, *after])]
        if len(numbers) > 1:
            lines += ["  ·  ".join([f"  trial {number}", *self._where(number)]) for number in numbers]
        if None in self._busy:
            lines.append(f"  {_progress(self._busy[None])}")
        return lines

    def _where(self, number: int) -> list[str]:
        if number in self._busy:
            return [_progress(self._busy[number])]
        at = self._at[number]
        parts = [f"fold {at.fold} (of {self._experiment.folds})", f"epoch {at.epoch}/{at.max_epochs}"]
        return [*parts, f"now {score_words(self._task, self._score[number])}"] if at.epoch else parts


def _progress(busy: Busy) -> str:
    return f"{busy.what}: {busy.done}/{busy.total}"
