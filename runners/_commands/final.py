"""The final of a search from its options to its end.

outcome = final_held(store, FinalOptions(most=3), say)
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from runners._final.finalists import FURTHER, finalists, further_seeds, missing
from runners._final.plan import final_plans, in_time
from runners._final.training import hold_final
from runners._outcome import Outcome
from runners._search.options import Place
from runners._search.place import open_workers, settle_run, slots
from runners._training.reopened import reopen
from runners._words import duration, score_words
from runners._workers.stop import Stop, ctrl_c
from trials.checked import check_seeds
from trials.final import leading
from trials.networks import keep_promising
from trials.seeds import Final, save_final
from trials.store import RunStore
from xrays.errors import UserError
from xrays.tasks import task_named

Say = Callable[[str], None]


@dataclass(frozen=True)
class FinalOptions:
    """most: finalists at most, 0 for no final. data, weights: where they are now, None for where they were. deadline:
    of time.monotonic(), of the call that the search and its final are; fold_seconds: after which a fold is given up.
    networks: of so many of the best trials those of their folds are kept."""

    most: int
    data: Path | None = None
    weights: str | None = None
    place: Place = field(default_factory=Place)
    deadline: float = math.inf
    fold_seconds: float = math.inf
    networks: int = 0


def check_finalists(most: int) -> None:
    """Raises UserError for a final of one, or fewer than none."""
    if most < 0 or most == 1:
        raise UserError(f"--finalists {most}", "2 or more, 0 for no final", "--finalists 3")


def final_held(store: RunStore, options: FinalOptions, say: Say) -> Outcome:
    """Trains what is not there yet of the final of a run whose folder the caller holds, and says who has won. Time
    decides how many are in it with how many seeds, before it begins; what has been recorded decides all else. Raises
    DamagedRun."""
    nothing = Outcome("finished", "")
    if not options.most:
        return nothing
    check_seeds(store)
    who = finalists(store, options.most)
    if not who:
        say(
            "finalists: none, no trial is tied with the best" if leading(store) else "finalists: no trial is complete"
        )
        return nothing
    folds = len(store.experiment.every_fold) * FURTHER * len(who)
    about = store.provenance
    workers = settle_run(options.place, folds, store.experiment, about.chosen, about.films)
    at_once, left = max(1, slots(workers.place)), max(0.0, options.deadline - time.monotonic())
    plans = final_plans(store, who)
    plan = in_time(plans, left, at_once)
    if plan is None:
        least = plans[-1]
        say(
            f"finalists: not trained with further seeds: {len(least.trials)} with {_seeds(least.seeds)} each take "
            f"about {duration(least.seconds / at_once)}, and {duration(left)} are left; the same command with more "
            "time makes up for it"
        )
        return nothing
    numbers = tuple(result.number for result in plan.trials)
    save_final(store.path, Final(numbers, tuple(further_seeds(store.experiment, plan.seeds))))
    if lacking := missing(store, plan.trials, plan.seeds):
        folds = sum(len(work.folds) for work in lacking)
        whole = f" (there is no time for {len(who)} with {FURTHER})" if plan != plans[0] else ""
        say(
            f"finalists: {len(plan.trials)} that cannot be told apart, each with {_seeds(plan.seeds)}{whole}: "
            f"{folds} folds to train, about {duration(plan.seconds / at_once)}"
        )
        first, *others = plan.trials
        run = reopen(store, first, options.data, options.weights, say, here=False, others=others)
        stop = Stop()
        with ctrl_c(stop), open_workers(run.setup(), workers) as crew:
            longest = max(fold.seconds for result in plan.trials for fold in result.folds)
            limits = options.deadline, options.fold_seconds, longest
            outcome = hold_final(store, plan, crew, stop, say, *limits, networks=options.networks > 0)
        if options.networks:
            keep_promising(store, options.networks)
        if outcome.kind != "finished":
            say(f"finalists: {outcome.reason}; the same command goes on")
            return outcome
    say(f"finalists: {_won(store)}")
    return nothing


def _seeds(count: int) -> str:
    return f"{count} further seed{'s' * (count > 1)}"


def _won(store: RunStore) -> str:
    task, best = task_named(store.experiment.task), leading(store)
    if best is None or not best.seeds:
        return "no finalist could be trained with all seeds, so the best with its own seed stays the best"
    each = ", ".join(score_words(task, score) for score in best.by_seed.values())
    mean = score_words(task, best.score)
    return f"trial {best.result.number} is the best over {len(best.seeds)} seeds: mean {mean} ({each})"
