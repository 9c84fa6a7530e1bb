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

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int: ...
    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float: ...
    def choice(self, name: str, options: Sequence[Option]) -> Option: ...
    def flag(self, name: str) -> bool: ...


@dataclass(frozen=True)
class Integer:
    low: int
    high: int
    step: int = 1
    log: bool = False


@dataclass(frozen=True)
class Real:
    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Choice:
    options: tuple[Scalar, ...]


Domain = Integer | Real | Choice


class Fixed:
    """Answers from a dict; refuses a value outside of the domain that is asked for."""

    def __init__(self, params: Mapping[str, Scalar]) -> None:
        self._params = params

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        value = int(self._params[name])
        if not low <= value <= high or (value - low) % step:
            raise ValueError(f"{name}={value} is not in {low}…{high} by {step}")
        return value

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        value = float(self._params[name])
        if not low <= value <= high:
            raise ValueError(f"{name}={value} is not in {low}…{high}")
        return value

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        for option in options:
            if option == self._params[name]:
                return option
        raise ValueError(f"{name}={self._params[name]} is none of {', '.join(map(str, options))}")

    def flag(self, name: str) -> bool:
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
