"""What a search begins with: its space's first configuration and those that have done well elsewhere, cheapest first.

    for params in tried_early(space, task, lambda recipe: workload.of(recipe).fold): …

The latter stand in the space's own file, each with where it comes from; `benchmarks/portfolio.py` finds them.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from search_spaces._domains import nearest
from search_spaces._hyperparameters import Scalar
from search_spaces._space import Recipe, Space, domains
from xrays.tasks import Task

LARGEST = 8  # entries: each costs a search a trial, and a ninth gains it next to nothing


def without_portfolio(space: Space) -> Space:
    """The same space, of whose values nothing is known before."""
    return dataclasses.replace(space, portfolio=(), prior={})


def tried_early(space: Space, task: Task, cost: Callable[[Recipe], float]) -> list[dict[str, Scalar]]:
    """Parameters of the space's first configuration and of the portfolio's entries, those that cost least first. A
    value that the space does not allow moves to the nearest one; an entry that is then the first configuration or
    another entry, but for what has no effect on the task, is left out."""
    known, seen = domains(space), list[Any]()
    priced: list[tuple[float, dict[str, Scalar]]] = []
    for given in (space.first, *(entry.params for entry in space.portfolio)):
        params = {name: nearest(known[name], value) for name, value in space.completed(given).items()}
        recipe = space.recipe(params)
        if (active := recipe.active(task)) not in seen:
            seen.append(active)
            priced.append((cost(recipe), params))
    return [params for _, params in sorted(priced, key=lambda pair: pair[0])]
