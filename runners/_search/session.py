"""A search from its options to its end: opens the folder, trains the baselines, runs the loop.

    run, outcome = search(options, screen)       # SearchOptions
    run.trials()

Everything that decides the result is in the Experiment; the rest of the options is budget.
"""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import numpy as np

from runners import load_runner
from runners._inputs.lineage import traced
from runners._inputs.weights import NO_WEIGHTS
from runners._race.race import PRUNERS
from runners._search.baselines import train_baselines
from runners._search.budget import Budget, Outcome, enough
from runners._search.chosen import chosen
from runners._search.fits import check_fits
from runners._search.folder import as_begun, open_run, run_path
from runners._search.loop import open_search
from runners._search.options import SearchOptions, check, check_labels, identity
from runners._search.place import memory_of, open_workers, settled
from runners._search.priors import best_of, listed
from runners._search.proposals import left_out
from runners._search.view import Screen, View
from runners._words import shown
from runners._workers.setup import setup_of
from runners._workers.stop import Stop, ctrl_c
from search_spaces._cost import within
from search_spaces._space import Recipe, Space
from trials.checked import check_trials
from trials.commands import note_command
from trials.files import LOCK, locked
from trials.lineage import cautions
from trials.records import Prior
from trials.store import RunStore, run_folders
from xrays.arrays import XrayArrays
from xrays.folds import make_plan
from xrays.intact import begin_check
from xrays.next_command import command
from xrays.seal import Damaged
from xrays.tasks import task_named

Then = Callable[[RunStore, Outcome], Outcome]


def search(
    options: SearchOptions,
    screen: Screen,
    say: Callable[[str], None] = print,
    then: Then = lambda store, outcome: outcome,
) -> tuple[RunStore, Outcome]:
    """Runs or resumes the search. screen: where it is seen; then: what follows while the folder is still held, and
    how all that ended. Raises UserError for options that fit nothing, or a folder of another search."""
    check(options)
    arrays = XrayArrays.open(options.data)
    intact = begin_check(arrays)
    plan = make_plan(arrays, folds=options.folds, split_seed=options.split_seed)
    check_labels(arrays, plan, options.task, options.split_seed)
    space, weights = chosen(options, arrays.size, say)
    space, experiment = as_begun(options, space, lambda space: identity(options, arrays, plan, space, weights))
    task = task_named(options.task)
    path = run_path(options, experiment)
    priors = _priors(options, space)
    screen.check()
    place = settled(options.place, options.trials)
    limit = memory_of(place)
    check_fits(space, (arrays.size, arrays.size, 1), options.max_params or None, limit, place.memory_gb)
    searcher = load_runner(experiment.runner).open_searcher(space, task, experiment)
    with locked(path), _no_run_of_damaged_films(path):
        store = open_run(path, options, experiment, arrays, plan, weights, space)
        check_trials(store)
        note_command(path, options.command)
        lineage = traced(store, arrays, weights or NO_WEIGHTS, *_parents(options, store))
        store.add_priors(priors)
        limits = options.limits
        kept = {"trials": options.trials, "cache_gb": options.cache_gb}
        store.save_budget({**kept, **asdict(limits), **asdict(options.place)})
        for line in screen.head(store, arrays, plan):
            say(line)
        for line in cautions(store, lineage):
            say(f"CAUTION  {line}")
        budget = Budget(
            options.trials,
            time.monotonic() + limits.seconds,
            limits.fold_epochs,
            limits.patience,
            limits.stop_at_noise,
            limits.fold_seconds,
        )
        done = enough(budget, task, experiment.epochs, store.trials(), under_way=0)
        elsewhere = done.remedy if done else ""
        if lacking := left_out(store, options.trials, ended=bool(elsewhere)):
            few = lacking.trials > options.trials
            why = f"do not come within --trials {options.trials}" if few else "are not tried: the search has ended"
            takes = f"--trials {lacking.trials}" if few else elsewhere
            say(f"CAUTION  {lacking.configurations} of the given configurations {why}; that takes {takes}")
        if done:
            say(f"This search is finished: {done.reason}.")
            say("For another one beside it: --seed 1 --name NAME.")
            store.save_ending(done.kind, done.reason)
            return store, then(store, done)
        setup = setup_of(arrays.path, plan.assignment, experiment, weights, int(options.cache_gb * 1e9))
        stop = Stop()

        def too_large(recipe: Recipe) -> str:
            cost = space.footprint(recipe, (arrays.size, arrays.size, 1))
            return within(cost, recipe.fit.batch_size, options.max_params or None, limit)

        # The workers load their backend while the driver trains the baselines.
        with (
            open_workers(setup, place) as workers,
            screen.view(store, budget, len(workers.slots)) as view,
        ):
            view.cost_so_far()
            pruner = PRUNERS[options.pruner]
            try:
                if not (baselines := store.baselines()):
                    view.note("training the baselines: a constant and a linear probe, on the same folds")
                    baselines, predictions = train_baselines(arrays, task, plan.assignment, options.folds)
                    _wait_for(intact, view)
                    store.save_baselines(baselines, predictions)
                for baseline in baselines:
                    mean = float(np.mean([fold.metrics[task.objective] for fold in baseline.folds]))
                    view.note(f"baseline {baseline.name}: {shown(task, mean)}")
                _wait_for(intact, view)
            except KeyboardInterrupt:
                outcome = Outcome("stopped", "stopped while the baselines were trained, before any trial")
            else:
                with ctrl_c(stop):
                    outcome = open_search(
                        store, space, searcher, workers, pruner, too_large, budget, view, stop
                    ).run()
            store.save_ending(outcome.kind, outcome.reason)
        return store, then(store, outcome)


def _wait_for(intact: Future[None], view: View) -> None:
    """Nothing is recorded of films whose pixels may be damaged. Raises Damaged."""
    if not intact.done():
        view.note("comparing the prepared films with their fingerprint, once a folder")
    intact.result()


@contextmanager
def _no_run_of_damaged_films(path: Path) -> Iterator[None]:
    """Removes what this call has begun; a run that was there before stays, and one that has trials."""
    begun = all(file.name == LOCK for file in path.iterdir())
    try:
        yield
    except Damaged:
        if begun and not RunStore.open(path).trials():
            shutil.rmtree(path)
        raise


def _parents(options: SearchOptions, store: RunStore) -> tuple[Path | None, Path | None]:
    """The runs that this one takes configurations from, and that it is a fork of."""
    started = run_folders([options.start_from], options.runs)[0] if options.start_from else None
    if not (name := store.provenance.fork_of):
        return started, None
    given = run_folders([options.fork_from], options.runs)[0] if options.fork_from else None
    return started, given or store.path.with_name(name)


def _priors(options: SearchOptions, space: Space) -> list[Prior]:
    found = best_of(options.start_from, options.runs, space) if options.start_from else []
    return found + (listed(options.enqueue, space) if options.enqueue else [])


def command_line() -> str:
    """The command as it was typed, for the record."""
    return command(*sys.argv[1:])
