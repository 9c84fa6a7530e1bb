"""No block of the space `cnn` ends the process that trains it: every combination of what a block is made of takes one
step. A numerical library that writes beyond its memory does not raise, and not every time."""

from __future__ import annotations

from itertools import product

import pytest
import stepped

from search_spaces._hyperparameters import Choice
from search_spaces._space import domains
from search_spaces.cnn import SPACE

BLOCK = ("kernel", "normalisation", "activation", "filters")


def options(name: str) -> tuple[object, ...]:
    domain = domains(SPACE)[name]
    assert isinstance(domain, Choice)
    return domain.options


@pytest.mark.long
@pytest.mark.parametrize("downsampling", options("downsampling"))
@pytest.mark.parametrize("residual", [False, True], ids=["plain", "residual"])
def test_every_combination_of_block_choices_survives_a_step(residual: bool, downsampling: str) -> None:
    """60 networks of two blocks; stems and growth, which only makes other widths of the second, take turns."""
    changes = [
        {
            **dict(zip(BLOCK, chosen, strict=True)),
            "residual": residual,
            "downsampling": downsampling,
            "depth": 2,
            "growth": options("growth")[number % 3],
            "stem": options("stem")[number // 3 % 3],
        }
        for number, chosen in enumerate(product(*map(options, BLOCK)))
    ]
    assert stepped.deaths(changes) == []
