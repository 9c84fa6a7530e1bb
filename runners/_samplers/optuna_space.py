"""A space's parameters as Optuna declares and asks for them.

declared = distributions(space)          # Optuna's, by the parameters' names
space.sample(Handle(study.ask()))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from runners._samplers.domains import run_domains
from search_spaces._hyperparameters import Option
from search_spaces._space import Space
from trials.domains import distribution

if TYPE_CHECKING:
    import optuna


class Distributions(dict[str, Any]):
    """Optuna's, by the parameters' names. They never change: a study, which copies every trial that it takes in, need
    not copy them as well. That halves the time of a replay."""

    def __deepcopy__(self, memo: object) -> Distributions:
        return self


class Handle:
    """Optuna's trial as the handle that a space asks."""

    def __init__(self, trial: optuna.Trial) -> None:
        self._trial = trial

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        return self._trial.suggest_int(name, low, high, step=step, log=log)

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return self._trial.suggest_float(name, low, high, log=log)

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        return self._trial.suggest_categorical(name, options)

    def flag(self, name: str) -> bool:
        return bool(self._trial.suggest_categorical(name, (False, True)))


def distributions(space: Space) -> Distributions:
    """All parameters of a space."""
    return Distributions({name: distribution(domain) for name, domain in run_domains(space).items()})


def modelled(distributions: Distributions) -> Distributions:
    """Those with more than one value, in the order in which Optuna would find them."""
    return Distributions({name: one for name, one in sorted(distributions.items()) if not one.single()})
