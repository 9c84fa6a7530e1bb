"""Opens a model's `.h5`, which may come from a stranger: what could run code is refused before Keras sees the file.

    check_file(Path("best_age.h5"))             # UserError, without Keras
    network = opened(Path("best_age.h5"))       # a keras.Model, after that check
    check_config(json.loads(…))                 # ValueError: of `model_config` alone

Keras refuses some of it itself, differently from version to version. Here only that passes which an export writes:
the layers, their settings and the starting values of runners/_training/portable.py, and arrays of numbers.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from runners._loading import silent_start, without_scikit_learn
from runners._training.portable import ACTIVATIONS, INITIALIZERS, LAYERS
from trials.typed import typed
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import TASKS

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
            _check_arrays(file, model.stat().st_size)
            check_config(_config(file.attrs.get("model_config")))
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
        raise ValueError(f"its network is of the class {_short(whole.get('class_name'))}, not Functional")
    of_model = typed(dict[str, Any], whole.get("config"))
    for layer in typed(list[dict[str, Any]], of_model.get("layers")):
        _check_layer(layer)
    _only({"name", "trainable", "layers"} | ENDS, of_model, "its network")
    for name in {"name", "trainable"} | ENDS:
        _check_plain(of_model.get(name), f"{name} of its network")


def _check_layer(layer: Mapping[str, Any]) -> None:
    kind = layer.get("class_name")
    where = f"a layer of the class {_short(kind)}"
    if not isinstance(kind, str) or kind not in LAYERS:
        raise ValueError(f"{where}: none that an export has written")
    _only({"class_name", "config", "name", "inbound_nodes"}, layer, where)
    config = typed(dict[str, Any], layer.get("config"))
    _only(set(LAYERS[kind]), config, where)
    for key, value in config.items():
        if isinstance(value, dict) and key.endswith("_initializer"):
            _check_initializer(value, f"{key} of {where}")
        elif key == "activation" and value not in ACTIVATIONS:
            raise ValueError(f"{where} with the activation {_short(value)}")
        else:
            _check_plain(value, f"{key} of {where}")
    for node in typed(list[list[list[Any]]], layer.get("inbound_nodes")):
        for tensor in node:
            if [type(part) for part in tensor] != [str, int, int, dict] or tensor[3]:
                raise ValueError(f"{where} is called with {_short(tensor)}")


def _check_initializer(value: Mapping[str, Any], where: str) -> None:
    kind = value.get("class_name")
    if not isinstance(kind, str) or kind not in INITIALIZERS:
        raise ValueError(f"{where} is of the class {_short(kind)}: none that an export has written")
    config = typed(dict[str, Any], value.get("config"))
    _only(set(INITIALIZERS[kind]), config, where)
    for key, part in config.items():
        _check_plain(part, f"{key} of {where}")


def _check_plain(value: Any, where: str, deep: int = 0) -> None:
    if isinstance(value, list) and deep < DEEPEST:
        for part in value:
            _check_plain(part, where, deep + 1)
    elif not isinstance(value, str | int | float | None):
        raise ValueError(f"{where} is {_short(value)}")


def _only(allowed: set[str], found: Mapping[str, Any], where: str) -> None:
    if unknown := sorted(found.keys() - allowed):
        raise ValueError(f"{where} says {_short(unknown[0])}, which no export writes")


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


def _check_arrays(file: Any, size: int) -> None:
    """size: bytes of the file. Links to other files are not followed, and what is unpacked is no larger than it
    says. Raises ValueError."""
    room = 0
    try:
        arrays = [*_arrays(file)]
    except RecursionError:
        raise ValueError("its groups are nested too deeply") from None
    for name, array in arrays:
        if array.external or array.is_virtual:
            raise ValueError(f"its array {_short(name)} lies in another file")
        if array.dtype.kind not in "fiub":
            raise ValueError(f"its array {_short(name)} holds no numbers")
        room += int(array.nbytes)
    if room > size:
        raise ValueError("its arrays are larger than the file")


def _arrays(group: Any) -> Iterator[tuple[str, Any]]:
    import h5py

    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{_short(name)} in it is a link to somewhere else")
        part = group[name]
        if h5py.h5o.get_info(part.id).rc > 1:  # a circle, or what is gone through twice as often at every level
            raise ValueError(f"{_short(name)} in it is there under several names")
        if isinstance(part, h5py.Dataset):
            yield f"{group.name}/{name}", part
        elif isinstance(part, h5py.Group):
            yield from _arrays(part)


def _refused(model: Path, reason: str) -> UserError:
    again = command("export", task=next(iter(TASKS)), out="OTHER.h5")
    return UserError(
        f"{model} is not opened: {reason}",
        "a model as `export` has written it; what else a file holds may run code",
        f"put it back from a copy, or export it anew: {again}",
    )


def _short(given: object) -> str:
    return repr(given)[:60]
