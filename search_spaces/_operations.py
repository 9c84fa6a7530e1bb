"""The random changes that training films can go through, a row each: all that the suite knows of one.

    OPERATIONS["rotation"].largest              # 0.35, radians, at strength 1
    OPERATIONS["shift"].amounts                 # ("x", "y"): what a film draws for it

A further one is a row, with a function for its pixels above it: recipe, hyperparameters, preview, ablation, README
and tests follow from the row. It stands at the end of the table, so that spaces ask for the others as before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from keras import KerasTensor

# xx, xy, yx, yy, each a number or (films,): of a change about the film's middle, from where a pixel is in the changed
# film to where it comes from.
Matrix = tuple[Any, Any, Any, Any]


@dataclass(frozen=True)
class Drawn:
    """What films have drawn for one operation. amounts: (films,) each, by their names, 0 where a film stays as it is;
    numbers: (films,) each, even in [0, 1); normal(shape): standard normal numbers."""

    amounts: Mapping[str, KerasTensor]
    numbers: Mapping[str, KerasTensor]
    normal: Callable[[Any], KerasTensor]

    @property
    def amount(self) -> KerasTensor:
        """(films,) of an operation that has a single one."""
        (only,) = self.amounts.values()
        return only

    @property
    def of_pixels(self) -> KerasTensor:
        """The same as (films, 1, 1, 1)."""
        from keras import ops

        return ops.reshape(self.amount, (-1, 1, 1, 1))


@dataclass(frozen=True)
class Operation:
    """One kind of change. An amount of 0 must leave a film as it is to the bit.

    note: what it does at most, for the user. largest: the amount at strength 1; grey values are 0 to 1. way: amounts
    are drawn evenly up to it in "both" directions, "up" from 0, or, without a strength, none or all of it at the toss
    of a "coin". amounts: names of those that a film draws; numbers: of further ones in [0, 1); of_pixels: whether
    it draws one for every pixel besides.

    One of four says what it does to films x of (films, S, S, 1) in [0, 1]: matrix, or move (x and y, shares of the
    side), of the one resampling that films go through first; then added, what is added to x before grey values are
    cut off at 0 and 1; then changed, the changed x. Operations of a kind act in the order of the table.
    """

    name: str
    note: str
    largest: float = 1.0
    way: Literal["both", "up", "coin"] = "both"
    amounts: tuple[str, ...] = ("amount",)
    numbers: tuple[str, ...] = ()
    matrix: Callable[[Drawn], Matrix] | None = None
    move: Callable[[Drawn], tuple[KerasTensor, KerasTensor]] | None = None
    added: Callable[[KerasTensor, Drawn], KerasTensor] | None = None
    changed: Callable[[KerasTensor, Drawn], KerasTensor] | None = None
    of_pixels: bool = False

    @property
    def resamples(self) -> bool:
        """Whether it moves pixels."""
        return self.matrix is not None or self.move is not None

    @property
    def strength(self) -> str | None:
        """The parameter of its strength; None where it has none."""
        return None if self.way == "coin" else f"{self.name}_strength"


def _mirrored(drawn: Drawn) -> Matrix:
    return (1 - 2 * drawn.amount, 0.0, 0.0, 1.0)


def _turned(drawn: Drawn) -> Matrix:
    from keras import ops

    cos, sin = ops.cos(drawn.amount), ops.sin(drawn.amount)
    return (cos, -sin, sin, cos)


def _moved(drawn: Drawn) -> tuple[KerasTensor, KerasTensor]:
    return drawn.amounts["x"], drawn.amounts["y"]


def _scaled(drawn: Drawn) -> Matrix:
    scale = 1 + drawn.amount
    return (scale, 0.0, 0.0, scale)


def _contrasted(x: KerasTensor, drawn: Drawn) -> KerasTensor:
    return drawn.of_pixels * (x - _mean(x))


def _brightened(x: KerasTensor, drawn: Drawn) -> KerasTensor:
    return drawn.of_pixels


def _curved(x: KerasTensor, drawn: Drawn) -> KerasTensor:
    from keras import ops

    exponent = ops.exp(drawn.of_pixels)
    # ops.power costs three times as much. An exponent of 1 is not exact this way.
    curved = ops.exp(exponent * ops.log(ops.maximum(x, TINY)))
    return ops.where(ops.equal(exponent, 1.0), x, curved)


def _grained(x: KerasTensor, drawn: Drawn) -> KerasTensor:
    from keras import ops

    return ops.clip(x + drawn.of_pixels * drawn.normal(ops.shape(x)), 0.0, 1.0)


def _erased(x: KerasTensor, drawn: Drawn) -> KerasTensor:
    """One rectangle a film, wholly inside of it, in the film's mean grey; the amount is its share of the area."""
    from keras import ops

    side, area = x.shape[1], drawn.amount
    oblong = ops.power(MOST_OBLONG, 2 * drawn.numbers["oblong"] - 1)

    def within(length: KerasTensor, place: KerasTensor) -> KerasTensor:
        middle = length / 2 + place * (side - length)
        pixels = ops.arange(side, dtype="float32") + 0.5
        return ops.abs(pixels - middle[:, None]) < length[:, None] / 2

    rows = within(side * ops.sqrt(area * oblong), drawn.numbers["y"])
    columns = within(side * ops.sqrt(area / oblong), drawn.numbers["x"])
    rectangle = ops.logical_and(rows[:, :, None, None], columns[:, None, :, None])
    return ops.where(rectangle, _mean(x), x)


def _mean(x: KerasTensor) -> KerasTensor:
    from keras import ops

    return ops.mean(x, axis=(1, 2, 3), keepdims=True)


MOST_OBLONG = 2.0  # an erased rectangle's height over its width, or the reverse
TINY = 1e-30  # stands for black where a logarithm is taken

_ROWS = (
    # Without a strength: the heart is on the wrong side or it is not.
    Operation("flip", "left and right changed over", way="coin", matrix=_mirrored),
    # More than a patient is ever tilted.
    Operation("rotation", "up to 20° either way", math.radians(20), matrix=_turned),
    Operation("shift", "up to 15 % of the side along each axis", 0.15, amounts=("x", "y"), move=_moved),
    Operation("zoom", "up to a quarter larger or smaller", 0.25, matrix=_scaled),
    Operation("contrast", "half to one and a half times the distance from the mean", 0.5, added=_contrasted),
    Operation("brightness", "up to a fifth of the grey values brighter or darker", 0.2, added=_brightened),
    Operation("gamma", "exponents from 1/2 to 2", math.log(2), changed=_curved),
    # 13 of 256 grey values: ribs can still be counted.
    Operation(
        "noise", "a standard deviation of up to 5 % of the grey values", 0.05, "up", changed=_grained, of_pixels=True
    ),
    Operation(
        "erasing",
        "a rectangle of up to a quarter of the film, about a lung",
        0.25,
        "up",
        numbers=("oblong", "x", "y"),
        changed=_erased,
    ),
)
OPERATIONS: Mapping[str, Operation] = {row.name: row for row in _ROWS}
