"""A space as it was before an operation of augmentation was added to the table: a search that was begun then goes on
in that one, and says nothing of the operation.

    for older in older_spaces(space): …      # without the last operation, without the last two, …
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Set
from dataclasses import replace
from functools import partial
from typing import Any

from search_spaces._handles import Without
from search_spaces._hyperparameters import Hyperparameters
from search_spaces._operations import OPERATIONS, Operation
from search_spaces._space import Space, domains


def older_spaces(space: Space) -> Iterator[Space]:
    """Of a space with augmentation, from the last operation on: operations are added at the table's end."""
    names: set[str] = set()
    for row in reversed(list(OPERATIONS.values())):
        names |= parameters_of(row)
        if not names <= set(domains(space)):
            return
        yield replace(
            space,
            sample=partial(_sample, space.sample, frozenset(names)),
            first={name: value for name, value in space.first.items() if name not in names},
        )


def parameters_of(row: Operation) -> set[str]:
    """The names of an operation's flag and strength."""
    return {f"augment_{name}" for name in (row.name, row.strength) if name}


def _sample(sample: Callable[[Hyperparameters], Any], without: Set[str], hp: Hyperparameters) -> Any:
    return sample(Without(hp, without))
