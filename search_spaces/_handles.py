"""Handles that ask another one for less than they are asked for, so that a space can be sampled as a smaller one.

space.sample(Within(hp, {"depth": Integer(3, 4)}))          # smaller domains
space.sample(Without(hp, {"augment_blur"}))                  # fewer parameters
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

from search_spaces._hyperparameters import Choice, Domain, Hyperparameters, Integer, Option, Real


class Within:
    """A handle that asks another one for the same parameters in smaller domains."""

    def __init__(self, inner: Hyperparameters, domains: Mapping[str, Domain]) -> None:
        self._inner, self._domains = inner, domains

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        match self._domains.get(name):
            case Integer(lowest, highest):
                low, high = lowest, highest
        return self._inner.integer(name, low, high, step=step, log=log)

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        match self._domains.get(name):
            case Real(lowest, highest):
                low, high = lowest, highest
        return self._inner.real(name, low, high, log=log)

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        match self._domains.get(name):
            case Choice(left):
                options = tuple(option for option in options if option in left)
        return self._inner.choice(name, options)

    def flag(self, name: str) -> bool:
        match self._domains.get(name):
            case Choice((only,)):
                return self._inner.choice(name, (bool(only),))
        return self._inner.flag(name)


class Without:
    """A handle that does not ask for some flags, which are off, and some reals."""

    def __init__(self, inner: Hyperparameters, names: Set[str]) -> None:
        self._inner, self._names = inner, names

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        return self._inner.integer(name, low, high, step=step, log=log)

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        return low if name in self._names else self._inner.real(name, low, high, log=log)

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        return self._inner.choice(name, options)

    def flag(self, name: str) -> bool:
        return False if name in self._names else self._inner.flag(name)
