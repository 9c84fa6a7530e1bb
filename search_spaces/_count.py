"""What layers cost, without making any: the counterpart of `KerasLayers` in `_layers.py`.

count = Count()
x = count.conv(count.layer((64, 64, 1)), "conv_0", filters=16, kernel=3, stride=1)
count.trained, count.fixed, count.activations, count.multiply_adds
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

# How many times as long as the first of them they take on TensorFlow, forwards and back: the mean of both precisions.
# A group normalisation is put together from many passes.
NORMALISED = {"batch": 1, "group": 4}
ACTIVATED = {"relu": 1, "swish": 4, "gelu": 10}


@dataclass(frozen=True)
class Map:
    """Stands for the tensor of this shape."""

    shape: tuple[Any, ...]


class Count:
    """Makes no layers, but adds up their trained and fixed weights, what they put out for one film, and what takes
    time: the products that convolutions and full layers add up for it, and what `Footprint` says of further kinds."""

    def __init__(self) -> None:
        self.trained = self.fixed = self.activations = self.multiply_adds = 0
        self.normalised = self.activated = self.layers = 0

    def layer(self, out: tuple[int, ...], trained: int = 0, fixed: int = 0, multiply_adds: int = 0) -> Map:
        """A layer that puts out `out` for one film, with so many weights that training changes and that it does
        not."""
        self.layers += 1
        self.trained += trained
        self.fixed += fixed
        self.activations += math.prod(out)
        self.multiply_adds += multiply_adds
        return Map((None, *out))

    def conv(self, x: Map, name: str, filters: int, kernel: int, stride: int) -> Map:
        """Square kernel of that side, with a bias; a stride halves the map upwards."""
        _, height, width, channels = x.shape
        window = kernel**2 * channels
        out = (math.ceil(height / stride), math.ceil(width / stride), filters)
        return self.layer(out, (window + 1) * filters, multiply_adds=window * math.prod(out))

    def pool(self, x: Map, name: str, kind: str, upwards: bool = False) -> Map:
        """Halves the map downwards, or upwards like a convolution. It has no weights."""
        _, height, width, channels = x.shape
        return self.layer(((height + upwards) // 2, (width + upwards) // 2, channels))

    def norm(self, x: Map, name: str, kind: str) -> Map:
        """One of a kind, "batch" or "group", over the channels."""
        # Scale and offset; a batch normalisation keeps moving means and variances besides.
        scales = 2 * x.shape[-1]
        self.normalised += NORMALISED[kind] * math.prod(x.shape[1:])
        return self.layer(x.shape[1:], scales, scales if kind == "batch" else 0)

    def activation(self, x: Map, name: str, kind: str) -> Map:
        """It has no weights and keeps the shape."""
        self.activated += ACTIVATED[kind] * math.prod(x.shape[1:])
        return self.layer(x.shape[1:])

    def add(self, x: Map, y: Map, name: str) -> Map:
        """The sum of two maps of one shape."""
        return self.layer(x.shape[1:])

    def head(self, x: Map, name: str, kind: str) -> Map:
        """From a map to a vector: of all its numbers for "flatten", else of one a channel."""
        return self.layer((math.prod(x.shape[1:]) if kind == "flatten" else x.shape[-1],))

    def join(self, x: Map, y: Map, name: str) -> Map:
        """Two vectors, one behind the other."""
        return self.layer((x.shape[-1] + y.shape[-1],))

    def dense(self, x: Map, name: str, units: int, activation: str) -> Map:
        """A full layer of so many units, with a bias."""
        return self.layer((units,), (x.shape[-1] + 1) * units, multiply_adds=x.shape[-1] * units)

    def dropout(self, x: Map, name: str, rate: float) -> Map:
        """It has no weights and keeps the shape."""
        return self.layer(x.shape[1:])
