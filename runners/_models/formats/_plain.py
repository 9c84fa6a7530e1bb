"""A network in words that every ONNX runtime has, where Keras would write something else without a word.

spelled_out(network).export("model.onnx", format="onnx")

* TensorFlow computes the exact gelu with the complement of the error function, which ONNX does not have: nobody
  opens the file. The approximation by tanh, which ONNX has, answers otherwise.
* Mean and variance of a Normalization that was read from a file become inputs of the ONNX model, beside the film, and
  nobody knows what to put there (findings/normalization_becomes_an_input_of_onnx.sh).
"""

from __future__ import annotations

from typing import Any

import numpy as np


def spelled_out(network: Any) -> Any:
    """network: a functional keras.Model that has been called. A copy with its weights, called once."""
    import keras

    def gelu(x: Any) -> Any:
        return 0.5 * x * (1 + keras.ops.erf(x * 0.5**0.5))

    def is_normalization(layer: Any) -> bool:
        return isinstance(layer, keras.layers.Normalization) and not layer.invert

    def copied(layer: Any) -> Any:
        if is_normalization(layer):
            return _rescaling(layer)
        copy = type(layer).from_config(layer.get_config())
        if getattr(layer, "activation", None) is keras.activations.gelu:
            copy.activation = gelu
        return copy

    copy = keras.models.clone_model(network, clone_function=copied)
    for layer in (layer for layer in network.layers if not is_normalization(layer)):
        copy.get_layer(layer.name).set_weights(layer.get_weights())
    copy(keras.ops.zeros((1, *network.input_shape[1:])))
    return copy


def _rescaling(normalization: Any) -> Any:
    """The same by channels, the last axis: its numbers are part of the graph."""
    import keras

    mean, variance = (np.asarray(end).reshape(-1) for end in (normalization.mean, normalization.variance))
    scale = 1 / np.maximum(np.sqrt(variance), keras.config.epsilon())
    return keras.layers.Rescaling(scale.tolist(), (-mean * scale).tolist(), name=normalization.name)
