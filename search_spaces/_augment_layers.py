"""Random changes of training films as a Keras layer. It stands before the predictor in training, never in an export.

    x = augment(inputs, recipe, seed=7)      # identity unless called with training=True

An amount of 0 leaves a film as it is to the bit, so "one operation a film" is the same graph with the amounts of all
others at 0. One resampling does flip, rotation, shift and zoom together: four in a row would cost four times as much
and blur the film four times.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from search_spaces._augment import OPERATIONS, AugmentRecipe

# The change at strength 1; grey values are 0…1.
LARGEST: Mapping[str, float] = {
    "flip": 1.0,  # mirrored or not
    "rotation": math.radians(20),  # either way: more than a patient is ever tilted
    "shift": 0.15,  # of the film's side, along each axis
    "zoom": 0.25,  # larger or smaller
    "contrast": 0.5,  # half to one and a half times the distance from the film's mean
    "brightness": 0.2,  # brighter or darker
    "gamma": math.log(2),  # of the exponent's logarithm: 1/2…2
    "noise": 0.05,  # standard deviation, 13 of 256 grey values: ribs can still be counted
    "erasing": 0.25,  # of the film's area: about a lung
}
ONE_WAY = ("noise", "erasing")  # amounts from 0 upwards; all others are drawn in both directions
GEOMETRIC = ("flip", "rotation", "shift", "zoom")
MOST_OBLONG = 2.0  # an erased rectangle's height over its width, or the reverse
TINY = 1e-30  # stands for black where a logarithm is taken

# The amounts that a film draws, by their operation, and all numbers that it draws.
AMOUNTS = {**{name: name for name in OPERATIONS if name != "shift"}, "shift_x": "shift", "shift_y": "shift"}
DRAWN = (*AMOUNTS, "chosen", "oblong", "erased_x", "erased_y")


def augment(x: KerasTensor, recipe: AugmentRecipe, seed: int) -> KerasTensor:
    """(None, S, S, 1) in [0, 1] to the same. A recipe without effect adds no layer."""
    return RandomChange(recipe, seed)(x) if recipe.operations() else x


class RandomChange(layers.Layer):
    """Identity outside of training. Owns the seed generator whose state the trainer sets before each fold.

    Computes in float32 under any policy: bfloat16 has no more than 128 values between 0.5 and 1.
    """

    def __init__(self, recipe: AugmentRecipe, seed: int) -> None:
        super().__init__(name="random_change", dtype="float32")
        self.operations = recipe.operations()
        self.one = recipe.mode == "one"
        self.geometric = any(name in self.operations for name in GEOMETRIC)
        self.generator = keras.random.SeedGenerator(seed)
        # TensorFlow's resampling has no XLA kernel; without this Keras would try to compile the model on a GPU.
        self.supports_jit = not self.geometric

    def call(self, x: KerasTensor, training: bool = False) -> KerasTensor:
        if not training:
            return x
        # All in one draw: every further one would cost as much as an operation's arithmetic.
        numbers = keras.random.uniform((len(DRAWN), ops.shape(x)[0]), seed=self.generator)
        drawn = dict(zip(DRAWN, ops.unstack(numbers, len(DRAWN)), strict=True))
        amounts = self._amounts(drawn)
        if self.geometric:
            x = _resampled(x, amounts)
        x = _toned(x, amounts)
        if "noise" in amounts:
            noise = keras.random.normal(ops.shape(x), seed=self.generator)
            x = ops.clip(x + _per_film(amounts["noise"]) * noise, 0.0, 1.0)
        return _erased(x, amounts["erasing"], drawn) if "erasing" in amounts else x

    def _amounts(self, drawn: Mapping[str, KerasTensor]) -> dict[str, KerasTensor]:
        """(films,) each, of operations that are on; 0 where a film drew another operation."""
        # In equal shares: each of the operations, and the film as it is.
        chosen = ops.floor(drawn["chosen"] * (len(self.operations) + 1))
        amounts = {}
        for name, operation in AMOUNTS.items():
            if operation in self.operations:
                amounts[name] = self._share(operation, drawn[name]) * self.operations[operation] * LARGEST[operation]
                if self.one:
                    mine = ops.equal(chosen, list(self.operations).index(operation))
                    amounts[name] = ops.where(mine, amounts[name], 0.0)
        return amounts

    def _share(self, operation: str, drawn: KerasTensor) -> KerasTensor:
        """Of the largest amount. A film that has drawn the flip is mirrored, or the flip would be drawn half as
        often as it counts."""
        if operation == "flip":
            return ops.ones_like(drawn) if self.one else ops.round(drawn)
        return drawn if operation in ONE_WAY else 2 * drawn - 1


def _per_film(numbers: KerasTensor) -> KerasTensor:
    return ops.reshape(numbers, (-1, 1, 1, 1))


def _resampled(x: KerasTensor, amounts: Mapping[str, KerasTensor]) -> KerasTensor:
    """Flip, rotation, shift and zoom. What comes in from outside repeats the film's edge."""
    side, zero = x.shape[1], ops.zeros_like(next(iter(amounts.values())))
    flip, angle, zoom, move_x, move_y = (
        amounts.get(name, zero) for name in ("flip", "rotation", "zoom", "shift_x", "shift_y")
    )
    # The transform maps output to input pixels about the centre c: in = R (out - c) + c + move.
    mirrored, scale, centre = 1 - 2 * flip, 1 + zoom, (side - 1) / 2
    cos, sin = ops.cos(angle) * scale, ops.sin(angle) * scale
    rows = [
        cos * mirrored,
        -sin,
        centre + move_x * side - centre * (cos * mirrored - sin),
        sin * mirrored,
        cos,
        centre + move_y * side - centre * (sin * mirrored + cos),
        zero,
        zero,
    ]
    return ops.image.affine_transform(x, ops.stack(rows, axis=1), interpolation="bilinear", fill_mode="nearest")


