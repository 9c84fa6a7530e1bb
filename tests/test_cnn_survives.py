"""No block of the space `cnn` ends the process that trains it: every combination of what a block is made of takes one
step. A numerical library that writes beyond its memory does not raise, and not every time."""

from __future__ import annotations

from itertools import product

import pytest
import stepped

from search_spaces._hyperparameters import Choice
from search_spaces._space import domains
from search_spaces.cnn import SPACE

BLOCK = ("kernel", "normalisation", "activation")


def options(name: str) -> tuple[object, ...]:
    domain = domains(SPACE)[name]
    assert isinstance(domain, Choice)
    return domain.options


def widths() -> list[tuple[int, float]]:
    """Filters and growth of as few networks of two blocks as have one of every width: each costs more to make than
    its step."""
    found, left = list[tuple[int, float]](), [int(str(width)) for width in options("filters")]
    growths = [float(str(growth)) for growth in options("growth")]
    while left:
        first = left.pop(0)
        growth = next((growth for growth in growths if round(first * growth) in left), growths[0])
        left = [width for width in left if width != round(first * growth)]
        found.append((first, growth))
    return found


def test_blocks_of_all_widths_are_stepped() -> None:
    stepped_widths = {round(filters * growth**number) for filters, growth in widths() for number in range(2)}
    assert stepped_widths >= set(options("filters")) and len(widths()) < len(options("filters"))


@pytest.mark.long
@pytest.mark.parametrize("downsampling", options("downsampling"))
@pytest.mark.parametrize("residual", [False, True], ids=["plain", "residual"])
def test_every_combination_of_block_choices_survives_a_step(residual: bool, downsampling: str) -> None:
    """36 networks of two blocks, which hold 60 combinations; stems take turns."""
    changes = [
        {
            **dict(zip(BLOCK, chosen, strict=True)),
            "filters": filters,
            "growth": growth,
            "residual": residual,
            "downsampling": downsampling,
            "depth": 2,
            "stem": options("stem")[number % 3],
        }
        for number, ((filters, growth), *chosen) in enumerate(product(widths(), *map(options, BLOCK)))
    ]
    assert stepped.deaths(changes) == []
