"""What a searcher is: it proposes, it is told, and it can be rebuilt from what it was told.

    ask = searcher.ask(number)             # Ask(params), Wait() or Done(reason)
    ask = searcher.ask(number, Pick(6, cheapest))       # of several that it would propose, one
    searcher.tell(result)                  # in the order in which trials finish

    searcher.replay(trial)                 # after a restart, before anything else

A searcher keeps nothing on disk. Before every ask it is seeded from (seed, number), so that a search that was
interrupted proposes what the unbroken one would have. The space's own first configuration, those that a user wants
to have tried and repeated ones are the loop's business: a searcher is told of the first two like of any result that
it did not ask for, and of a repeated one under its own number with the state and the folds of the one it repeats.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from search_spaces._space import Space
from trials.experiment import Experiment
from trials.records import Scalar, Trial, TrialResult
from xrays.tasks import Task


@dataclass(frozen=True)
class Ask:
    """A proposed configuration. epochs: a smaller budget than the search's, None for the whole one; attributes: JSON
    that comes back with the trial in `tell` and `replay`."""

    params: Mapping[str, Scalar]
    epochs: int | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Pick:
    """How one of several proposals is taken, which are all as good to the searcher. offers: how many there should be;
    of: the place of the one that is taken, from the parameters of those that there are, one at least."""

    offers: int
    of: Callable[[Sequence[Mapping[str, Scalar]]], int]


FIRST = Pick(1, lambda offers: 0)


@dataclass(frozen=True)
class Wait:
    """No proposal before one of the running trials has been told."""


@dataclass(frozen=True)
class Done:
    """Nothing is left to propose, for a reason in words."""

    reason: str


class Searcher(Protocol):
    """Trials on smaller budgets come back as pruned ones, with `max_epochs` below the search's epochs."""

    def ask(self, number: int, pick: Pick = FIRST) -> Ask | Wait | Done:
        """The configuration of the trial of that number, Wait before one that runs is told, or Done for good. Where
        it can make several proposals, the pick takes one. Of the others nothing stays: what comes next is the same
        after a restart, which knows of the taken one alone."""

    def tell(self, result: TrialResult) -> None:
        """A trial that has finished, once, in the order of finishing."""

    def replay(self, trial: Trial) -> None:
        """A trial from an earlier call: finished ones (TrialResult) in the order in which they finished, then those
        that are still open, by number. `trial.results_known` says how many had finished when it was asked for."""


class Sampler(Protocol):
    """A way to propose. note: what a user should know of it, in a few words; learns: whether trials in full, which
    may be those of an older search, change what it proposes."""

    @property
    def note(self) -> str:
        """What it proposes, in a few words."""

    @property
    def learns(self) -> bool:
        """Whether trials in full change what it proposes."""


class Runner(Protocol):
    """A plug-in module of this package."""

    SAMPLERS: Mapping[str, Sampler]

    @staticmethod
    def open_searcher(space: Space, task: Task, experiment: Experiment) -> Searcher:
        """The searcher of a search over this space, with `experiment.sampler`. Raises UserError when it cannot be."""
