"""Where a parameter's value lies on an axis, whatever its kind: a number, a number in powers of ten, or a level.

scale = scale_of(learning_rates)          # in powers of ten: far apart, and most of them near the lower end
scale.at(values)                          # coordinates for Plotly
scale.unit(values)                        # (n,) between 0 and 1
figure.update_xaxes(**scale.axis())
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reports._drawing.html import plain
from reports._drawing.numbers import scalar
from trials.records import Scalar

# Up to so many different numbers stand as levels at equal distances: batches of 8, 16 and 32 do.
LEVELS = 8
MARKS = 7  # on an axis in powers, at most; unless there are more powers


@dataclass(frozen=True)
class Scale:
    """levels: the values in order, () for an axis of numbers; low, high, log: of an axis of numbers."""

    levels: tuple[Scalar, ...]
    low: float = 0.0
    high: float = 1.0
    log: bool = False

    def at(self, values: Sequence[Scalar]) -> list[float]:
        """Coordinates: the number itself, or the place of the level."""
        if not self.levels:
            return [float(value) for value in values]
        places = {_key(level): float(place) for place, level in enumerate(self.levels)}
        return [places[_key(value)] for value in values]

    def dots(self, values: Sequence[Scalar], stride: float = 0.618034) -> list[float]:
        """The same, with dots of one level beside each other: by the golden ratio, which leaves no gaps and draws
        nothing at random. Another stride for the other axis keeps them off a line."""
        if not self.levels:
            return self.at(values)
        return [place + 0.5 * ((index * stride) % 1 - 0.5) for index, place in enumerate(self.at(values))]

    def unit(self, values: Sequence[Scalar]) -> NDArray[np.float64]:
        """(n,) from 0 at the lower end to 1 at the upper one; 0.5 where there is one level only."""
        given = np.array(self.at(values))
        low, high = (0.0, len(self.levels) - 1.0) if self.levels else (self.low, self.high)
        if self.log:
            given, low, high = np.log10(given), math.log10(low), math.log10(high)
        return (given - low) / (high - low) if high > low else np.full(len(given), 0.5)

    def ticks(self, count: int) -> list[float]:
        """(count,) coordinates at equal distances from end to end of an axis of numbers; the levels' places else."""
        if self.levels:
            return [float(place) for place in range(len(self.levels))]
        grid = np.geomspace if self.log else np.linspace
        return [float(place) for place in grid(self.low, self.high, count)]

    def titled(self, name: str) -> str:
        """The name of what is on it, with what kind of axis it is where that is not the even one."""
        return f"{name} (log)" if self.log else name

    def axis(self) -> dict[str, object]:
        """What Plotly has to know of it."""
        if self.log:
            return log_axis(self.low, self.high)
        if not self.levels:
            return {"type": "linear", "exponentformat": "power"}
        names = [plain(scalar(level), 14) for level in self.levels]
        return {"tickvals": self.ticks(0), "ticktext": names, "range": [-0.5, len(names) - 0.5]}


def log_axis(low: float, high: float) -> dict[str, object]:
    """An axis in powers of ten from low to high, for Plotly: its own ticks read 2, 5, 0.001, 2, 5, or 100µ."""
    marks = log_marks(low, high)
    return {"type": "log", "tickvals": marks, "ticktext": [f"{mark:,.12g}".replace("e-0", "e-") for mark in marks]}


def log_marks(low: float, high: float) -> list[float]:
    """Round numbers between two positive ones: by 1, 2 and 5, and by powers alone where those would be many; of a
    range too small to have two of them its ends and its middle, to two digits."""
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    for steps in ((1, 2, 5), (1, 3), (1,)):
        # From text: 10 ** -4 times 2 is not 0.0002.
        numbers = [float(f"{step}e{power}") for power in powers for step in steps]
        marks = [mark for mark in numbers if low <= mark <= high]
        if len(marks) <= MARKS:
            break
    return marks if len(marks) > 1 else sorted({float(f"{mark:.2g}") for mark in (low, math.sqrt(low * high), high)})


def scale_of(values: Sequence[Scalar]) -> Scale:
    """The scale that holds these values, of which there is at least one."""
    distinct = list({_key(value): value for value in values}.values())
    numbers = [float(value) for value in distinct if isinstance(value, (int, float)) and not isinstance(value, bool)]
    if len(numbers) < len(distinct):
        return Scale(tuple(sorted(distinct, key=_key)))
    # What somebody has typed is short; few draws from a range are no levels.
    if len(numbers) <= LEVELS and all(float(f"{number:.3g}") == number for number in numbers):
        return Scale(tuple(sorted(distinct, key=float)))
    low, high = min(numbers), max(numbers)
    return Scale((), low, high, low > 0 and high / low > 20 and _crowded(sorted(numbers), low, high))


def _crowded(numbers: list[float], low: float, high: float) -> bool:
    """Whether the middle number is nearer to the middle of an axis in powers of ten than of an even one: a dropout
    of 0.01 among others up to 0.6 is no reason for the former."""
    middle = numbers[len(numbers) // 2]
    even, powers = (middle - low) / (high - low), math.log(middle / low) / math.log(high / low)
    return abs(powers - 0.5) < abs(even - 0.5)


def _key(value: Scalar) -> tuple[str, str]:
    # True is equal to 1, and a number must not stand for a truth.
    return ("bool" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"), scalar(value)
