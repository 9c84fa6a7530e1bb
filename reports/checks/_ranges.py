"""Where values lie in a range, and which parts of a domain no good trial came from.

pressed(Domain(low=2, high=5, step=1), [5, 5, 5], 0.05)     # "high", "low", or "" for neither
parts(Domain(low=1e-4, high=1e-2, log=True))        # three thirds of it
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from trials.domains import Domain
from trials.records import Scalar
from xrays.next_command import worded

OUTER = 0.1
THIRDS = 3
MOST = 8  # whole numbers that are looked at one by one


def place_in(domain: Domain) -> Literal["numbers", "range"] | None:
    """Whether a domain has an end that something can press against: whole numbers, or a range; None for options."""
    if domain.options or domain.single:
        return None
    return "numbers" if domain.step else "range"


def pressed(domain: Domain, values: Sequence[float], luck: float) -> Literal["low", "high", ""]:
    """The end that all values lie at, where luck seldom brings them there. What can be no less than 0 has no low
    end to press against."""
    shares = [_share(domain, value) for value in values]
    if domain.step:
        count = (domain.high - domain.low) // domain.step + 1
        outer, chance = 1e-9, 1 / count
    else:
        outer = chance = OUTER
    if 2 * chance ** len(values) > luck:
        return ""
    if all(share >= 1 - outer for share in shares):
        return "high"
    return "low" if all(share <= outer for share in shares) and domain.low != 0 else ""


def _share(domain: Domain, value: float) -> float:
    low, high, at = (math.log(each) if domain.log else float(each) for each in (domain.low, domain.high, value))
    return (at - low) / (high - low)


@dataclass(frozen=True)
class Part:
    """Of a domain: an option, a whole number, or a stretch from low to high. said: in words."""

    said: str
    options: tuple[Scalar, ...] = ()
    low: float = 0
    high: float = 0

    def holds(self, value: Scalar) -> bool:
        """Whether the value is of it."""
        return value in self.options if self.options else self.low <= float(value) <= self.high


def parts(domain: Domain) -> list[Part]:
    """Its options, its whole numbers where they are few, else its thirds; [] where there is one alone."""
    if domain.single:
        return []
    if domain.options:
        return [Part(worded(option), (option,)) for option in domain.options]
    if domain.step and (domain.high - domain.low) / domain.step < MOST:
        numbers = range(int(domain.low), int(domain.high) + 1, domain.step)
        return [Part(worded(number), (), number, number) for number in numbers]
    if domain.step:
        return []
    edges = [_at(domain, place / THIRDS) for place in range(THIRDS + 1)]
    return [Part(f"{worded(low)} to {worded(high)}", (), low, high) for low, high in pairwise(edges)]


def _at(domain: Domain, share: float) -> float:
    """The value at that share of a range, to three digits where it is no end."""
    if share in (0.0, 1.0):
        return float(domain.high if share else domain.low)
    if domain.log:
        return float(f"{domain.low * (domain.high / domain.low) ** share:.3g}")
    return float(f"{domain.low + (domain.high - domain.low) * share:.3g}")


def without(name: str, domain: Domain, useless: Sequence[Part]) -> str:
    """`depth=3..4`: what is left of the domain, as `--set` takes it; "" where nothing can be cut off, since it lies
    in the middle of a range."""
    kept = [part for part in parts(domain) if part not in useless]
    if domain.options:
        return f"{name}={','.join(part.said for part in kept)}" if kept and useless else ""
    every = parts(domain)
    while every and every[0] in useless:
        every = every[1:]
    while every and every[-1] in useless:
        every = every[:-1]
    if not every or len(every) == len(parts(domain)):
        return ""
    low, high = every[0].low, every[-1].high
    return f"{name}={worded(low)}" if low == high else f"{name}={worded(low)}..{worded(high)}"
