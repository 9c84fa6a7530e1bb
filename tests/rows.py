"""Parameters of a test, of which `make test` takes the first one alone.

@pytest.mark.parametrize("task", first_and_others(TASKS))
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest


def first_and_others(values: Iterable[Any]) -> list[Any]:
    """As they are; those after the first one are tested with the long tests."""
    first, *others = values
    return [first, *(pytest.param(other, marks=pytest.mark.long) for other in others)]
