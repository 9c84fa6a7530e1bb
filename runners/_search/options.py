"""What the command line gives to a search.

options = SearchOptions(task="age", data=Path("data/nih64"), trials=50, limits=Limits(seconds("8h")))
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path

from runners._inputs.features import CACHE_GB
from xrays.errors import UserError
from xrays.splits import Splits

PRECISIONS = ("float32", "mixed")
AUTO = "auto"


@dataclass(frozen=True)
class Limits:
    """When a search ends before its trials are used up. seconds: of this call; fold_seconds: after which a fold is
    given up; finalists: trials at most that get further seeds after it, 0 for no final; the rest as in
    runners._search.budget.Budget."""

    seconds: float = math.inf
    fold_seconds: float = math.inf
    fold_epochs: float = math.inf
    patience: int = 0
    stop_at_noise: bool = False
    finalists: int = 0


@dataclass(frozen=True)
class Place:
    """Where the folds are trained. workers: at once, 0 for what suits the machine; max_concurrent: trials that they
    train at the same time, 0 for as many as there are workers; memory_gb: what one may take, 0 for its share of the
    machine; ray: address of a cluster or `local`, "" for processes of this machine; cpus, gpus: what a worker gets of
    a cluster, parts of one allowed, None for what suits it."""

    workers: int = 0
    max_concurrent: int = 0
    memory_gb: float = 0.0
    ray: str = ""
    cpus: float | None = None
    gpus: float | None = None


@dataclass(frozen=True)
class SearchOptions:
    """What the command line gives.

    runner: None for the first that has the sampler; sampler: None for the runner's first. sets, fixes: `depth=3..4`,
    `batch_size=32`, see search_spaces._narrow. portfolio: whether use is made of what is known of the space's
    configurations and values. weights: imagenet, none or a path, for spaces with a backbone. repeats: how often the
    films are dealt to folds; splits: what is held out, and how folds are dealt. max_params: largest network, 0 for
    any. precision: one of PRECISIONS, or AUTO for what is faster here. cache_gb: what cached features may take beside
    the films. start_from: a run whose best configurations are tried first, enqueue: a file of such. fork: a folder
    that holds another search is learnt from, not refused; fork_from: that run is. tensorboard: curves for it are
    written. networks: of so many of the best trials those of their folds are kept, and of the members of ensembles of
    so many, for `export`. runs: folder of run folders; name: of this run's, else from its identity.
    """

    task: str
    data: Path
    trials: int
    space: str = "cnn"
    sets: tuple[str, ...] = ()
    fixes: tuple[str, ...] = ()
    portfolio: bool = True
    weights: str | None = None
    max_params: int = 0
    cache_gb: float = CACHE_GB
    runner: str | None = None
    sampler: str | None = None
    pruner: str = "race"
    folds: int = 5
    repeats: int = 1
    epochs: int = 30
    seed: int = 0
    splits: Splits = field(default_factory=Splits)
    grid_points: int = 3
    precision: str = AUTO
    limits: Limits = field(default_factory=Limits)
    place: Place = field(default_factory=Place)
    start_from: str | None = None
    enqueue: Path | None = None
    fork: bool = False
    fork_from: str | None = None
    tensorboard: bool = False
    networks: int = 5
    name: str | None = None
    runs: Path = Path("runs")
    command: str = ""

    @property
    def forks(self) -> bool:
        """Whether this search is to learn from another run."""
        return self.fork or self.fork_from is not None


def seconds(text: str, option: str = "--timeout") -> float:
    """`90m`, `8h`, `45s`, `2d`, or plain seconds; no limit for an empty text. Raises UserError."""
    if not text:
        return math.inf
    number, unit = (text[:-1], text[-1]) if text[-1].isalpha() else (text, "s")
    try:
        value = float(number) * {"s": 1, "m": 60, "h": 3600, "d": 86400}[unit.lower()]
    except (ValueError, KeyError):
        value = -1
    if not 0 < value < math.inf:
        raise UserError(f"{option} {text}", "a time like 90m, 8h, 2d or 45s, seconds without a unit", f"{option} 90m")
    return value


def kept(text: str) -> int:
    """`best:5` or `none`: of how many of the best trials, and of ensembles of how many, the networks are kept. Raises
    UserError."""
    word, _, count = text.partition(":")
    if text == "none":
        return 0
    if word != "best" or not count.isdecimal() or int(count) == 0:
        raise UserError(f"--keep-weights {text}", "best:K, or none", "--keep-weights best:5")
    return int(count)
