"""Reads `.h5` weight files of Keras without loading Keras: which backbone is in a file, and its arrays.

    name = find_backbone(Path("notop.h5"), ["densenet121", "mobilenetv2"])      # UserError when none of them fits
    load_run(Path("notop.h5"), BACKBONES[name])                                 # arrays, layer by layer

A backbone is found by the shapes of its weights alone: a run of layers that are followed or preceded by anything. So
weights alone or whole models, with a top of their own or without, files of older Keras versions and the models that
this suite exports all serve.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from search_spaces._backbones import BACKBONES, Backbone, signature
from xrays.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ACCEPTED = 'an .h5 file of a network with its weights, as model.save("NAME.h5") writes it'
CONVERT = 'in Keras: load it into its network, model.save("NAME.h5"), then --weights NAME.h5'
# No layer of a backbone has more weights than a BatchNormalization: gamma, beta, mean, variance. What has more is a
# model within the model.
MOST_WEIGHTS = 4


@dataclass(frozen=True)
class FileLayer:
    """A layer with weights. shapes: of its arrays, in order; keys: where they are in the file; nested: the layer of
    the saved model that this one is a part of, or nothing."""

    name: str
    shapes: tuple[tuple[int, ...], ...]
    keys: tuple[str, ...]
    nested: str = ""


def read_layers(path: Path) -> list[FileLayer]:
    """The layers with weights in their order, no arrays. Raises UserError when it is no `.h5` file of Keras."""
    with _opened(path) as file:
        group = file.get("model_weights", file)
        names = _texts(group, "layer_names")
        if not names and "layers" in file:
            raise UserError(
                f"--weights {path} is a .weights.h5 file: it does not say in what order its layers come",
                ACCEPTED,
                CONVERT,
            )
        if not names:
            raise UserError(f"--weights {path} is not a file of Keras", ACCEPTED, CONVERT)
        return [layer for name in names for layer in _layers(group, name)]


def backbone_in(path: Path) -> str | None:
    """Which of all backbones the file's weights belong to, or None. Raises UserError when the file cannot be read."""
    layers = read_layers(path)
    return next((row.name for row in BACKBONES.values() if _run(layers, row)), None)


def find_backbone(path: Path, names: Sequence[str]) -> str:
    """Which of the backbones `names` the file's weights belong to. Raises UserError when it is none of them."""
    found = backbone_in(path)
    if found is None or found not in names:
        raise _misfit(path, found, names)
    return found


def load_run(path: Path, backbone: Backbone) -> list[list[NDArray[np.float32]]]:
    """The backbone's arrays, layer by layer, each layer's in the order of `layer.set_weights`. Raises UserError when
    the file does not hold it."""
    import numpy as np

    run = _run(read_layers(path), backbone)
    if not run:
        raise _misfit(path, backbone_in(path), [backbone.name])
    with _opened(path) as file:
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


def _layers(group: Any, name: str) -> Iterator[FileLayer]:
    """The layer, or, of a model within the model, its layers. These are told apart by their weights' names, which
    Keras gives in the order of the layers unless only some of them were frozen."""
    weights = _texts(group[name], "weight_names")
    parts: dict[str, list[str]] = {}
    for weight in weights:
        part = weight.rpartition("/")[0] if len(weights) > MOST_WEIGHTS else name
        parts.setdefault(part, []).append(weight)
    for part, held in parts.items():
        arrays = [group[name][weight] for weight in held]
        shapes = tuple(tuple(map(int, array.shape)) for array in arrays)
        yield FileLayer(part, shapes, tuple(array.name for array in arrays), "" if part == name else name)


def _texts(group: Any, name: str) -> list[str]:
    """An attribute that is a list of texts. Keras cuts long ones into NAME0, NAME1, …"""
    if name in group.attrs:
        pieces = [group.attrs[name]]
    else:
        numbered = takewhile(lambda piece: piece in group.attrs, (f"{name}{number}" for number in count()))
        pieces = [group.attrs[piece] for piece in numbered]
    return [text.decode() if isinstance(text, bytes) else str(text) for piece in pieces for text in piece]


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file, open for reading. Raises UserError for what is no whole HDF5 file, also while it is read."""
    import h5py

    if not path.is_file():
        raise UserError(
            f"--weights {path} is not there", "imagenet, none, a file or a folder of files", "--weights PATH"
        )
    try:
        if not h5py.is_hdf5(path):
            raise UserError(f"--weights {path} is not an HDF5 file", ACCEPTED, CONVERT)
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, KeyError) as error:
        what = "is cut off: its end is missing" if "truncated" in str(error) else f"cannot be read: {error}"
        raise UserError(f"--weights {path} {what}", ACCEPTED, "copy or download it again") from error


def _misfit(path: Path, found: str | None, names: Sequence[str]) -> UserError:
    if found:
        return UserError(
            f"--weights {path} holds {found}, which is not searched over",
            "weights of " + " or ".join(names),
            f"--set backbone={found} or --weights with another file",
        )
    layers = read_layers(path)
    return UserError(f"--weights {path} fits no backbone: {_told(layers)}", _needed(names), _mended(layers))


def _told(layers: Sequence[FileLayer]) -> str:
    kernel = next((shape for layer in layers for shape in layer.shapes if len(shape) == 4), None)
    said = f"it has {len(layers)} layers with weights, "
    if kernel is None:
        return said + "and no convolution"
    said += f"the first convolution's shape is {kernel}"
    return said + (", for films of one channel; backbones have three" if kernel[2] == 1 else "")


def _needed(names: Sequence[str]) -> str:
    rows = [BACKBONES[name] for name in names]
    return "; ".join(f"{row.name} ({row.layers} layers with weights, {row.parameters:,} parameters)" for row in rows)


def _mended(layers: Sequence[FileLayer]) -> str:
    nested = next((layer.nested for layer in layers if layer.nested), None)
    if nested:
        return f'in Keras: model.get_layer("{nested}").save("NAME.h5"), then --weights NAME.h5'
    return "--weights with a file of one of these, imagenet or none"
