"""An ablation from its options to its end.

outcome = ablate(AblateOptions("age-nih64-cnn-…", runs=Path("runs"), repeats=2))
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from runners._ablation.arms import Pair, all_arms, space_of_arms
from runners._ablation.progress import missing
from runners._ablation.training import Training
from runners._backend import check_backend
from runners._outcome import Outcome
from runners._search.engine import check_workers
from runners._search.options import Limits, Place
from runners._search.place import open_workers, settle_networks
from runners._training.reopened import reopen, writing
from runners._words import duration
from runners._workers.parts import STARTING
from runners._workers.protocol import Workers
from runners._workers.stop import Stop, ctrl_c
from search_spaces._space import Recipe
from trials.ablation import save_arms
from trials.experiment import Experiment
from trials.final import leading
from trials.records import TrialResult
from trials.store import RunStore, run_named
from xrays.cores import usable_cores
from xrays.errors import UserError
from xrays.next_command import command as typed
from xrays.tasks import task_named

Say = Callable[[str], None]


@dataclass(frozen=True)
class AblateOptions:
    """repeats: seeds, each with folds of its own; pair: the first two arms alone. data, weights: where they are now,
    None for where they were. limits: of them the seconds, of this call and of a fold."""

    run: str
    runs: Path
    repeats: int = 1
    pair: bool = False
    data: Path | None = None
    weights: str | None = None
    place: Place = field(default_factory=Place)
    limits: Limits = field(default_factory=Limits)
    command: str = ""


def ablate(options: AblateOptions, say: Say = print) -> Outcome:
    """Trains what is not there yet of the ablation of the run's best trial. Raises UserError without such a trial."""
    check_workers(options.place, typed("ablate", options.run, runs=options.runs))
    store = run_named(options.run, options.runs)
    if not options.place.ray:
        check_backend(store.experiment.backend, f"the run {store.path.name}")
    with writing(store, options.command):
        return ablate_held(store, options, say)


def ablate_held(store: RunStore, options: AblateOptions, say: Say) -> Outcome:
    """As `ablate`, of a run whose folder the caller holds."""
    begun = time.monotonic()
    if why := not_ablated(store.experiment):
        raise UserError(f"ablate {store.path.name}: {why}", "a run on films", typed("runs", runs=store.path.parent))
    winner = _winner(store)
    experiment, task = store.experiment, task_named(store.experiment.task)
    space = space_of_arms(experiment)
    arms = all_arms(space, task, winner)[: 2 if options.pair else None]
    recipe: Recipe = space.recipe(winner.params)
    batch_size = recipe.fit.batch_size
    lacking = [arm for repeat in range(options.repeats) for arm in missing(store, arms, batch_size, repeat)]
    save_arms(store.path, winner.number, [arm for arm, _ in arms])
    if not lacking:
        say(f"ablation: all that was asked for of trial {winner.number} is there")
        return Outcome("finished", "nothing was missing")
    run = reopen(store, winner, options.data, options.weights, say, here=False)
    say(_head(winner, arms, [len(arm.folds) for arm in lacking], options.repeats))

    def workers(repeat: Experiment, assignment: NDArray[np.int8], count: int) -> AbstractContextManager[Workers]:
        settled = settle_networks(options.place, count, space, [recipe], experiment, store.provenance)
        return open_workers(run.setup(repeat, assignment), settled)

    stop = Stop()
    with ctrl_c(stop):
        outcome = Training(
            store,
            arms,
            batch_size,
            options.repeats,
            workers,
            stop,
            say,
            begun + options.limits.seconds,
            options.limits.fold_seconds,
            statistics.fmean(fold.seconds for fold in winner.folds),
        ).run()
    if outcome.kind != "finished":
        say(f"ablation: {outcome.reason}; the same command goes on")
    return outcome


def not_ablated(experiment: Experiment) -> str:
    """Why a run has no arms, which differ in augmentation alone; "" where it has."""
    return "its networks take vectors, which are not augmented" if experiment.vectors else ""


def _winner(store: RunStore) -> TrialResult:
    best = leading(store)
    if best is None:
        raise UserError(
            f"{store.path.name} has no trial that was trained on all folds",
            "a run with a complete trial",
            f"{typed('search', task=store.experiment.task)}, with the options of that run",
        )
    return best.result


def _head(winner: TrialResult, arms: Sequence[Pair], lacking: Sequence[int], repeats: int) -> str:
    """lacking: folds to train of every arm that has any."""
    what = {"all off": "all augmentation off", "usual on": "the usual augmentation on (it has none)"}[arms[1][0].kind]
    others = f" and {len(arms) - 2} other settings" if len(arms) > 2 else ""
    again = f", {repeats} times" if repeats > 1 else ""
    about = duration(STARTING * len(lacking) + _cost(winner) * sum(lacking))
    return (
        f"ablation: trial {winner.number} as found against {what}{others}, on new folds and seeds{again}: "
        f"{sum(lacking)} folds to train, about {about}"
    )


def _cost(winner: TrialResult) -> float:
    """Seconds that a fold of the winner took, as if it had had all cores of this machine."""
    share = [min(1.0, (fold.threads or usable_cores()) / usable_cores()) for fold in winner.folds]
    return statistics.fmean(part * fold.seconds for part, fold in zip(share, winner.folds, strict=True))
