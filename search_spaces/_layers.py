"""The Keras layers that predictors are made of. Plain layers only: they survive `.h5`.

    x = KerasLayers().conv(x, "conv_0", filters=16, kernel=3, stride=1)
    predictor = keras.Model(inputs, output(x, task))

A space that walks its network with a handle like `KerasLayers` can walk it with one that only counts.
"""

from __future__ import annotations

from keras import KerasTensor, layers

from xrays.tasks import Task

POOLS = {"max_pool": layers.MaxPooling2D, "average_pool": layers.AveragePooling2D}
HEADS = {
    "average": layers.GlobalAveragePooling2D,
    "max": layers.GlobalMaxPooling2D,
    "flatten": layers.Flatten,
}


class KerasLayers:
    """Makes the layers of a network, with the names that it is told."""

    def conv(self, x: KerasTensor, name: str, filters: int, kernel: int, stride: int) -> KerasTensor:
        """Square kernel of that side, with a bias, padded: a stride of 2 halves the map upwards."""
        return layers.Conv2D(filters, kernel, strides=stride, padding="same", name=name)(x)

    def pool(self, x: KerasTensor, name: str, kind: str, upwards: bool = False) -> KerasTensor:
        """One of POOLS, two by two: halves the map downwards, or upwards like a convolution."""
        return POOLS[kind](2, padding="same" if upwards else "valid", name=name)(x)

    def norm(self, x: KerasTensor, name: str, kind: str) -> KerasTensor:
        """kind: "batch" or "group", over the channels."""
        if kind == "group":
            return layers.GroupNormalization(groups_of(x.shape[-1]), name=name)(x)
        # A fold is a few hundred steps: the usual momentum of 0.99 would still remember the initial statistics.
        return layers.BatchNormalization(momentum=0.9, name=name)(x)

    def activation(self, x: KerasTensor, name: str, kind: str) -> KerasTensor:
        """kind: a name of Keras's."""
        return layers.ReLU(name=name)(x) if kind == "relu" else layers.Activation(kind, name=name)(x)

    def add(self, x: KerasTensor, y: KerasTensor, name: str) -> KerasTensor:
        """The sum of two maps of one shape."""
        return layers.Add(name=name)([x, y])

    def head(self, x: KerasTensor, name: str, kind: str) -> KerasTensor:
        """One of HEADS: (None, h, w, channels) to a vector."""
        return HEADS[kind](name=name)(x)

    def join(self, x: KerasTensor, y: KerasTensor, name: str) -> KerasTensor:
        """Two vectors, one behind the other."""
        return layers.Concatenate(name=name)([x, y])

    def dense(self, x: KerasTensor, name: str, units: int, activation: str) -> KerasTensor:
        """A full layer of so many units, with a bias."""
        return layers.Dense(units, activation=activation, name=name)(x)

    def dropout(self, x: KerasTensor, name: str, rate: float) -> KerasTensor:
        """rate: share of the numbers that training leaves out."""
        return layers.Dropout(rate, name=name)(x)


def groups_of(channels: int) -> int:
    """How many groups of a group normalisation: at most 8 that divide the channels, of at least 4 channels each.

    On a map of one pixel a group of one channel would lose its value, and one of two all but its sign.
    """
    return max(groups for groups in range(1, 9) if channels % groups == 0 and channels >= 4 * groups)


def output(x: KerasTensor, task: Task, initializer: str = "glorot_uniform") -> KerasTensor:
    """(None, features) to (None, 1) float32: the task's unit, or the probability of class 1. initializer: of the
    last kernel."""
    if task.kind == "binary":
        return layers.Dense(1, activation="sigmoid", kernel_initializer=initializer, dtype="float32", name=task.name)(
            x
        )
    # The network predicts the standardised label; a Rescaling turns it into the label's unit, so that weights and
    # gradients are of the usual size and the exported model still answers in the label's unit.
    name = f"{task.name}_standardised"
    x = layers.Dense(1, kernel_initializer=initializer, dtype="float32", name=name)(x)
    return layers.Rescaling(task.scale, offset=task.center, dtype="float32", name=task.name)(x)
