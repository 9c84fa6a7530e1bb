"""A searcher without a library, which proposes what a test tells it to, and searches with it."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from fake_workers import FILMS, FakeWorkers, SilentView, experiment, fits, learning_rate_score
from numpy.typing import NDArray
from run_folders import provenance_of

from runners._outcome import Outcome
from runners._race.pruners import PRUNERS
from runners._search.budget import Budget
from runners._search.loop import open_search
from runners._searcher import FIRST, Ask, Done, Pick, Searcher, Wait
from runners._workers.stop import Stop
from search_spaces import load_space
from search_spaces._hyperparameters import Scalar
from search_spaces._portfolio import without_portfolio
from search_spaces._space import Space
from trials.experiment import Experiment
from trials.films import Films
from trials.records import Trial, TrialResult
from trials.store import RunStore

SPACE = without_portfolio(load_space("cnn"))


def rates(number: int) -> Ask:
    """The space's first configuration with another learning rate."""
    return Ask({**SPACE.first, "learning_rate": random.Random(number).uniform(2e-4, 1e-2)})


def at(rate: float, epochs: int | None = None, **more: Scalar) -> Ask:
    return Ask({**SPACE.first, "learning_rate": rate, **more}, epochs)


@dataclass
class Script:
    """Proposes what the function says, and keeps what it hears."""

    proposal: Callable[[int], Ask | Wait | Done] = rates
    told: list[TrialResult] = field(default_factory=list)
    replayed: list[Trial] = field(default_factory=list)

    def ask(self, number: int, pick: Pick = FIRST) -> Ask | Wait | Done:
        return self.proposal(number)

    def tell(self, result: TrialResult) -> None:
        self.told.append(result)

    def replay(self, trial: Trial) -> None:
        self.replayed.append(trial)


def listed(asks: Sequence[Ask | Wait | Done]) -> Script:
    """From trial 1 on: trial 0 is the space's own."""
    return Script(lambda number: asks[number - 1] if number <= len(asks) else Done("the script is over"))


def assigned(of: Experiment) -> NDArray[np.int8]:
    """(R, FILMS): in each repeat every film is in another fold than in the one before."""
    places = (np.arange(FILMS) + np.arange(of.repeats)[:, None]) % of.folds
    return (places + of.folds * np.arange(of.repeats)[:, None]).astype(np.int8)


def new_store(path: Path, of: Experiment | None = None, known: Sequence[TrialResult] = ()) -> RunStore:
    of = of or experiment()
    films = Films(
        np.arange(FILMS),
        np.array([f"film {n}" for n in range(FILMS)]),
        {"age": np.linspace(20, 80, FILMS, dtype=np.float32), "gender": (np.arange(FILMS) % 2).astype(np.float32)},
        assigned(of),
    )
    return RunStore.create(path, of, films, provenance_of(), known)


def searched(
    store: RunStore,
    script: Searcher,
    budget: Budget,
    workers: FakeWorkers | None = None,
    too_large: Callable[[Any], str | None] = fits,
    space: Space = SPACE,
) -> tuple[Outcome, FakeWorkers, SilentView]:
    workers, view = workers or FakeWorkers(store.experiment, learning_rate_score), SilentView()
    pruner = PRUNERS[store.experiment.pruner]
    search = open_search(store, space, script, workers, pruner, too_large, budget, view, Stop())
    return search.run(), workers, view