def _toned(x: KerasTensor, amounts: Mapping[str, KerasTensor]) -> KerasTensor:
    """Contrast about the film's mean and brightness, then gamma."""
    change: Any = 0.0
    if "contrast" in amounts:
        change = _per_film(amounts["contrast"]) * (x - _mean(x))
    if "brightness" in amounts:
        change = change + _per_film(amounts["brightness"])
    if "contrast" in amounts or "brightness" in amounts:
        x = ops.clip(x + change, 0.0, 1.0)
    if "gamma" in amounts:
        exponent = _per_film(ops.exp(amounts["gamma"]))
        # ops.power costs three times as much. An exponent of 1 is not exact this way.
        curved = ops.exp(exponent * ops.log(ops.maximum(x, TINY)))
        x = ops.where(ops.equal(exponent, 1.0), x, curved)
    return x


def _erased(x: KerasTensor, area: KerasTensor, drawn: Mapping[str, KerasTensor]) -> KerasTensor:
    """One rectangle a film, wholly inside of it, in the film's mean grey. area: (films,) share of the film's."""
    side = x.shape[1]
    oblong = ops.power(MOST_OBLONG, 2 * drawn["oblong"] - 1)

    def within(length: KerasTensor, place: KerasTensor) -> KerasTensor:
        middle = length / 2 + place * (side - length)
        pixels = ops.arange(side, dtype="float32") + 0.5
        return ops.abs(pixels - middle[:, None]) < length[:, None] / 2

    rows = within(side * ops.sqrt(area * oblong), drawn["erased_y"])
    columns = within(side * ops.sqrt(area / oblong), drawn["erased_x"])
    rectangle = ops.logical_and(rows[:, :, None, None], columns[:, None, :, None])
    return ops.where(rectangle, _mean(x), x)


def _mean(x: KerasTensor) -> KerasTensor:
    return ops.mean(x, axis=(1, 2, 3), keepdims=True)
