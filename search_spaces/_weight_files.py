"""Which backbone is in a file of weights, an `.h5` of Keras or a state dict of PyTorch, and its arrays; without
loading either.

    name = find_backbone(Path("notop.h5"), ["densenet121", "mobilenetv2"])      # UserError when none of them fits
    load_run(Path("notop.h5"), BACKBONES[name])                                 # arrays, layer by layer

A backbone is found by the shapes of its weights alone: a run of layers that are followed or preceded by anything. So
weights alone or whole models, with a top of their own or without, with the backbone as a model within the model,
files of older Keras versions and the models that this suite exports all serve. Of PyTorch's files one network is
known (_from_torch.py).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from search_spaces._backbones import BACKBONES, Backbone, signature
from search_spaces._file_layers import FileLayer, opened, read_layers
from search_spaces._from_torch import NAME as DENSENET
from search_spaces._from_torch import densenet_run
from search_spaces._torch_file import is_torch, read_state_dict
from xrays.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def backbone_in(path: Path) -> str | None:
    """Which of all backbones the file's weights belong to, or None. Raises UserError when the file cannot be read,
    and for another network of PyTorch's."""
    if is_torch(path):
        densenet_run(read_state_dict(path), path)
        return DENSENET
    layers = read_layers(path)
    return next((row.name for row in BACKBONES.values() if _run(layers, row)), None)


def find_backbone(path: Path, names: Sequence[str]) -> str:
    """Which of the backbones `names` the file's weights belong to. Raises UserError when it is none of them."""
    backbone = backbone_in(path)
    if backbone is None or backbone not in names:
        raise _misfit(path, backbone, names)
    return backbone


def load_run(path: Path, backbone: Backbone) -> list[list[NDArray[np.float32]]]:
    """The backbone's arrays, layer by layer, each layer's in the order of `layer.set_weights`. Raises UserError when
    the file does not hold it."""
    import numpy as np

    if is_torch(path) and backbone.name == DENSENET:
        return densenet_run(read_state_dict(path), path)
    run = _run(read_layers(path), backbone)
    if not run:
        raise _misfit(path, backbone_in(path), [backbone.name])
    with opened(path) as file:
        return [[np.asarray(file[key], np.float32) for key in layer.keys] for layer in run]


def fingerprint(path: Path) -> str:
    """The first 16 hexadecimal digits of the file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def _run(layers: Sequence[FileLayer], backbone: Backbone) -> Sequence[FileLayer]:
    """The layers that are the backbone's, or nothing. Every backbone begins with a convolution of three channels."""
    for start, layer in enumerate(layers):
        if layer.shapes[0][2:3] == (3,):
            run = layers[start : start + backbone.layers]
            if signature([each.shapes for each in run]) == backbone.signature:
                return run
    return ()


def _misfit(path: Path, backbone: str | None, names: Sequence[str]) -> UserError:
    if backbone:
        return UserError(
            f"--weights {path} holds {backbone}, which is not searched over",
            "weights of " + " or ".join(names),
            f"--set backbone={backbone} or --weights with another file",
        )
    layers = read_layers(path)
    nested = next((layer.unordered for layer in layers if layer.unordered), None)
    if nested:
        return UserError(
            f"--weights {path} has a model within it, {nested}, and does not say in what order its layers come",
            _needed(names),
            f'in Keras: model.save("NAME.h5"), which says it, or model.get_layer("{nested}").save("NAME.h5")',
        )
    return UserError(
        f"--weights {path} fits no backbone: {_described(layers)}",
        _needed(names),
        "--weights with a file of one of these, imagenet or none",
    )


def _described(layers: Sequence[FileLayer]) -> str:
    kernel = next((shape for layer in layers for shape in layer.shapes if len(shape) == 4), None)
    said = f"it has {len(layers)} layers with weights, "
    if kernel is None:
        return said + "and no convolution"
    said += f"the first convolution's shape is {kernel}"
    return said + (", for films of one channel; backbones have three" if kernel[2] == 1 else "")


def _needed(names: Sequence[str]) -> str:
    rows = [BACKBONES[name] for name in names]
    return "; ".join(f"{row.name} ({row.layers} layers with weights, {row.parameters:,} parameters)" for row in rows)
