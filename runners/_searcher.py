"""What a searcher is: it proposes, it is told, and it can be rebuilt from what it was told.

    ask = searcher.ask(number)             # Ask(number, params, label)
    searcher.tell(result)                  # in the order in which trials finish
    searcher.replay(result)                # the same after a restart

A searcher keeps nothing on disk. Before every ask it is seeded from (seed, number), so that a search that was
interrupted proposes what the unbroken one would have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from search_spaces._space import Space
from trials.experiment import Experiment
from trials.records import Scalar, TrialResult
from xrays.tasks import Task


@dataclass(frozen=True)
class Ask:
    """A proposed configuration. label: a name where the configuration has one."""

    number: int
    params: Mapping[str, Scalar]
    label: str = ""


class Searcher(Protocol):
    def ask(self, number: int) -> Ask: ...
    def tell(self, result: TrialResult) -> None: ...
    def replay(self, result: TrialResult) -> None: ...


class Sampler(Protocol):
    """A way to propose. note: what a user should know of it, in a few words."""

    @property
    def note(self) -> str: ...


class Runner(Protocol):
    """A plug-in module of this package."""

    SAMPLERS: Mapping[str, Sampler]

    @staticmethod
    def open_searcher(space: Space, task: Task, experiment: Experiment) -> Searcher: ...
