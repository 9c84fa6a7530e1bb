"""Which search options mean that leave something open: the one that was begun with them, where there is one.

found = as_begun(options, space, precisions, identify)          # Begun, None where nothing was begun

What may be open: the precision, which is chosen when a search is begun; and an operation of augmentation that was
added since, without which the search goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from runners._search.forks import differences, fork_path, is_run
from runners._search.options import SearchOptions
from search_spaces._older import older_spaces
from search_spaces._space import Space, domains
from trials.experiment import Experiment
from trials.folders import read_record, run_folders
from trials.provenance import Chosen


@dataclass(frozen=True)
class Begun:
    """The space, the search, and what was chosen when it was begun."""

    space: Space
    experiment: Experiment
    chosen: Chosen


def as_begun(
    options: SearchOptions,
    space: Space,
    precisions: Sequence[str],
    identify: Callable[[Space, str], Experiment],
) -> Begun | None:
    """What lies in a folder already. precisions: that the options may mean; of two searches that differ in it alone,
    the one whose precision was chosen."""
    found = [*_begun(options, space, precisions, identify)]
    return next((one for one in found if one.chosen.precision), found[0] if found else None)


def _begun(
    options: SearchOptions,
    space: Space,
    precisions: Sequence[str],
    identify: Callable[[Space, str], Experiment],
) -> Iterator[Begun]:
    if not any(options.runs.glob("*/experiment.json")):
        return  # nothing was: what it could be, under each older table, takes longer to say
    given = {text.partition("=")[0] for text in (*options.sets, *options.fixes)}
    # A fork learns from what lies there under an older table; it does not go on with it.
    for each in (space,) if options.forks else (space, *older_spaces(space)):
        for precision in precisions:
            experiment = identify(each, precision)
            path = run_folder(options, experiment)
            if options.forks:
                path = fork_path(path, experiment, parent_given(options))
            if is_run(path) and not differences(path, experiment) and given <= set(domains(each)):
                yield Begun(each, experiment, read_record(path).provenance().chosen)


def run_folder(options: SearchOptions, experiment: Experiment) -> Path:
    """By the name that was given, else by the search's own."""
    return options.runs / (options.name or experiment.folder_name)


def parent_given(options: SearchOptions) -> Path | None:
    """The run that a fork was told to learn from."""
    return run_folders([options.fork_from], options.runs)[0] if options.fork_from else None
