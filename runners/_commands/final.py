"""The final of a search from its options to its end.

outcome = final_held(store, FinalOptions(most=3), say)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from runners._final.finalists import FURTHER, finalists, further_seeds, missing
from runners._final.training import hold_final
from runners._outcome import Outcome
from runners._search.options import Limits, Place
from runners._search.place import open_workers, settle_run, slots
from runners._training.reopened import reopen
from runners._words import duration, score_words
from runners._workers.parts import STARTING
from runners._workers.stop import Stop, ctrl_c
from trials.checked import check_seeds
from trials.final import leading
from trials.networks import keep_promising
from trials.records import TrialResult
from trials.seeds import Final, save_final
from trials.store import RunStore
from xrays.errors import UserError
from xrays.tasks import task_named

Say = Callable[[str], None]


@dataclass(frozen=True)
class FinalOptions:
    """most: finalists at most, 0 for no final. data, weights: where they are now, None for where they were. limits:
    of them the seconds, of this call and of a fold. networks: of so many of the best trials those of their folds are
    kept."""

    most: int
    data: Path | None = None
    weights: str | None = None
    place: Place = field(default_factory=Place)
    limits: Limits = field(default_factory=Limits)
    networks: int = 0


def check_finalists(most: int) -> None:
    """Raises UserError for a final of one, or fewer than none."""
    if most < 0 or most == 1:
        raise UserError(f"--finalists {most}", "2 or more, 0 for no final", "--finalists 3")


def final_held(store: RunStore, options: FinalOptions, say: Say) -> Outcome:
    """Trains what is not there yet of the final of a run whose folder the caller holds, and says who has won. Time
    decides how many are in it, before it begins; what has been recorded decides all else. Raises DamagedRun."""
    begun, nothing = time.monotonic(), Outcome("finished", "")
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
    at_once, left = max(1, slots(workers.place)), max(0.0, options.limits.seconds)
    # What is on record takes no time, and needs none.
    in_time = [count for count in range(2, len(who) + 1) if _cost(store, who[:count]) / at_once <= left]
    if not in_time:
        needed = duration(_cost(store, who[:2]) / at_once)
        say(
            f"finalists: not trained with further seeds: two take about {needed}, and {duration(left)} are left; the "
            "same command with more time makes up for it"
        )
        return nothing
    fewer = f" (there is no time for {len(who)})" if in_time[-1] < len(who) else ""
    who = who[: in_time[-1]]
    save_final(store.path, Final(tuple(result.number for result in who), tuple(further_seeds(store.experiment))))
    if lacking := missing(store, who):
        folds = sum(len(work.folds) for work in lacking)
        say(
            f"finalists: {len(who)} that cannot be told apart{fewer}, each with {FURTHER} further seeds: "
            f"{folds} folds to train, about {duration(_cost(store, who) / at_once)}"
        )
        run = reopen(store, who[0], options.data, options.weights, say, here=False, others=who[1:])
        stop = Stop()
        with ctrl_c(stop), open_workers(run.setup(), workers) as crew:
            deadline = begun + options.limits.seconds
            longest = max(fold.seconds for result in who for fold in result.folds)
            limits = deadline, options.limits.fold_seconds, longest
            outcome = hold_final(store, who, crew, stop, say, *limits, networks=options.networks > 0)
        if options.networks:
            keep_promising(store, options.networks)
        if outcome.kind != "finished":
            say(f"finalists: {outcome.reason}; the same command goes on")
            return outcome
    say(f"finalists: {_won(store)}")
    return nothing


def _cost(store: RunStore, who: Sequence[TrialResult]) -> float:
    """Seconds of one worker that is as fast as those of the search were, for what is missing of them."""
    seconds = {(result.number, fold.fold): fold.seconds for result in who for fold in result.folds}
    return sum(
        STARTING + sum(seconds[work.trial.number, fold] for fold in work.folds) for work in missing(store, who)
    )


def _won(store: RunStore) -> str:
    task, best = task_named(store.experiment.task), leading(store)
    if best is None or not best.seeds:
        return "no finalist could be trained with all seeds, so the best with its own seed stays the best"
    each = ", ".join(score_words(task, score) for score in best.by_seed.values())
    mean = score_words(task, best.score)
    return f"trial {best.result.number} is the best over {len(best.seeds)} seeds: mean {mean} ({each})"
