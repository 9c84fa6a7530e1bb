"""Configurations that a search has not tried, for when its searcher only repeats what is known.

    untried = Untried(space, task, seed)
    untried.next(known)            # params and recipe of one that is not among these, None where there is none

Points of a space come in an order that the seed alone decides, so that a search that was interrupted goes on as the
unbroken one would: all of them where they are few, else drawn. Many points can be one configuration, since what has
no effect sets none apart: nothing is left when all points, or MAX_MISSES in a row, were known.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from runners._seeds import derive
from search_spaces._domains import spread, values
from search_spaces._hyperparameters import Domain, Real, Scalar
from search_spaces._space import Recipe, Space, domains
from xrays.tasks import Task

STEPS = 1000  # values of a range of reals
MAX_MISSES = 10_000


class Untried:
    """seed: of the search."""

    def __init__(self, space: Space, task: Task, seed: int) -> None:
        self._space, self._task = space, task
        self._values = {name: _values(domain) for name, domain in domains(space).items()}
        size = math.prod(map(len, self._values.values()))
        self._points = _points(size, derive(seed, "untried"))

    def next(self, known: Callable[[Mapping[str, Any]], bool]) -> tuple[dict[str, Scalar], Recipe] | None:
        """Parameters, and the recipe that they make; None where nothing is left. known: whether a recipe, as
        `active` gives it, has been tried or is being tried. What was known stays so, and what this answers is
        known by the next call."""
        for point in islice(self._points, MAX_MISSES):
            params = self._params(point)
            recipe: Recipe = self._space.recipe(params)
            if not known(recipe.active(self._task)):
                return params, recipe
        return None

    def _params(self, point: int) -> dict[str, Scalar]:
        """The point written in a number system with a digit a parameter."""
        params: dict[str, Scalar] = {}
        for name, digits in self._values.items():
            point, digit = divmod(point, len(digits))
            params[name] = digits[digit]
        return params


def _values(domain: Domain) -> Sequence[Scalar]:
    if isinstance(domain, Real):
        return tuple(dict.fromkeys(spread(domain.low, domain.high, STEPS, domain.log)))
    return values(domain)


def _points(size: int, seed: int) -> Iterator[int]:
    rng = random.Random(seed)
    if size <= MAX_MISSES:
        yield from rng.sample(range(size), size)
    while size > MAX_MISSES:
        yield rng.randrange(size)
