"""Optuna as a searcher: its samplers, its study in memory, our loop.

searcher = open_searcher(space, task, experiment)
ask = searcher.ask(1)

A further sampler is a function and a line in SAMPLERS. What a study is told of a trial that is not complete is in the
table of `runners/_samplers/ledger.py`.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from runners._samplers.ledger import Ledger, StudyResult
from runners._samplers.optuna_space import Distributions
from runners._samplers.study import MakeSampler, RandomSearcher, SequenceSearcher, Start, StudySearcher
from runners._samplers.weighted import Prior, weighted_points, weighted_random, weighted_tpe
from runners._searcher import Searcher
from runners._seeds import derive
from search_spaces._space import Space
from trials.experiment import Experiment
from trials.records import TrialResult
from xrays.errors import UserError
from xrays.extras import with_extra
from xrays.tasks import Task

# Trials before a model of the scores proposes anything, the space's own first configuration among them. Optuna's
# default of 10 would leave nothing of a search of ten trials to the model.
STARTUP = 5

# --- the samplers: (seed of the experiment, number of the trial, parameters to model, where to start, which values
# are worth trying) -> one for this trial


def _tpe(seed: int, number: int, space: Distributions, start: Start, prior: Prior) -> Any:
    from optuna.samplers import TPESampler

    startup, seed = _random(seed, number, space, start, prior), derive(seed, "ask", number)
    tpe = _flat(TPESampler, space)(seed=seed, multivariate=True, constant_liar=True, n_startup_trials=STARTUP)
    return weighted_tpe(tpe, prior, startup)


def _random(seed: int, number: int, space: Distributions, start: Start, prior: Prior) -> Any:
    return weighted_random(derive(seed, "ask", number), prior)


def _qmc(seed: int, number: int, space: Distributions, start: Start, prior: Prior) -> Any:
    return weighted_points(derive(seed, "qmc"), prior, number, _random(seed, number, space, start, prior))


def _cmaes(seed: int, number: int, space: Distributions, start: Start, prior: Prior) -> Any:
    """Without restarts, which Optuna has no more."""
    from optuna.distributions import CategoricalDistribution
    from optuna.samplers import CmaEsSampler

    numbers = {name: one for name, one in space.items() if not isinstance(one, CategoricalDistribution)}
    others = _tpe(seed, number, space, start, prior)
    first = {name: start[name] for name in numbers} if start else None
    seed = derive(seed, "cmaes", number)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # x0 is to go with Optuna 6
        return _flat(CmaEsSampler, Distributions(numbers))(
            x0=first, seed=seed, independent_sampler=others, warn_independent_sampling=False
        )


def _gp(seed: int, number: int, space: Distributions, start: Start, prior: Prior) -> Any:
    from optuna.samplers import GPSampler

    startup = _random(seed, number, space, start, prior)
    seed = derive(seed, "gp", number)
    return _flat(GPSampler, space)(
        seed=seed, independent_sampler=startup, n_startup_trials=STARTUP, warn_independent_sampling=False
    )


def _flat(kind: Any, space: Distributions) -> Any:
    """A sampler class that knows which parameters there are. Optuna compares the distributions of all trials to find
    out, which at a thousand trials takes longer than all the rest; our spaces are the same in every trial."""
    return type(kind.__name__, (kind,), {"infer_relative_search_space": lambda *_: dict(space)})


@dataclass(frozen=True)
class OptunaSampler:
    """tell: how a result is told, None where a sampler looks at none; sequence: whether its proposals are points in
    an order; one: whether it proposes one optimum, whatever its seed; needs: the libraries that it takes beside
    Optuna; extra: the one of ours that brings them."""

    note: str
    sampler: MakeSampler
    tell: Callable[[Ledger, TrialResult], StudyResult] | None = None
    sequence: bool = False
    one: bool = False
    needs: tuple[str, ...] = ()
    extra: str = ""

    @property
    def learns(self) -> bool:
        """Whether results change what it proposes."""
        return self.tell is not None


SAMPLERS: Mapping[str, OptunaSampler] = {
    "tpe": OptunaSampler(f"random until trial {STARTUP}, then by a model of the scores", _tpe, Ledger.ranked),
    "qmc": OptunaSampler("numbers evenly spread, choices at random, independent of the scores", _qmc, sequence=True),
    "random": OptunaSampler("independent of the scores", _random),
    "cmaes": OptunaSampler(
        "numbers by CMA-ES, the other parameters by TPE", _cmaes, Ledger.valued, needs=("cmaes",), extra="cmaes"
    ),
    # Without greenlet it works, too, but proposes something else in the last digits.
    "gp": OptunaSampler(
        f"random until trial {STARTUP}, then by a Gaussian process",
        _gp,
        Ledger.valued,
        one=True,
        needs=("torch", "greenlet"),
        extra="gp",
    ),
}


def open_searcher(space: Space, task: Task, experiment: Experiment) -> Searcher:
    """Raises UserError when a library is missing that the sampler needs."""
    row = SAMPLERS[experiment.sampler]
    missing = " and ".join(library for library in row.needs if find_spec(library) is None)
    if missing:
        others = " or ".join(name for name, sampler in SAMPLERS.items() if not sampler.needs)
        raise UserError(
            f"--sampler {experiment.sampler} without {missing}",
            f"--sampler {experiment.sampler} with {missing}, or --sampler {others}",
            with_extra(row.extra),
        )
    if row.tell is None:
        kind = SequenceSearcher if row.sequence else RandomSearcher
        return kind(space, row.sampler, experiment.seed)
    return StudySearcher(space, row.sampler, experiment.seed, row.tell, Ledger(task), several=not row.one)
