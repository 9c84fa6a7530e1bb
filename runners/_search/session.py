"""A search from its options to its end: opens the folder, trains the baselines, runs the loop.

    store, outcome = search(options, deadline, screen)       # SearchOptions
    store.trials()

Everything that decides the result is in the Experiment; the rest of the options is budget.
"""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np

from runners import load_runner
from runners._inputs.features import features_folder
from runners._inputs.lineage import trace_lineage
from runners._outcome import Outcome
from runners._race.pruners import PRUNERS
from runners._search.baselines import train_baselines
from runners._search.budget import Budget, end_of_budget
from runners._search.enqueued import enqueued_by
from runners._search.fits import check_fits
from runners._search.folder import open_run, run_path
from runners._search.known import parent_runs
from runners._search.loop import open_search
from runners._search.options import SearchOptions
from runners._search.place import open_workers
from runners._search.proposals import left_in_queue
from runners._search.resolved import ResolvedSearch, resolve
from runners._search.searched_space import vectors_for
from runners._search.view import Screen, View
from runners._searcher import Searcher
from runners._words import score_words
from runners._workers.stop import Stop, ctrl_c
from trials.checked import check_trials
from trials.collected import collected_of, save_collected
from trials.commands import note_command
from trials.files import LOCK, locked
from trials.lineage import cautions
from trials.networks import keep_best
from trials.store import RunStore
from xrays.intact import begin_check
from xrays.seal import DamagedFilms
from xrays.tasks import task_named

# Of the time, at most, that is kept for the final: with less a short search holds none, and what so much of its end
# finds is worth less (benchmarks/finalists.py).
FINAL_SHARE = 0.25

Say = Callable[[str], None]
Then = Callable[[RunStore, Outcome], Outcome]


def search(
    options: SearchOptions,
    deadline: float,
    screen: Screen,
    say: Say = print,
    then: Then = lambda store, outcome: outcome,
) -> tuple[RunStore, Outcome]:
    """Runs or resumes the search. deadline: of time.monotonic(), taken when the call began; screen: where it is seen;
    then: what follows while the folder is still held, and how all that ended. Raises UserError for options that fit
    nothing, or a folder of another search."""
    begun = time.monotonic()
    resolved = resolve(options, say)
    intact = begin_check(resolved.arrays)
    experiment, settled, task = resolved.experiment, resolved.settled, task_named(options.task)
    path = run_path(resolved)
    enqueued = enqueued_by(options, resolved.space)
    screen.check()
    check_fits(resolved.space, resolved.shape, resolved.max_parameters, settled.memory, options.place.memory_gb)
    searcher = load_runner(experiment.runner).open_searcher(resolved.space, task, experiment)
    with locked(path), _no_run_of_damaged_films(path):
        store = open_run(path, resolved)
        check_trials(store)
        note_command(path, options.command)
        lineage = trace_lineage(store, resolved.arrays, resolved.weights, *parent_runs(options, store))
        save_collected(path, collected_of(resolved.arrays))
        store.enqueue(enqueued)
        given = {"trials": options.trials, "cache_gb": options.cache_gb, "networks": options.networks}
        store.save_budget({**given, **asdict(options.limits), **asdict(options.place)})
        features = features_folder(resolved.arrays.path) if experiment.weights else None
        for line in screen.head(store, resolved.arrays, resolved.plan, features):
            say(line)
        if early := len(resolved.space.portfolio):
            say(f"early    {early} configurations that did well on other films (--no-portfolio: without them)")
        for caution in cautions(store, lineage):
            say(f"CAUTION  {caution.said}")
        budget = _budget(options, deadline, begun)
        outcome = end_of_budget(budget, experiment, store.trials(), under_way=0)
        for line in _not_tried(store, options, outcome.remedy if outcome else None):
            say(f"CAUTION  {line}")
        if outcome:
            say(f"This search is finished: {outcome.reason}.")
            say("For another one beside it: --seed 1 --name NAME.")
        else:
            outcome = _run(resolved, store, searcher, budget, screen, intact)
        store.save_ending(outcome.kind, outcome.reason)
        outcome = then(store, outcome)
        if options.networks and outcome.kind != "stopped":
            keep_best(store, options.networks)
        return store, outcome


def _run(
    resolved: ResolvedSearch,
    store: RunStore,
    searcher: Searcher,
    budget: Budget,
    screen: Screen,
    intact: Future[None],
) -> Outcome:
    # The workers load their backend while the driver trains the baselines.
    with (
        open_workers(resolved.setup(), resolved.settled) as workers,
        screen.view(store, budget, len(workers.slots)) as view,
    ):
        view.cost_so_far()
        try:
            _train_baselines(resolved, store, intact, view)
        except KeyboardInterrupt:
            return Outcome("stopped", "stopped while the baselines were trained, before any trial")
        pruner, too_large, stop = PRUNERS[resolved.experiment.pruner], resolved.too_large, Stop()
        with ctrl_c(stop):
            return open_search(store, resolved.space, searcher, workers, pruner, too_large, budget, view, stop).run()


def _train_baselines(resolved: ResolvedSearch, store: RunStore, intact: Future[None], view: View) -> None:
    """Trains them unless they are there, and shows them. Nothing is recorded of films whose pixels may be damaged:
    raises DamagedFilms."""
    task = task_named(store.experiment.task)
    if not (baselines := store.baselines()):
        view.note("training the baselines: a constant and a linear probe, on the same folds")
        vectors = vectors_for(resolved.space, resolved.arrays)
        values = vectors.values if vectors else None
        baselines, predictions = train_baselines(resolved.arrays, task, resolved.plan.assignment, values)
        _wait_for(intact, view)
        store.save_baselines(baselines, predictions)
    for baseline in baselines:
        mean = float(np.mean([fold.metrics[task.objective] for fold in baseline.folds]))
        view.note(f"baseline {baseline.name}: {score_words(task, mean)}")
    _wait_for(intact, view)


def _wait_for(intact: Future[None], view: View) -> None:
    if not intact.done():
        view.note("comparing the prepared films with their fingerprint, once a folder")
    intact.result()


def _budget(options: SearchOptions, deadline: float, begun: float) -> Budget:
    limits = options.limits
    return Budget(
        options.trials,
        deadline,
        limits.fold_epochs,
        limits.patience,
        limits.stop_at_noise,
        limits.fold_seconds,
        limits.finalists,
        FINAL_SHARE * limits.seconds,
        options.place.max_concurrent or math.inf,
        options.networks,
        begun,
    )


def _not_tried(store: RunStore, options: SearchOptions, remedy: str | None) -> Iterator[str]:
    """remedy: options with which a search that has ended goes on, None where it has not."""
    if lacking := left_in_queue(store, options.trials, ended=remedy is not None):
        few = lacking.trials > options.trials
        why = f"do not come within --trials {options.trials}" if few else "are not tried: the search has ended"
        takes = f"--trials {lacking.trials}" if few else remedy
        yield f"{lacking.configurations} of the given configurations {why}; that takes {takes}"


@contextmanager
def _no_run_of_damaged_films(path: Path) -> Iterator[None]:
    """Removes what this call has begun; a run that was there before stays, and one that has trials."""
    begun = all(file.name == LOCK for file in path.iterdir())
    try:
        yield
    except DamagedFilms:
        if begun and not RunStore.open(path).trials():
            shutil.rmtree(path)
        raise
