"""A space's parameters as KerasTuner declares and asks for them.

parameters = Parameters(space)                # loads Keras and KerasTuner
parameters.declared                           # for its oracles
parameters.handed_out(values)                 # an oracle's values as the params of a trial
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runners._quiet import silent_start
from search_spaces._hyperparameters import Option, Scalar
from search_spaces._space import Space

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

Values = Mapping[str, Any]


class Parameters:
    """A space's parameters as KerasTuner declares them, all of them before the first ask."""

    def __init__(self, space: Space) -> None:
        with silent_start():
            from keras_tuner import HyperParameters

        self._space = space
        self.declared = HyperParameters()
        space.sample(Handle(self.declared))
        self._asked = self.declared.copy()

    def handed_out(self, values: Values) -> dict[str, Scalar]:
        """The params of a trial for these values, in range and in the space's order."""
        self._asked.values = dict(values)
        handle = Handle(self._asked)
        self._space.sample(handle)
        return handle.params


class Handle:
    """KerasTuner's parameters as the handle that a space asks. params: what was handed out, as plain scalars.

    A parameter with one value left is fixed, so that the Gaussian process has one dimension less.
    """

    def __init__(self, parameters: HyperParameters) -> None:
        self._parameters = parameters
        self.params: dict[str, Scalar] = {}

    def integer(self, name: str, low: int, high: int, *, step: int = 1, log: bool = False) -> int:
        if low == high:
            return self.choice(name, (low,))
        spacing = {"sampling": "log"} if log else {"step": step}
        # Held in its range: KerasTuner's upper end of a logarithmic scale is one too many, of a real a last bit.
        value = min(max(int(self._parameters.Int(name, low, high, **spacing)), low), high)
        self.params[name] = value
        return value

    def real(self, name: str, low: float, high: float, *, log: bool = False) -> float:
        if low == high:
            return self.choice(name, (low,))
        sampling = "log" if log else "linear"
        value = min(max(float(self._parameters.Float(name, low, high, sampling=sampling)), low), high)
        self.params[name] = value
        return value

    def choice(self, name: str, options: Sequence[Option]) -> Option:
        if len(options) == 1:
            value = self._parameters.Fixed(name, options[0])
        else:
            value = self._parameters.Choice(name, list(options))
        # The option itself: KerasTuner keeps booleans as 0 and 1.
        option = options[list(options).index(value)]
        self.params[name] = option
        return option

    def flag(self, name: str) -> bool:
        value = bool(self._parameters.Boolean(name))
        self.params[name] = value
        return value
