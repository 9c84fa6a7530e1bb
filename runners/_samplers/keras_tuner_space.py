"""A space's parameters as KerasTuner declares and asks for them.

parameters = Parameters(space)                # loads Keras and KerasTuner
parameters.declared                           # for its oracles
parameters.handed_out(values)                 # an oracle's values as the params of a trial
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from runners._loading import silent_start
from search_spaces._hyperparameters import Domain, Option, Scalar
from search_spaces._prior import Weights, drawn, share_of
from search_spaces._space import Space, domains

if TYPE_CHECKING:
    from keras_tuner import HyperParameters

Values = Mapping[str, Any]


class Parameters:
    """A space's parameters as KerasTuner declares them, all of them before the first ask.

    Its oracles draw a share between 0 and 1 and take the value at it, the Gaussian process looks for the best share:
    where it is known which values are worth trying, they have more of the shares.
    """

    def __init__(self, space: Space) -> None:
        with silent_start():
            from keras_tuner import HyperParameters

        self._space = space
        self._asked, known = HyperParameters(), domains(space)
        space.sample(Handle(self._asked))
        self.declared = HyperParameters()
        self.declared.merge(
            [
                _weighted(one, known[one.name], space.prior[one.name]) if one.name in space.prior else one
                for one in self._asked.space
            ]
        )

    def handed_out(self, values: Values) -> dict[str, Scalar]:
        """The params of a trial for these values, in range and in the space's order."""
        self._asked.values = dict(values)
        handle = Handle(self._asked)
        self._space.sample(handle)
        return handle.params


def _weighted(parameter: Any, domain: Domain, weights: Weights) -> Any:
    """The same parameter, whose values have shares by these weights. Of one with one value nothing changes."""
    from keras_tuner.engine.hyperparameters import Fixed

    kind = type(parameter)
    if kind is Fixed:
        return parameter
    shares = {
        "prob_to_value": lambda self, share: drawn(domain, weights, share),
        "value_to_prob": lambda self, value: share_of(domain, weights, value),
    }
    return type(kind.__name__, (kind,), shares).from_config(parameter.get_config())  # type: ignore[attr-defined]


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
