"""Random changes of training films as Keras layers. They wrap the predictor in training and are never exported.

    x = augment(inputs, recipe, seed=7)      # identity unless called with training=True

One resampling does flip, rotation, shift and zoom together: four in a row would cost four times as much and blur the
film four times. Each film draws its own changes.
"""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import KerasTensor, layers, ops

from search_spaces._augment import AugmentRecipe

# The change at strength 1.
LARGEST_ROTATION = math.radians(20)
LARGEST_SHIFT = 0.15  # of the film's side
LARGEST_ZOOM = 0.25
LARGEST_CONTRAST = 0.5


def augment(x: KerasTensor, recipe: AugmentRecipe, seed: int) -> KerasTensor:
    """(None, S, S, 1) in [0, 1] to the same."""
    if recipe.flip or recipe.rotation or recipe.shift or recipe.zoom:
        x = RandomAffine(
            flip=recipe.flip,
            rotation=LARGEST_ROTATION * recipe.rotation_strength * recipe.rotation,
            shift=LARGEST_SHIFT * recipe.shift_strength * recipe.shift,
            zoom=LARGEST_ZOOM * recipe.zoom_strength * recipe.zoom,
            seed=seed,
        )(x)
    if recipe.contrast:
        x = RandomGain(LARGEST_CONTRAST * recipe.contrast_strength, seed=seed + 1)(x)
    return x


class _TrainingOnly(layers.Layer):
    """Identity outside of training. Owns the seed generator whose state the trainer resets before each fold."""

    def __init__(self, seed: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.generator = keras.random.SeedGenerator(seed)

    def call(self, x: KerasTensor, training: bool = False) -> KerasTensor:
        return self.change(x) if training else x

    def change(self, x: KerasTensor) -> KerasTensor:
        raise TypeError("a layer defines its change")

    def draw(self, x: KerasTensor, largest: float) -> KerasTensor:
        """(batch,) uniform in ±largest."""
        return keras.random.uniform((ops.shape(x)[0],), -largest, largest, seed=self.generator)


class RandomAffine(_TrainingOnly):
    """Flip, rotation (±radians), shift (±share of the side) and zoom (±share), in one bilinear resampling.
    What comes in from outside repeats the film's edge."""

    def __init__(self, *, flip: bool, rotation: float, shift: float, zoom: float, seed: int) -> None:
        super().__init__(seed, name="random_affine")
        self.flip, self.rotation, self.shift, self.zoom = flip, rotation, shift, zoom
        # TensorFlow's resampling has no XLA kernel; without this Keras would try to compile the model on a GPU.
        self.supports_jit = False

    def change(self, x: KerasTensor) -> KerasTensor:
        side = x.shape[1]
        angle = self.draw(x, self.rotation)
        scale = 1.0 + self.draw(x, self.zoom)
        mirrored = ops.sign(self.draw(x, 1.0)) if self.flip else ops.ones_like(angle)
        move_x, move_y = (self.draw(x, self.shift) * side for _ in range(2))
        # The transform maps output to input pixels about the centre c: in = R (out - c) + c + move.
        cos, sin = ops.cos(angle) * scale, ops.sin(angle) * scale
        centre = (side - 1) / 2
        rows = [
            cos * mirrored,
            -sin,
            centre + move_x - centre * (cos * mirrored - sin),
            sin * mirrored,
            cos,
            centre + move_y - centre * (sin * mirrored + cos),
            ops.zeros_like(cos),
            ops.zeros_like(cos),
        ]
        return ops.image.affine_transform(x, ops.stack(rows, axis=1), interpolation="bilinear", fill_mode="nearest")


class RandomGain(_TrainingOnly):
    """Contrast: stretches or squeezes each film about its mean by 1 ± largest, clipped to [0, 1]."""

    def __init__(self, largest: float, *, seed: int) -> None:
        super().__init__(seed, name="random_gain")
        self.largest = largest

    def change(self, x: KerasTensor) -> KerasTensor:
        gain = ops.reshape(1.0 + self.draw(x, self.largest), (-1, 1, 1, 1))
        mean = ops.mean(x, axis=(1, 2, 3), keepdims=True)
        return ops.clip((x - mean) * gain + mean, 0.0, 1.0)
