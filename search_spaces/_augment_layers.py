"""Random changes of training films as a Keras layer. It stands before the predictor in training, never in an export.

    x = augment(inputs, recipe, seed=7)      # identity unless called with training=True

An amount of 0 leaves a film as it is to the bit, so "one operation a film" is the same graph with the amounts of all
others at 0. One resampling does flip, rotation, shift and zoom together: four in a row would cost four times as much
and blur the film four times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from search_spaces._augment import AugmentRecipe
from search_spaces._operations import OPERATIONS, Drawn, Matrix, Operation

# All numbers that a film draws, in their order: what stands first, and of which operation it is.
_AMOUNTS = [
    (row.name, name) for row in sorted(OPERATIONS.values(), key=lambda row: len(row.amounts)) for name in row.amounts
]
_DRAWN = [*_AMOUNTS, ("", "chosen"), *((row.name, name) for row in OPERATIONS.values() for name in row.numbers)]


def augment(x: KerasTensor, recipe: AugmentRecipe, seed: int) -> KerasTensor:
    """(None, S, S, 1) in [0, 1] to the same. A recipe without effect adds no layer."""
    return RandomChange(recipe, seed)(x) if recipe.operations() else x


class RandomChange(layers.Layer):
    """Identity outside of training. Owns the seed generator whose state the trainer sets before each fold.

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
        # All in one draw: every further one would cost as much as an operation's arithmetic.
        numbers = keras.random.uniform((len(_DRAWN), ops.shape(x)[0]), seed=self.generator)
        drawn = dict(zip(_DRAWN, ops.unstack(numbers, len(_DRAWN)), strict=True))
        rows = [OPERATIONS[name] for name in self.strengths]
        changes = [(row, self._drawn(row, drawn)) for row in rows]
        if moving := [change for change in changes if change[0].resamples]:
            x = _resampled(x, moving)
        if toning := [row.added(x, drawn) for row, drawn in changes if row.added]:
            x = ops.clip(x + sum(toning[1:], toning[0]), 0.0, 1.0)
        for row, own in changes:
            if row.changed:
                x = row.changed(x, own)
        return x

    def _drawn(self, row: Operation, drawn: Mapping[tuple[str, str], KerasTensor]) -> Drawn:
        """What films have drawn for one operation; amounts of 0 where they drew another one."""
        amounts = {}
        for name in row.amounts:
            amounts[name] = self._share(row, drawn[row.name, name]) * self.strengths[row.name] * row.largest
            if self.one:
                # In equal shares: each of the operations, and the film as it is.
                chosen = ops.floor(drawn["", "chosen"] * (len(self.strengths) + 1))
                mine = ops.equal(chosen, list(self.strengths).index(row.name))
                amounts[name] = ops.where(mine, amounts[name], 0.0)
        return Drawn(
            amounts,
            {name: drawn[row.name, name] for name in row.numbers},
            lambda shape: keras.random.normal(shape, seed=self.generator),
        )

    def _share(self, row: Operation, drawn: KerasTensor) -> KerasTensor:
        """Of the largest amount. A film that has drawn a coin's operation is changed, or that would be drawn half as
        often as it counts."""
        if row.way == "coin":
            return ops.ones_like(drawn) if self.one else ops.round(drawn)
        return drawn if row.way == "up" else 2 * drawn - 1


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
