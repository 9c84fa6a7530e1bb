"""A network whose gelu is spelled out in operations that every runtime has.

spelled_out(network).export("model.onnx", format="onnx")

TensorFlow computes the exact gelu with the complement of the error function, for which ONNX has no operation: what is
written from it without a word is opened by nobody. The approximation by tanh, which ONNX has, answers otherwise.
"""

from __future__ import annotations

from typing import Any


def spelled_out(network: Any) -> Any:
    """network: a functional keras.Model that has been called. A copy with its weights, called once; itself where it
    has no gelu."""
    import keras

    def is_gelu(layer: Any) -> bool:
        return getattr(layer, "activation", None) is keras.activations.gelu

    def gelu(x: Any) -> Any:
        return 0.5 * x * (1 + keras.ops.erf(x * 0.5**0.5))

    def copied(layer: Any) -> Any:
        copy = type(layer).from_config(layer.get_config())
        if is_gelu(layer):
            copy.activation = gelu
        return copy

    if not any(map(is_gelu, network.layers)):
        return network
    copy = keras.models.clone_model(network, clone_function=copied)
    copy.set_weights(network.get_weights())
    copy(keras.ops.zeros((1, *network.input_shape[1:])))
    return copy
