"""The layers with weights of an `.h5` file, in the order that its model has them, without loading Keras.

    for layer in read_layers(Path("model.h5")): layer.name, layer.shapes          # no array is read
    with opened(path) as file: np.asarray(file[layer.keys[0]])

A model within the model is one layer to the file, which holds its weights as one flat list: those that were
trainable first, whatever layer they belong to. Where only some of its layers were frozen, that is not the order of
the layers. `model_config` has it, in whole models; the weights' names tell which layer each belongs to.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count, takewhile
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile, is_zipfile

from xrays.errors import UserError

ACCEPTED = 'an .h5 file of a network with its weights, as model.save("NAME.h5") writes it'
CONVERT = 'in Keras: load it into its network, model.save("NAME.h5"), then --weights NAME.h5'
# What the root holds of a `.weights.h5` by Keras 3, and by TensorFlow 2.12 to 2.15.
WITHOUT_ORDER = ("layers", "_layer_checkpoint_dependencies")
# No layer of a backbone has more weights than a BatchNormalization: gamma, beta, mean, variance. What has more is a
# model within the model.
MOST_WEIGHTS = 4


@dataclass(frozen=True)
class FileLayer:
    """A layer with weights. shapes: of its arrays, in order; keys: where they are in the file; unordered: the model
    within the model that it is a part of, where the file does not say in what order that model's layers come."""

    name: str
    shapes: tuple[tuple[int, ...], ...]
    keys: tuple[str, ...]
    unordered: str = ""


def read_layers(path: Path) -> list[FileLayer]:
    """Raises UserError when it is no `.h5` file of Keras."""
    with opened(path) as file:
        group = file.get("model_weights", file)
        names = _texts(group, "layer_names")
        if not names and any(root in file for root in WITHOUT_ORDER):
            raise UserError(
                f"--weights {path} is a .weights.h5 file: it does not say in what order its layers come",
                ACCEPTED,
                CONVERT,
            )
        if not names:
            raise UserError(f"--weights {path} is not a file of Keras", ACCEPTED, CONVERT)
        inner = _inner(file.attrs.get("model_config", "{}"))
        return [layer for name in names for layer in _layers(group, name, inner.get(name, ()))]


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file, open for reading. Raises UserError for what is no whole HDF5 file, also while it is read."""
    import h5py

    if not path.is_file():
        raise UserError(
            f"--weights {path} is not there", "imagenet, none, a file or a folder of files", "--weights PATH"
        )
    try:
        if not h5py.is_hdf5(path):
            what = "a .keras file" if _is_native(path) else "not an HDF5 file"
            raise UserError(f"--weights {path} is {what}", ACCEPTED, CONVERT)
        with h5py.File(path, "r") as file:
            yield file
    except (OSError, RuntimeError, KeyError, TypeError, ValueError, BadZipFile) as error:
        what = "is cut off: its end is missing" if "truncated" in str(error) else f"cannot be read: {error}"
        raise UserError(f"--weights {path} {what}", ACCEPTED, "copy or download it again") from error


def _is_native(path: Path) -> bool:
    if not is_zipfile(path):
        return False
    with ZipFile(path) as held:
        return "model.weights.h5" in held.namelist()


def _inner(model_config: str | bytes) -> dict[str, list[str]]:
    """Of each layer that is a model itself the names of all layers within it, in their order. Nothing where that
    cannot be read: most files have their order from elsewhere, and a wrong one fits no backbone."""
    try:
        model = json.loads(model_config)
        return {_name(layer): _names(layer) for layer in _parts(model) if _parts(layer)}
    except (AttributeError, KeyError, TypeError, ValueError, RecursionError):
        return {}


def _parts(layer: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The layers of a layer that is a model."""
    parts: Sequence[Mapping[str, Any]] = layer.get("config", {}).get("layers", ())
    return parts


def _name(layer: Mapping[str, Any]) -> str:
    return str(layer["config"]["name"])


def _names(layer: Mapping[str, Any]) -> list[str]:
    parts = _parts(layer)
    return [name for part in parts for name in _names(part)] if parts else [_name(layer)]


def _layers(group: Any, name: str, inner: Sequence[str]) -> Iterator[FileLayer]:
    """The layer, or, of a model within the model, its layers. inner: their names in their order, where it is known;
    they are as their weights have them first without."""
    weights = _texts(group[name], "weight_names")
    parts: dict[str, list[str]] = {}
    for weight in weights:
        part = weight.rpartition("/")[0] if len(weights) > MOST_WEIGHTS else name
        parts.setdefault(part, []).append(weight)
    places = {part: _place(part, inner) for part in parts}
    known = None not in places.values()
    for part in sorted(parts, key=lambda part: places[part] or 0) if known else parts:
        arrays = [group[name][weight] for weight in parts[part]]
        shapes = tuple(tuple(map(int, array.shape)) for array in arrays)
        yield FileLayer(part, shapes, tuple(array.name for array in arrays), "" if part == name or known else name)


def _place(part: str, inner: Sequence[str]) -> int | None:
    """Of the layer of that name, before which may stand the names of what it stands in."""
    while part:
        if part in inner:
            return inner.index(part)
        part = part.partition("/")[2]
    return None


def _texts(group: Any, name: str) -> list[str]:
    """An attribute that is a list of texts. Keras cuts long ones into NAME0, NAME1, …"""
    if name in group.attrs:
        pieces = [group.attrs[name]]
    else:
        numbered = takewhile(lambda piece: piece in group.attrs, (f"{name}{number}" for number in count()))
        pieces = [group.attrs[piece] for piece in numbered]
    return [text.decode() if isinstance(text, bytes) else str(text) for piece in pieces for text in piece]
