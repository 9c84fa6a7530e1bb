"""Opens a model's `.h5`, which may come from a stranger: what could run code is refused before Keras sees the file.

    check_file(Path("best_age.h5"))             # UserError, without Keras
    network = opened(Path("best_age.h5"))       # a keras.Model, after that check
    check_config(json.loads(…))                 # ValueError: of `model_config` alone

Keras refuses some of it itself, differently from version to version. Here only that passes which an export writes:
the layers, their settings and the starting values of runners/_training/portable.py, and arrays of numbers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from runners._loading import silent_start, without_scikit_learn
from runners._models.cards import task_beside
from runners._models.weights_of_file import check_arrays, check_sizes, short
from runners._training.portable import ACTIVATIONS, INITIALIZERS, LAYERS
from trials.typed import typed
from xrays.errors import UserError
from xrays.next_command import command

LONGEST = 2**24  # characters of a model_config: those of the largest backbones have a hundredth of it
DEEPEST = 4  # lists within lists, in the value of a setting
ENDS = {"input_layers", "output_layers"}


def opened(model: Path) -> Any:
    """The keras.Model. Raises UserError for a file that `check_file` refuses, and for one that Keras cannot open."""
    check_file(model)
    with silent_start(), without_scikit_learn():
        import keras

        try:
            return keras.models.load_model(model, compile=False)
        except Exception as error:  # of any kind: settings that fit no layer, weights of another shape
            first = next(iter(str(error).strip().splitlines()), type(error).__name__)
            raise _refused(model, f"Keras cannot open it: {first[:200]}") from None


def check_file(model: Path) -> None:
    """Raises UserError for what is no `.h5`, is cut, holds anything but arrays of numbers, or a network of which a
    part is not such as an export writes."""
    import h5py

    try:
        with h5py.File(model, "r") as file:
            check_arrays(file, model.stat().st_size)
            config = _config(file.attrs.get("model_config"))
            check_config(config)
            check_sizes(config, file)
    except (OSError, RuntimeError, KeyError, TypeError) as error:  # h5py's, of files that are cut or damaged
        reason = str(error.args[-1] if error.args else error).strip("'\"")
        raise _refused(model, f"it is cut, damaged or no HDF5 file: {reason[:200]}") from None
    except ValueError as error:
        raise _refused(model, str(error)) from None


def check_config(config: Mapping[str, Any]) -> None:
    """config: of a functional model, in the words of Keras 2 as `portable` writes them. Raises ValueError for what it
    does not write."""
    whole = typed(dict[str, Any], config)
    if whole.get("class_name") != "Functional":
        raise ValueError(f"its network is of the class {short(whole.get('class_name'))}, not Functional")
    of_model = typed(dict[str, Any], whole.get("config"))
    for layer in typed(list[dict[str, Any]], of_model.get("layers")):
        _check_layer(layer)
    _only({"name", "trainable", "layers"} | ENDS, of_model, "its network")
    for name in {"name", "trainable"} | ENDS:
        _check_plain(of_model.get(name), f"{name} of its network")


def _check_layer(layer: Mapping[str, Any]) -> None:
    kind = layer.get("class_name")
    where = f"a layer of the class {short(kind)}"
    if not isinstance(kind, str) or kind not in LAYERS:
        raise ValueError(f"{where}: none that an export has written")
    _only({"class_name", "config", "name", "inbound_nodes"}, layer, where)
    config = typed(dict[str, Any], layer.get("config"))
    _only(set(LAYERS[kind]), config, where)
    for key, value in config.items():
        if isinstance(value, dict) and key.endswith("_initializer"):
            _check_initializer(value, f"{key} of {where}")
        elif key == "activation" and value not in ACTIVATIONS:
            raise ValueError(f"{where} with the activation {short(value)}")
        else:
            _check_plain(value, f"{key} of {where}")
    for node in typed(list[list[list[Any]]], layer.get("inbound_nodes")):
        for tensor in node:
            if [type(part) for part in tensor] != [str, int, int, dict] or tensor[3]:
                raise ValueError(f"{where} is called with {short(tensor)}")


def _check_initializer(value: Mapping[str, Any], where: str) -> None:
    kind = value.get("class_name")
    if not isinstance(kind, str) or kind not in INITIALIZERS:
        raise ValueError(f"{where} is of the class {short(kind)}: none that an export has written")
    config = typed(dict[str, Any], value.get("config"))
    _only(set(INITIALIZERS[kind]), config, where)
    for key, part in config.items():
        _check_plain(part, f"{key} of {where}")


def _check_plain(value: Any, where: str, deep: int = 0) -> None:
    if isinstance(value, list) and deep < DEEPEST:
        for part in value:
            _check_plain(part, where, deep + 1)
    elif not isinstance(value, str | int | float | None):
        raise ValueError(f"{where} is {short(value)}")


def _only(allowed: set[str], found: Mapping[str, Any], where: str) -> None:
    if unknown := sorted(found.keys() - allowed):
        raise ValueError(f"{where} says {short(unknown[0])}, which no export writes")


def _config(written: object) -> dict[str, Any]:
    """Of the attribute. Raises ValueError."""
    text = written.decode() if isinstance(written, bytes) else written
    if not isinstance(text, str):
        raise ValueError("it holds no network: weights alone, or something else")
    if len(text) > LONGEST:
        raise ValueError("what it says of its network is longer than that of any")
    try:
        return typed(dict[str, Any], json.loads(text))
    except RecursionError:
        raise ValueError("what it says of its network is nested too deeply") from None


def _refused(model: Path, reason: str) -> UserError:
    again = command("export", task=task_beside(model), out="OTHER.h5")
    return UserError(
        f"{model} is not opened: {reason}",
        "a model as `export` has written it; what else a file holds may run code",
        f"put it back from a copy, or export it anew: {again}",
    )
