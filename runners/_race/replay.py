"""What another pruner would have saved and what it would have lost: a finished run, judged once more.

    result = replay(task, trials, PRUNERS["race"], epochs=30)           # one Replay
    orders(unpruned(store), seeds=5)                                    # by name, each a list of trials to replay

Only a run that was made with `--pruner none` knows every trial's full score. Its curves are fed to the pruner epoch
by epoch and fold by fold, one trial at a time; of a trial that it stops, later ones see what would have been trained.
What a sampler would have proposed after other results is no part of it: the trials are the recorded ones.
"""

from __future__ import annotations

import math
import random
import statistics
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from runners._race.race import standard_error
from runners._race.standing import AfterFold, ByEpoch, InFold, Pruner, evenly, incumbent, last_stage
from runners._race.worked import Worked, work_of, workload_of
from search_spaces import load_space
from trials.experiment import Experiment
from trials.records import FoldScore, TrialResult, apart
from trials.store import RunStore
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import Task, task_named


@dataclass(frozen=True)
class Replay:
    """trials: how many; full, spent: fold-epochs without and with the pruner; work: the share of their work (see
    `Trial`) that is spent with it, NaN where nobody has said it; stopped: how many trials by where they ended,
    (fold, epochs of it); best, chosen: numbers of the winners without and with it; gap: what the chosen one's full
    score is worse than the best one's, in standard errors of the latter."""

    trials: int
    full: int
    spent: int
    work: float
    stopped: Mapping[tuple[int, int], int]
    best: int
    chosen: int
    gap: float

    @property
    def share(self) -> float:
        """Of the fold-epochs that are spent with the pruner."""
        return self.spent / self.full

    @property
    def lost(self) -> bool:
        """Whether the winner was stopped."""
        return self.best != self.chosen


def replay(
    task: Task,
    trials: Sequence[TrialResult],
    pruner: Pruner,
    epochs: int,
    begins: Callable[[TrialResult], int] = lambda trial: 0,
    by_epoch: ByEpoch = evenly,
) -> Replay:
    """Complete trials, in the order in which they are to be judged; epochs: of a fold; begins: of a trial, see
    `last_stage`. Raises ValueError when none of them has a score."""
    history: list[TrialResult] = []
    for told, trial in enumerate(trials):
        asked = replace(trial, results_known=told)
        history.append(judged(task, history, asked, pruner, epochs, begins(trial), by_epoch))
    best, chosen = incumbent(task, trials), incumbent(task, history)
    if best is None or chosen is None:
        raise ValueError("no trial has a score")
    ends = Counter((result.folds[-1].fold, result.folds[-1].epochs) for result in history if result.state == "pruned")
    return Replay(
        trials=len(trials),
        full=sum(trial.epochs for trial in trials),
        spent=sum(result.epochs for result in history),
        work=_work(history, by_epoch) / _work(trials, by_epoch) if _work(trials, by_epoch) else math.nan,
        stopped=dict(sorted(ends.items())),
        best=best.number,
        chosen=chosen.number,
        gap=_gap(task, best, chosen),
    )


def judged(
    task: Task,
    history: Sequence[TrialResult],
    trial: TrialResult,
    pruner: Pruner,
    epochs: int,
    begins: int,
    by_epoch: ByEpoch = evenly,
) -> TrialResult:
    """The trial as it would have ended, with no more than it would have had."""
    work = by_epoch(trial)
    folds = sorted(trial.folds, key=lambda score: score.fold)
    done: list[FoldScore] = []
    for score in folds:
        for reached in range(1, len(score.curve)):
            curve = score.curve[:reached]
            stands = InFold(task, history, score.fold, curve, epochs, begins, work[reached], by_epoch)
            if pruner.lost_epoch(stands):
                return replace(trial, state="pruned", folds=(*done, _cut(task, score, reached)))
        done.append(score)
        if len(done) < len(folds) and pruner.lost_fold(AfterFold(task, history, done, trial.work)):
            return replace(trial, state="pruned", folds=tuple(done))
    return trial


def _cut(task: Task, score: FoldScore, reached: int) -> FoldScore:
    """The fold after so many epochs. Of its metrics the objective alone is known there."""
    return replace(
        score,
        metrics={**dict.fromkeys(score.metrics, math.nan), task.objective: score.curve[reached - 1]},
        epochs=reached,
        seconds=score.seconds * reached / score.epochs,
        curve=score.curve[:reached],
        losses=score.losses[:reached],
        complete=False,
    )


def _work(trials: Sequence[TrialResult], by_epoch: ByEpoch) -> float:
    return sum(work_of(trial, by_epoch) for trial in trials)


def _gap(task: Task, best: TrialResult, chosen: TrialResult) -> float:
    error = math.sqrt(statistics.fmean(standard_error(task, fold) ** 2 for fold in best.folds) / apart(best.folds))
    worse_by = _mean_loss(task, chosen) - _mean_loss(task, best)
    return worse_by / error if error else math.copysign(math.inf, worse_by) if worse_by else 0.0


def _mean_loss(task: Task, trial: TrialResult) -> float:
    return task.loss(statistics.fmean(trial.fold_scores(task)))


def orders(trials: Sequence[TrialResult], seeds: int) -> dict[str, list[TrialResult]]:
    """The recorded order, and as many shuffled ones."""
    found = {"recorded": list(trials)}
    for seed in range(1, seeds + 1):
        found[f"seed {seed}"] = random.Random(seed).sample(list(trials), len(trials))
    return found


def unpruned(store: RunStore) -> list[TrialResult]:
    """The complete trials of a run in recorded order. Raises UserError for a run that knows no more than its pruner
    let it, or with fewer than two trials."""
    own = store.experiment
    again = command(
        "search",
        task=own.task,
        data=store.provenance.arrays,
        pruner="none",
        sampler="random",
        folds=own.folds,
        repeats=own.repeats if own.repeats > 1 else None,
        trials=40,
        runs=store.path.parent,
    )
    if own.pruner != "none":
        raise UserError(f"{store.path.name}, made with --pruner {own.pruner}", "a run with --pruner none", again)
    complete = [trial for trial in store.trials() if trial.state == "complete"]
    if len(complete) < 2 or incumbent(task_named(own.task), complete) is None:
        raise UserError(f"{store.path.name} with {len(complete)} complete trials", "a run with two or more", again)
    return complete


def begins_of(experiment: Experiment) -> Callable[[TrialResult], int]:
    """Of a trial of that search, how many epochs are over when its last stage begins."""
    space = load_space(experiment.space)
    return lambda trial: last_stage(space, space.recipe(trial.params), experiment.epochs)


def by_epoch_of(store: RunStore) -> ByEpoch:
    """The work of that search's trials."""
    return Worked(workload_of(store, load_space(store.experiment.space))).by_epoch
