"""Which values of a parameter are worth trying: weights on them, as a space knows them from older searches.

    depth = {2: 1, 3: 2, 4: 3, 5: 2}                        # of options and whole numbers: a weight each
    rate = Parts(2e-4, 1e-2, (1, 2, 4, 2, 1))               # of reals: of equal parts of the range, on its own scale
    drawn(domain, depth, 0.7)                               # the value that 70 % of the weight comes up to
    share_of(domain, depth, 4)                              # back again: where in the weight a value lies

A sampler draws a share evenly and takes the value at it: so points that are evenly spread stay so, by weight. No
weight is 0, so that no value is excluded. In a narrowed domain the weights are those of what is left.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate, pairwise

from search_spaces._domains import spread, values
from search_spaces._hyperparameters import Choice, Domain, Integer, Real, Scalar

PLACES = 64  # evenly spread shares that stand for all of them in `normal`


@dataclass(frozen=True)
class Parts:
    """Weights of equal parts of the range from low to high, on the scale of its domain."""

    low: float
    high: float
    weights: tuple[float, ...]


Weights = Mapping[Scalar, float] | Parts


def drawn(domain: Domain, weights: Weights, share: float) -> Scalar:
    """The value of the domain that this share of the weight, 0 to 1, comes up to."""
    if isinstance(domain, Real):
        return _Scale(domain, _parts(weights)).value(share)
    options = values(domain)
    ends = list(accumulate(of_each(domain, weights)))
    return next((option for option, end in zip(options, ends, strict=True) if share < end), options[-1])


def share_of(domain: Domain, weights: Weights, value: Scalar) -> float:
    """The share at which `drawn` gives this value of the domain; of one with a share of its own the middle of it."""
    if isinstance(domain, Real):
        return _Scale(domain, _parts(weights)).share(float(value))
    place, each = list(values(domain)).index(value), of_each(domain, weights)
    return sum(each[:place]) + each[place] / 2


def of_each(domain: Choice | Integer, weights: Weights) -> list[float]:
    """The share of each value of the domain, together 1."""
    if isinstance(weights, Parts):
        raise TypeError(f"{weights} for {domain}")
    kept = [float(weights[value]) for value in values(domain)]
    return [weight / sum(kept) for weight in kept]


def normal(domain: Integer | Real, weights: Weights) -> tuple[float, float]:
    """A normal distribution as wide as the weights, on the domain's scale: its mean, and √12 times their deviation,
    which is the whole range where no value has more weight than another."""
    places = [float(drawn(domain, weights, share)) for share in spread(0.5 / PLACES, 1 - 0.5 / PLACES, PLACES, False)]
    places = [math.log(place) for place in places] if domain.log else places
    return statistics.fmean(places), math.sqrt(12) * statistics.pstdev(places)


def _parts(weights: Weights) -> Parts:
    if not isinstance(weights, Parts):
        raise TypeError(f"{weights} for a range")
    return weights


class _Scale:
    """The part of a range's weight that lies in a domain, on a scale on which the weight is even."""

    def __init__(self, domain: Real, parts: Parts) -> None:
        self._domain = domain
        self._edges = spread(parts.low, parts.high, len(parts.weights) + 1, domain.log)
        self._sums = [0.0, *accumulate(parts.weights)]
        self._low, self._high = self._sum(domain.low), self._sum(domain.high)

    def value(self, share: float) -> float:
        """What this share of the weight in the domain lies below."""
        wanted = self._low + share * (self._high - self._low)
        part = next((n for n, end in enumerate(self._sums[1:]) if wanted < end), len(self._sums) - 2)
        (before, after), (left, right) = self._sums[part : part + 2], self._edges[part : part + 2]
        within = (wanted - before) / (after - before)
        value = left * (right / left) ** within if self._domain.log else left + (right - left) * within
        return float(min(max(value, self._domain.low), self._domain.high))

    def share(self, value: float) -> float:
        """Of the weight in the domain, what lies below this value of it; a half where it is the only one."""
        return (self._sum(value) - self._low) / (self._high - self._low) if self._high > self._low else 0.5

    def _sum(self, value: float) -> float:
        """The weight of the whole range that lies below this value."""
        scale = math.log if self._domain.log else float
        for (left, right), (before, after) in zip(pairwise(self._edges), pairwise(self._sums), strict=True):
            if value < right:
                return before + (after - before) * max(
                    0.0, (scale(value) - scale(left)) / (scale(right) - scale(left))
                )
        return self._sums[-1]
