"""Random changes of training films as a Keras layer. It stands before the predictor in training, never in an export.

    x = augment(inputs, recipe, seed=7)      # identity unless called with training=True

An amount of 0 leaves a film as it is to the bit, so "one operation a film" is the same graph with the amounts of all
others at 0. One resampling does flip, rotation, shift and zoom together: four in a row would cost four times as much
and blur the film four times.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from functools import partial
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from search_spaces._augment import AugmentRecipe
from search_spaces._operations import OPERATIONS, Drawn, Matrix, Operation


def augment(x: KerasTensor, recipe: AugmentRecipe, seed: int) -> KerasTensor:
    """(None, S, S, 1) in [0, 1] to the same. A recipe without effect adds no layer."""
    return RandomChange(recipe, seed)(x) if recipe.operations() else x


class RandomChange(layers.Layer):
    """Identity outside of training. Owns the seed generator whose state the trainer sets before each fold.

    Every operation draws from a stream of its own, by its name: another one beside it, in the recipe or in the table,
    changes nothing for it. Of several in mode "one" a film goes through the one that draws the smallest number, so
    another one takes its share of films and leaves the others as they are.

    Computes in float32 under any policy: bfloat16 has no more than 128 values between 0.5 and 1.
    """

    def __init__(self, recipe: AugmentRecipe, seed: int) -> None:
        super().__init__(name="random_change", dtype="float32")
        self.strengths = recipe.operations()
        self.one = recipe.mode == "one"
        self.generator = keras.random.SeedGenerator(seed)
        # TensorFlow's resampling has no XLA kernel; without this Keras would try to compile the model on a GPU.
        self.supports_jit = not any(OPERATIONS[name].resamples for name in self.strengths)

    def call(self, x: KerasTensor, training: bool = False) -> KerasTensor:
        """(films, S, S, 1) in [0, 1] to the same; changed where this is training."""
        if not training:
            return x
        changes = self.drawn(ops.shape(x)[0])
        if any(row.resamples for row, _ in changes):
            x = _resampled(x, changes)
        if toning := [row.added(x, drawn) for row, drawn in changes if row.added]:
            x = ops.clip(x + sum(toning[1:], toning[0]), 0.0, 1.0)
        for row, drawn in changes:
            if row.changed:
                x = row.changed(x, drawn)
        return x

    def drawn(self, films: Any) -> list[tuple[Operation, Drawn]]:
        """What so many films draw next, for each operation that acts. Amounts are 0 where a film goes through another
        one."""
        state = self.generator.next()
        rows = [OPERATIONS[name] for name in self.strengths]
        numbers = {row.name: self._numbers(state, row, films) for row in rows}
        if self.one:
            as_it_is = keras.random.uniform((films,), seed=_Stream(state, "as it is"))
            lowest = ops.argmin(ops.stack([as_it_is, *(own["one"] for own in numbers.values())]), axis=0)
        changes = []
        for place, row in enumerate(rows, 1):
            amounts = {}
            for name in row.amounts:
                amount = self._share(row, numbers[row.name][name]) * self.strengths[row.name] * row.largest
                amounts[name] = ops.where(ops.equal(lowest, place), amount, 0.0) if self.one else amount
            normal = partial(keras.random.normal, seed=_Stream(state, f"{row.name}, pixels"))
            changes.append((row, Drawn(amounts, {name: numbers[row.name][name] for name in row.numbers}, normal)))
        return changes

    def _numbers(self, state: KerasTensor, row: Operation, films: Any) -> dict[str, KerasTensor]:
        """(films,) each in [0, 1), by their names; "one" decides which of several operations a film goes through."""
        names = [*row.amounts, *row.numbers, "one"]
        numbers = keras.random.uniform((len(names), films), seed=_Stream(state, row.name))
        return dict(zip(names, ops.unstack(numbers, len(names)), strict=True))

    def _share(self, row: Operation, drawn: KerasTensor) -> KerasTensor:
        """Of the largest amount. A film that has drawn a coin's operation is changed, or that would be drawn half as
        often as it counts."""
        if row.way == "coin":
            return ops.ones_like(drawn) if self.one else ops.round(drawn)
        return drawn if row.way == "up" else 2 * drawn - 1


class _Stream(keras.random.SeedGenerator):
    """The random numbers of one name, from the state that a generator is in. It serves for one draw."""

    def __init__(self, state: KerasTensor, name: str) -> None:
        # Without a state of its own: what is saved, put back and compiled is the generator's alone.
        self._state, self._key = state, zlib.crc32(name.encode()) >> 1

    def next(self, ordered: bool = True) -> KerasTensor:
        """The seed of the draw, (2,). All backends take at least the lowest 31 bits of its first number."""
        return self._state + ops.convert_to_tensor([self._key, 0], dtype=self._state.dtype)


def _resampled(x: KerasTensor, changes: Iterable[tuple[Operation, Drawn]]) -> KerasTensor:
    """All that move pixels, in one resampling. What comes in from outside repeats the film's edge."""
    side = x.shape[1]
    matrix: Matrix = (1.0, 0.0, 0.0, 1.0)
    move_x: Any = 0.0
    move_y: Any = 0.0
    for row, drawn in changes:
        if row.matrix:
            matrix = _product(row.matrix(drawn), matrix)
        if row.move:
            along_x, along_y = row.move(drawn)
            move_x, move_y = move_x + along_x, move_y + along_y
    # The transform maps output to input pixels about the centre c: in = M (out - c) + c + move.
    xx, xy, yx, yy = matrix
    centre = (side - 1) / 2
    rows = [
        *(xx, xy, centre + move_x * side - centre * (xx + xy)),
        *(yx, yy, centre + move_y * side - centre * (yx + yy)),
        *(0.0, 0.0),
    ]
    zero = ops.zeros((ops.shape(x)[0],))
    transform = ops.stack([zero + entry for entry in rows], axis=1)
    return ops.image.affine_transform(x, transform, interpolation="bilinear", fill_mode="nearest")


def _product(left: Matrix, right: Matrix) -> Matrix:
    (a, b, c, d), (e, f, g, h) = left, right
    return (a * e + b * g, a * f + b * h, c * e + d * g, c * f + d * h)
