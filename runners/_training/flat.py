"""An optimizer's step on all weights at once: on TensorFlow it else is a dozen small operations a variable.

    optimizer = flat(keras.optimizers.AdamW)(1e-3, weight_decay=1e-4)
    optimizer.exclude_from_weight_decay(var_names=UNDECAYED)

What it computes is the optimizer's own, number by number; a norm over all gradients is summed in another order. The
graph of a training step has fewer operations, so that it is traced sooner and steps of small networks are faster. XLA
joins such operations by itself: other backends keep the optimizer as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import keras
from keras import ops

UNDECAYED = ["bias", "gamma", "beta"]  # in their names: pulling a scale or an offset to zero only weakens a layer


@dataclass(frozen=True)
class _Group:
    """Variables that are stepped as one. places: theirs among all; vector: holds their values during a step, and
    nothing between two."""

    variables: tuple[Any, ...]
    places: tuple[int, ...]
    vector: Any

    def gather(self) -> None:
        """From the variables."""
        self.vector.assign(_joined(self.variables))

    def scatter(self) -> None:
        """To the variables."""
        import tensorflow as tf

        sizes = [math.prod(variable.shape) for variable in self.variables]
        for variable, values in zip(self.variables, tf.split(self.vector.value, sizes), strict=True):
            variable.assign(ops.reshape(values, variable.shape))


def _group(name: str, variables: Sequence[Any], places: Sequence[int]) -> _Group:
    own = tuple(variables[place] for place in places)
    return _Group(own, tuple(places), keras.Variable(ops.zeros(sum(math.prod(one.shape) for one in own)), name=name))


def _joined(values: Sequence[Any]) -> Any:
    return ops.concatenate([ops.reshape(value, [-1]) for value in values])


class _Flat:
    """Before an optimizer of Keras's: that sees a vector for each group of the variables."""

    _groups: tuple[_Group, ...] = ()

    def build(self, variables: Sequence[Any]) -> None:
        """Those that decay, and the others; once."""
        if self._groups:
            return
        self._groups = tuple(
            _group(name, variables, [place for place, one in enumerate(variables) if _decays(one) is decays])
            for name, decays in (("kernels", True), ("_".join(UNDECAYED), False))
            if any(_decays(one) is decays for one in variables)
        )
        super().build(self._vectors())  # type: ignore[misc]

    def apply(self, grads: Sequence[Any], trainable_variables: Sequence[Any] | None = None) -> None:
        """A step of all variables. grads: one for each, in the order of `build`."""
        if trainable_variables is not None:
            self.build(trainable_variables)
        joined = []
        for group in self._groups:
            group.gather()
            joined.append(_joined([grads[place] for place in group.places]))
        super().apply(joined, self._vectors())  # type: ignore[misc]
        for group in self._groups:
            group.scatter()

    def finalize_variable_values(self, var_list: Sequence[Any]) -> None:
        """Gives all variables their averages, where it has some."""
        super().finalize_variable_values(self._vectors())  # type: ignore[misc]
        for group in self._groups:
            group.scatter()

    def _vectors(self) -> list[Any]:
        return [group.vector for group in self._groups]


def _decays(variable: Any) -> bool:
    return not any(word in variable.name for word in UNDECAYED)


@cache
def flat(kind: Any) -> Any:
    """A class of optimizers that take all variables of a network at once, on TensorFlow; elsewhere the same class."""
    if keras.backend.backend() != "tensorflow":
        return kind
    return type(kind.__name__, (_Flat, kind), {})
