"""Which ways to a model are beside each other on the hold-out: the exported one, and all that needs no training.

    found, left_out = tried(ways, way, written, networks, task, most=5)
    for line in left_out_lines(store, [one.to_json() for one in left_out]): print(line)

A way whose networks are not there is named with why and what to type: one that vanished would look as if it did not
exist.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.networks import Network, Networks
from runners._models.ways import Source, Way, Ways
from runners._workers.messages import Written
from trials.commands import command_for
from trials.store import RunStore
from xrays.errors import UserError
from xrays.statistics.bootstrap import Interval
from xrays.tasks import Task


@dataclass(frozen=True)
class Answered:
    """A way that was tried. predictions: (N,), at least of the hold-out's films; score, score_interval: in
    cross-validation."""

    name: str
    predictions: NDArray[np.floating]
    networks: Sequence[Network]
    score: float
    score_interval: Interval


@dataclass(frozen=True)
class LeftOut:
    """A way that is not. why: in words; options: of an `export` that trains what it lacks, or the first trial of it,
    and keeps what that is of folds; None where none does."""

    name: str
    why: str
    options: Mapping[str, Any] | None

    def to_json(self) -> dict[str, Any]:
        """As holdout.json has it."""
        return {"way": self.name, "why": self.why, "options": self.options}


def tried(
    ways: Ways, way: Way, written: Written, networks: Networks, task: Task, most: int
) -> tuple[list[Answered], list[LeftOut]]:
    """The exported one first, and what is left out. most: members of an ensemble. A way that has come to be another
    one, such as the best of a single trial, is neither."""
    found = [Answered(way.name, written.predictions, networks.of(way.sources), way.score, way.score_interval)]
    known, left_out = [way], list[LeftOut]()
    others: list[tuple[Callable[[], Way], dict[str, Any]]] = [
        (ways.refit, {}),
        (ways.of_folds, {"folds": True}),
        (partial(ways.ensemble, most), {"ensemble": most}),
        (partial(ways.ensemble, most, of_folds=True), {"ensemble": most, "folds": True}),
        (partial(ways.best, most, of_folds=True), {"folds": True}),  # a trial at a time
    ]
    for make, options in others:
        try:
            other = make()
        except UserError as error:  # one trial alone can be exported without the predictions of the search
            left_out.append(LeftOut("several trials", error.given, None))
            break
        if any((other.sources, other.blend) == (one.sources, one.blend) for one in known):
            continue
        known.append(other)
        if lacking := [source for source in other.sources if not networks.kept([source])]:
            left_out.append(LeftOut(other.name, _why(lacking), _remedy(ways.seed, lacking, options)))
            continue
        its = networks.of(other.sources)
        answers = other.blend.of([network.written.predictions for network in its], task.kind)
        found.append(Answered(other.name, answers, its, other.score, other.score_interval))
    return found, left_out


def _why(lacking: Sequence[Source]) -> str:
    trials = sorted({source.trial.number for source in lacking})
    named = f"trial{'s' * (len(trials) > 1)} {', '.join(map(str, trials))}"
    if lacking[0].fold is not None:
        return f"the networks of the folds of {named} were not kept"
    network = "networks" if len(trials) > 1 else "a network"
    return f"it takes {network} of {named}, trained on all films"


def _remedy(seed: int, lacking: Sequence[Source], options: dict[str, Any]) -> dict[str, Any] | None:
    """A trial by itself is exported with the search's seed: where those of further seeds lack, that is no help."""
    if "ensemble" in options:
        return options
    if {source.seed for source in lacking} != {seed}:
        return None
    return {"trial": min(source.trial.number for source in lacking), **options}


def left_out_lines(store: RunStore, rows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """For the terminal, one a way. rows: as holdout.json has them."""
    for row in rows:
        remedy = ""
        if row["options"] is not None:
            remedy = f"; to have it: {command_for(store, 'export', task=store.experiment.task, **row['options'])}"
        yield f"left out {row['way']}: {row['why']}{remedy}"
