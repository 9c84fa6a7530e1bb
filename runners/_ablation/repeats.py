"""A repeat of an ablation: the same films with another seed, dealt to other folds.

own, assignment = repeat_of(store.experiment, store.films(), repeat=0, stress=store.provenance.splits.stress)
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from runners._seeds import derive
from trials.experiment import Experiment
from trials.films import Films
from xrays.dealing import dealt_evenly, dealt_in_blocks
from xrays.errors import UserError
from xrays.folds import unscorable
from xrays.next_command import command
from xrays.tasks import task_named

DEALT = 100  # times that films are dealt to folds, at most, until every fold can be scored


def seed_of(experiment: Experiment, repeat: int) -> int:
    """What the networks of the repeat are trained with."""
    return derive(experiment.seed, "ablation", repeat)


def repeat_of(
    experiment: Experiment, films: Films, repeat: int, stress: str = ""
) -> tuple[Experiment, NDArray[np.int8]]:
    """The experiment with the repeat's seed, and its assignment (1, N) of films to folds, as many as the search had
    in each of its repeats: neither has had a part in picking the winner. The hold-out stays what it is. As in the
    search every fold can be scored: films are dealt until they are so. stress: of the run's splits; blocks stay
    blocks, with other ends. Raises UserError when some fold never can be scored."""
    seed, task = seed_of(experiment, repeat), task_named(experiment.task)
    for attempt in range(DEALT):
        dealt = _dealt(films, experiment.folds, derive(experiment.seed, "ablation folds", repeat, attempt), stress)
        if not unscorable(task, films.targets(task), dealt[None]):
            return replace(experiment, seed=seed, repeats=1), dealt[None]
    raise UserError(
        f"an ablation on {experiment.folds} new folds, of which one always lacks films or a class of {task.name}",
        "a run whose films can be dealt to as many folds in another way",
        command("search", task=task.name, folds=max(2, experiment.folds - 1)),
    )


def _dealt(films: Films, folds: int, seed: int, stress: str) -> NDArray[np.int8]:
    if stress:
        turn = float(np.random.default_rng(seed).random())
        return dealt_in_blocks(films.ids, films.groups, films.assignment[0], folds=folds, turn=turn)
    return dealt_evenly(films.groups, films.labels, films.assignment[0], folds=folds, seed=seed)
