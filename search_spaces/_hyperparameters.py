"""The handle that a space asks for its parameters, and the answerers that need no library.

    def sample(hp: Hyperparameters) -> Recipe: …          # asks for every parameter, always all of them
    recipe = space.recipe({"depth": 3, …})          # replay
    recorded(space.sample)["depth"]                        # Integer(low=2, high=5, …)

Optuna's and KerasTuner's answerers live with their runners.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

Scalar = str | int | float | bool
Option = TypeVar("Option", str, int, float, bool)


class Hyperparameters(Protocol):
    """One handle, several answerers. Options of a choice are of one scalar type; `step` never goes with `log`."""

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """A whole number from low to high, both included, in steps from low; log: even in powers."""

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """A number from low to high; log: even in powers."""

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        """One of the options."""

    def flag(self, name: str) -> bool:
        """True or False."""


@dataclass(frozen=True)
class Integer:
    """Whole numbers from low to high, both included, in steps from low; log: even in powers."""

    low: int
    high: int
    step: int = 1
    log: bool = False


@dataclass(frozen=True)
class Real:
    """Numbers from low to high; log: even in powers."""

    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choice:
    """One of these, all of one scalar type; a flag is a choice of False and True."""

    options: tuple[Scalar, ...]


Domain = Integer | Real | Choice


class Fixed:
    """Answers from a dict; refuses a value outside of the domain that is asked for."""

    def __init__(self, params: Mapping[str, Scalar]) -> None:
        self._params = params

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        """The value of that name. Raises ValueError outside of low to high and off the steps, KeyError without
        one."""
        value = int(self._params[name])
        if not low <= value <= high or (value - low) % step:
            raise ValueError(f"{name}={value} is not in {low}…{high} by {step}")
        return value

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        """The value of that name. Raises ValueError outside of low to high, KeyError without one."""
        value = float(self._params[name])
        if not low <= value <= high:
            raise ValueError(f"{name}={value} is not in {low}…{high}")
        return value

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        """The option that equals the value of that name. Raises ValueError without such a one, KeyError without a
        value."""
        for option in options:
            if option == self._params[name]:
                return option
        raise ValueError(f"{name}={self._params[name]} is none of {', '.join(map(str, options))}")

    def flag(self, name: str) -> bool:
        """The value of that name. Raises KeyError without one."""
        return bool(self._params[name])


class _Recorder:
    """Writes down what is asked for and answers with the lowest value."""

    def __init__(self) -> None:
        self.domains: dict[str, Domain] = {}

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        self.domains[name] = Integer(low, high, step, log)
        return low

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        self.domains[name] = Real(low, high, log)
        return low

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        self.domains[name] = Choice(tuple(options))
        return options[0]

    def flag(self, name: str) -> bool:
        self.domains[name] = Choice((False, True))
        return False


def recorded(sample: Callable[[Hyperparameters], Any]) -> dict[str, Domain]:
    """Every parameter that is asked for with its domain, in the order of asking."""
    recorder = _Recorder()
    sample(recorder)
    return recorder.domains
