"""One `.h5` for every Keras: `model_config` in the oldest words that say the same.

    save_portable(model, Path("best_age.h5"))    # opens in Keras 3.3 to 3.15 and in Keras 2

The arrays of an `.h5` are the same in all versions of Keras. Its attribute `model_config` is not: every version adds
keys that older ones refuse, even where the value is the default. What the older ones know is kept, what they do not
know is dropped where it is the default, and everything else, a key or a class that a later Keras adds, too, is
`NotPortable`: a file that opens here alone is worse than none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xrays.quiet import silenced

if TYPE_CHECKING:
    import keras

# With which versions files of every layer below, and of every backbone, were opened: same answers, dropout acting.
TESTED_VERSIONS: Mapping[str, Sequence[str]] = {
    "keras": ("3.3.3", "3.8.0", "3.12.0", "3.14.1", "3.15.1"),
    "tf_keras": ("2.21.0",),
    "tensorflow": ("2.15.1",),
}

_COMMON = ("name", "trainable", "dtype")
_MAP = (*_COMMON, "data_format")
_POOL = (*_MAP, "pool_size", "padding", "strides")
_KERNEL = (*_COMMON, "activation", "use_bias", "bias_initializer", "bias_regularizer", "bias_constraint")
_DENSE = (*_KERNEL, "kernel_initializer", "kernel_regularizer", "kernel_constraint", "activity_regularizer")
_CONVOLUTION = ("kernel_size", "strides", "padding", "data_format", "dilation_rate")
_NORM = (
    *_COMMON,
    *("axis", "epsilon", "center", "scale", "beta_initializer", "gamma_initializer"),
    *("beta_regularizer", "gamma_regularizer", "beta_constraint", "gamma_constraint"),
)
# What may stand in the config of a layer, of all layers that the spaces can make.
LAYERS: Mapping[str, Sequence[str]] = {
    "Activation": (*_COMMON, "activation"),
    "Add": _COMMON,
    "AveragePooling2D": _POOL,
    "BatchNormalization": (
        *(*_NORM, "momentum", "synchronized"),
        *("moving_mean_initializer", "moving_variance_initializer"),
    ),
    "Concatenate": (*_COMMON, "axis"),
    "Conv2D": (*_DENSE, *_CONVOLUTION, "filters", "groups"),
    "Dense": (*_DENSE, "units"),
    "DepthwiseConv2D": (
        *(*_KERNEL, *_CONVOLUTION, "depth_multiplier", "activity_regularizer"),
        *("depthwise_initializer", "depthwise_regularizer", "depthwise_constraint"),
    ),
    "Dropout": (*_COMMON, "rate", "seed", "noise_shape"),
    "Flatten": _MAP,
    "GlobalAveragePooling2D": (*_MAP, "keepdims"),
    "GlobalMaxPooling2D": (*_MAP, "keepdims"),
    "GroupNormalization": (*_NORM, "groups"),
    "InputLayer": ("name", "dtype", "sparse", "ragged", "batch_input_shape"),
    "MaxPooling2D": _POOL,
    "Maximum": _COMMON,
    "Minimum": _COMMON,
    "Multiply": _COMMON,
    "Normalization": (*_COMMON, "axis", "invert", "mean", "variance"),
    "ReLU": (*_COMMON, "max_value", "negative_slope", "threshold"),
    "Rescaling": (*_COMMON, "scale", "offset"),
    "Reshape": (*_COMMON, "target_shape"),
    "ZeroPadding2D": (*_MAP, "padding"),
}
INITIALIZERS: Mapping[str, Sequence[str]] = {
    "GlorotUniform": ("seed",),
    "Ones": (),
    "VarianceScaling": ("seed", "scale", "mode", "distribution"),
    "Zeros": (),
}
ACTIVATIONS = ("gelu", "linear", "relu", "sigmoid", "silu")
# What older versions refuse, by class, with the one value that says nothing and can be left out. renorm_momentum acts
# with renorm alone.
_AXES = {"input_axes": None, "output_axes": None}
DEFAULTS: Mapping[str, Mapping[str, Any]] = {
    "BatchNormalization": {"renorm": False, "renorm_clipping": None, "renorm_momentum": 0.99},
    "Dense": {"quantization_config": None},
    "GlorotUniform": _AXES,
    "InputLayer": {"optional": False},
    "VarianceScaling": _AXES,
}
# Of a layer's call. Keras 2 takes `training: false` for an order, and a dropout that was loaded so never acts again.
CALL: Mapping[str, Sequence[Any]] = {"training": (None, False), "mask": (None,)}


class NotPortable(ValueError):
    """The model says something that not every Keras from 2 on knows."""


def save_portable(model: keras.Model, path: Path) -> None:
    """Writes the model without an optimizer. Raises NotPortable; then `path` is no file for anybody."""
    import h5py

    with silenced():  # Keras recommends its own format, in the middle of whatever is being said
        model.save(path, include_optimizer=False)
    with h5py.File(path, "r+") as file:
        file.attrs["model_config"] = json.dumps(portable(json.loads(file.attrs["model_config"])))


def portable(written: Mapping[str, Any]) -> dict[str, Any]:
    """`model_config` of an `.h5` by Keras 3, of a functional model without a model in it, in the words of Keras 2.
    Raises NotPortable."""
    if written["class_name"] != "Functional":
        raise NotPortable(f"a model of the class {written['class_name']}: only functional models are portable")
    config = dict(written["config"])
    layers = [_layer(layer) for layer in config.pop("layers")]
    ends = {end: [_end(config.pop(end))] for end in ("input_layers", "output_layers")}
    _only(("name", "trainable"), config, "the model")
    return {"class_name": "Functional", "config": {**config, "layers": layers, **ends}}


def _layer(written: Mapping[str, Any]) -> dict[str, Any]:
    class_name, name, config = written["class_name"], written["name"], dict(written["config"])
    where = f"layer {name} ({class_name})"
    if class_name not in LAYERS:
        raise NotPortable(f"{where} is of a class that has not been tried in other versions of Keras")
    if "batch_shape" in config:
        config["batch_input_shape"] = config.pop("batch_shape")
    config = {key: _value(key, value, where) for key, value in _known(class_name, config, where).items()}
    nodes = [_node(node, where) for node in written["inbound_nodes"]]
    _only(("class_name", "config", "name", "inbound_nodes"), written, where)
    return {"class_name": class_name, "config": config, "name": name, "inbound_nodes": nodes}


def _known(class_name: str, config: Mapping[str, Any], where: str) -> dict[str, Any]:
    """The config without what older versions do not know."""
    idle = DEFAULTS.get(class_name, {})
    for key, value in idle.items():
        if config.get(key, value) != value:
            raise NotPortable(f"{where} has {key}={config[key]!r}, which older versions of Keras do not have")
    kept = {key: value for key, value in config.items() if key not in idle}
    _only(LAYERS.get(class_name) or INITIALIZERS[class_name], kept, where)
    return kept


def _value(key: str, value: Any, where: str) -> Any:
    if key == "dtype":
        policy = value["config"].get("name") if isinstance(value, Mapping) else value
        if policy != "float32":
            raise NotPortable(f"{where} computes in {policy}, which has not been tried in other versions of Keras")
        return policy
    if key == "activation" and value not in ACTIVATIONS:
        raise NotPortable(f"{where} has the activation {value}, which has not been tried in other versions of Keras")
    if isinstance(value, Mapping):
        if value.get("class_name") not in INITIALIZERS:
            raise NotPortable(f"{where} has {key}={value}, which has not been tried in other versions of Keras")
        return {**value, "config": _known(value["class_name"], value["config"], f"{key} of {where}")}
    return value


def _node(written: Mapping[str, Any], where: str) -> list[list[Any]]:
    """One call of a layer: the tensors that it was given, [[layer, node, tensor, {}], …]."""
    for key, value in written["kwargs"].items():
        if value not in CALL.get(key, ()):
            raise NotPortable(f"{where} is called with {key}={value!r}")
    (given,) = written["args"]
    tensors = given if isinstance(given, list) else [given]
    return [[*tensor["config"]["keras_history"], {}] for tensor in tensors]


def _end(history: Sequence[Any]) -> list[Any]:
    """Keras writes one input as [layer, 0, 0], several as a list of these."""
    if isinstance(history[0], str):
        return list(history)
    raise NotPortable(f"a model of {len(history)} inputs or outputs: only models of one are portable")


def _only(allowed: Sequence[str], found: Mapping[str, Any], where: str) -> None:
    if unknown := sorted(set(found) - set(allowed)):
        raise NotPortable(f"{where} has {', '.join(unknown)}, which not every version of Keras knows")
