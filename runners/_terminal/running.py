"""Where the running trials of a search are, for the lines that a terminal redraws.

running = RunningTrials(experiment)
running.begin(trial, fold=0); running.lines("trial 3 of 50", …)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

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
        self._at: dict[int, Running] = {}  # by the trial's number
        self._score: dict[tuple[int, int], float] = {}  # by trial and fold, after its last epoch
        self._busy: dict[int | None, Busy] = {}  # by the trial's number, before the first epoch of a fold

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
        at = self._at.get(trial.number, Running(trial.max_epochs, work=trial.work))
        # Folds are handed out from the first on, so those below all that run are trained.
        running = {**at.running, fold: 0}
        trained = at.trained | set(range(min(running)))
        self._at[trial.number] = replace(at, trained=trained - {fold}, running=running)
        self._score.pop((trial.number, fold), None)
        self._busy.pop(trial.number, None)

    def epoch(self, trial: Trial, fold: int, epoch: Epoch) -> None:
        """An epoch of it is over."""
        at = self._at[trial.number]
        self._at[trial.number] = replace(at, running={**at.running, fold: epoch.epoch})
        self._score[trial.number, fold] = epoch.value
        self._busy.pop(trial.number, None)

    def fold_ends(self, trial: Trial, fold: int) -> None:
        """It is trained, or was stopped."""
        at = self._at[trial.number]
        running = {other: epoch for other, epoch in at.running.items() if other != fold}
        self._at[trial.number] = replace(at, trained=at.trained | {fold}, running=running)

    def busy(self, trial: Trial | None, reply: Busy) -> bool:
        """Its worker, or one that no trial waits for, does something else. Whether it still does."""
        number = trial.number if trial else None
        if reply.done < reply.total:
            self._busy[number] = reply
        else:
            self._busy.pop(number, None)
        return reply.done < reply.total

    def end(self, trial: Trial) -> None:
        """It is not running any more, or begins anew."""
        self._at.pop(trial.number, None)
        self._busy.pop(trial.number, None)

    def lines(self, before: str, after: Sequence[str]) -> list[str]:
        """A line for the search, with where a single fold is in its middle, and one for each of several."""
        places = [(number, where) for number in self.numbers for where in self._where(number)]
        middle = places[0][1] if len(places) == 1 else []
        lines = ["  ·  ".join([before, *middle, *after])]
        if len(places) > 1:
            lines += ["  ·  ".join([f"  trial {number}", *where]) for number, where in places]
        if None in self._busy:
            lines.append(f"  {_progress(self._busy[None])}")
        return lines

    def _where(self, number: int) -> list[list[str]]:
        at = self._at.get(number, Running(0))
        busy = [[_progress(self._busy[number])]] if number in self._busy else []
        begun = {fold: epoch for fold, epoch in sorted(at.running.items()) if epoch or not busy}
        return busy + [self._fold(number, fold, f"epoch {epoch}/{at.max_epochs}") for fold, epoch in begun.items()]

    def _fold(self, number: int, fold: int, epoch: str) -> list[str]:
        parts = [f"fold {fold} (of {len(self._experiment.every_fold)})", epoch]
        score = self._score.get((number, fold))
        return parts if score is None else [*parts, f"now {score_words(self._task, score)}"]


def _progress(busy: Busy) -> str:
    return f"{busy.what}: {busy.done}/{busy.total}"
