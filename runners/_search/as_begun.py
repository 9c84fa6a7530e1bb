"""Which search options mean where an operation of augmentation was added since it was begun: the one that goes on.

space, experiment = as_begun(options, space, identify)
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from runners._search.forks import differences, is_run
from runners._search.options import SearchOptions
from search_spaces._older import older_spaces
from search_spaces._space import Space, domains
from trials.experiment import Experiment


def as_begun(
    options: SearchOptions, space: Space, identify: Callable[[Space], Experiment]
) -> tuple[Space, Experiment]:
    """The space and the search that these options mean: where they have a folder from before an operation of
    augmentation was added, those that it was begun with."""
    given = {text.partition("=")[0] for text in (*options.sets, *options.fixes)}
    for each in (space, *older_spaces(space)):
        experiment = identify(each)
        path = run_folder(options, experiment)
        if not options.forks and is_run(path) and not differences(path, experiment) and given <= set(domains(each)):
            return each, experiment
    return space, identify(space)


def run_folder(options: SearchOptions, experiment: Experiment) -> Path:
    """By the name that was given, else by the search's own."""
    return options.runs / (options.name or experiment.folder_name)
