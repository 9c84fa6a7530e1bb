"""Batch normalisation in one kernel is that of Keras."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from runners._training.fused import fuse

MAPS = {
    channels: np.random.default_rng(0).normal(2.0, 3.0, (8, 5, 5, channels)).astype(np.float32)
    for channels in (4, 16)
}


def network(policy: str, *, fused: bool, channels: int = 4, **changes: Any) -> keras.Model:
    films = keras.Input(MAPS[channels].shape[1:])
    layer = keras.layers.BatchNormalization(momentum=0.9, dtype=policy, name="norm", **changes)
    model = keras.Model(films, layer(films))
    for variable, value in zip(
        layer.trainable_variables, ([2.0, 0.5, 1.0, -1.0], [0.1, 0.2, 0.3, 0.4]), strict=False
    ):
        variable.assign(value * (channels // 4))
    inner = keras.Model(films, model(films))  # one within another, as a backbone is
    if fused:
        fuse(inner)
    return inner


def trained(model: keras.Model) -> list[np.ndarray]:
    """What it puts out in training, the gradients, and its moving statistics after that."""
    films = tf.constant(MAPS[model.input_shape[-1]])
    with tf.GradientTape() as tape:
        tape.watch(films)
        out = tf.cast(model(films, training=True), tf.float32)
        loss = tf.reduce_sum(tf.sin(out) * films)
    found = [out, *tape.gradient(loss, [films, *model.trainable_variables]), *model.non_trainable_variables]
    return [np.asarray(keras.ops.convert_to_numpy(each), np.float32) for each in found]


@pytest.mark.parametrize(
    ("policy", "channels", "within"),
    [("float32", 4, 1e-4), ("mixed_bfloat16", 4, 0.01), ("mixed_bfloat16", 16, 0.03)],
)
def test_it_trains_as_keras_s_does(policy: str, channels: int, within: float) -> None:
    both = (trained(network(policy, fused=fused, channels=channels)) for fused in (True, False))
    for own, theirs in zip(*both, strict=True):
        assert own == pytest.approx(theirs, rel=within, abs=within * float(np.abs(theirs).max()))


@pytest.mark.parametrize("changes", [{}, {"trainable": False}])
def test_what_is_not_trained_is_keras_s_to_the_bit(changes: dict[str, Any]) -> None:
    own, theirs = (network("float32", fused=fused, **changes) for fused in (True, False))
    training = bool(changes)
    assert np.array_equal(*(keras.ops.convert_to_numpy(each(MAPS[4], training=training)) for each in (own, theirs)))
    assert [each.path for each in own.weights] == [each.path for each in theirs.weights]


def kernels(model: keras.Model) -> dict[str, Any]:
    """Name -> the type of numbers that it takes, of all operations of a training step's answer."""
    films = tf.constant(MAPS[model.input_shape[-1]])
    graph = tf.function(lambda films: model(films, training=True)).get_concrete_function(films).graph
    return {each.type: each.inputs[0].dtype if each.inputs else None for each in graph.get_operations()}


def test_it_is_one_kernel() -> None:
    assert "FusedBatchNormV3" in kernels(network("float32", fused=True))
    assert "FusedBatchNormV3" not in kernels(network("float32", fused=False, scale=False))
    assert "FusedBatchNormV3" not in kernels(network("float32", fused=True, scale=False)), "it has no such scale"


@pytest.mark.parametrize(("channels", "taken"), [(4, tf.float32), (16, tf.bfloat16)])
def test_few_channels_are_normalised_in_float32(channels: int, taken: Any) -> None:
    """The kernel is slow with a part of a vector in bfloat16, which the map is again afterwards."""
    model = network("mixed_bfloat16", fused=True, channels=channels)
    assert kernels(model)["FusedBatchNormV3"] == taken
    assert model(MAPS[channels], training=True).dtype == tf.bfloat16
