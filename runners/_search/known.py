"""What a search knows of other runs: which they are, and their trials, of which a searcher learns.

known = known_trials(old.trials(), space, "fork of …")             # for the searcher, not for the leaderboard
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from runners._search.options import SearchOptions
from search_spaces._space import Space, domains
from trials.folders import run_folders
from trials.records import TrialResult
from trials.store import RunStore


def parent_runs(options: SearchOptions, store: RunStore) -> tuple[Path | None, Path | None]:
    """The runs that this one takes configurations from in this call, and that it is a fork of."""
    started = run_folders([options.start_from], options.runs)[0] if options.start_from else None
    if not (name := store.provenance.fork_of):
        return started, None
    given = run_folders([options.fork_from], options.runs)[0] if options.fork_from else None
    return started, given or store.path.with_name(name)


def known_trials(results: Sequence[TrialResult], space: Space, origin: str) -> list[TrialResult]:
    """Trials in full whose parameters lie in the space, under numbers below 0: the searcher learns from them,
    and they count for nothing else."""
    known: list[TrialResult] = []
    for result in results:
        if result.state != "complete" or not set(result.params) <= set(domains(space)):
            continue
        try:
            params = space.completed(result.params)
            space.recipe(params)
        except (KeyError, ValueError):
            continue
        number = -1 - len(known)
        known.append(replace(result, number=number, results_known=0, origin=origin, attributes={}, params=params))
    return known
