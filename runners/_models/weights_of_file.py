"""The arrays of a `.h5` that may be a stranger's, before Keras sees it: finite numbers, no larger than the file.

check_arrays(file, size)          # of an open h5py.File
check_sizes(config, file)         # no layer is larger than its arrays
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

WIDEST = 16  # pixels of padding: backbones have three at most, and what follows is made for all of them


def check_arrays(file: Any, size: int) -> None:
    """size: bytes of the file. Links to other files are not followed, and what is unpacked is no larger than it
    says. Raises ValueError."""
    room = 0
    try:
        arrays = [*_arrays(file)]
    except RecursionError:
        raise ValueError("its groups are nested too deeply") from None
    for name, array in arrays:
        if array.external or array.is_virtual:
            raise ValueError(f"its array {short(name)} lies in another file")
        if array.dtype.kind not in "fiub":
            raise ValueError(f"its array {short(name)} holds no numbers")
        room += int(array.nbytes)
    if room > size:
        raise ValueError("its arrays are larger than the file")
    for name, array in arrays:
        if array.dtype.kind == "f" and not np.isfinite(array[()]).all():
            raise ValueError(f"its weights in {short(name)} have NaN or infinity, so that it answers nothing")


def _arrays(group: Any) -> Iterator[tuple[str, Any]]:
    import h5py

    for name in group:
        if not isinstance(group.get(name, getlink=True), h5py.HardLink):
            raise ValueError(f"{short(name)} in it is a link to somewhere else")
        part = group[name]
        if h5py.h5o.get_info(part.id).rc > 1:  # a circle, or what is gone through twice as often at every level
            raise ValueError(f"{short(name)} in it is there under several names")
        if isinstance(part, h5py.Dataset):
            yield f"{group.name}/{name}", part
        elif isinstance(part, h5py.Group):
            yield from _arrays(part)


def check_sizes(config: Mapping[str, Any], file: Any) -> None:
    """Keras makes the arrays that a layer says before it looks for those of the file: no layer may say more than
    there is. config: `model_config`, as `check_config` lets it pass. Raises ValueError."""
    import h5py

    for layer in config["config"]["layers"]:
        said = layer["config"]
        if any(width > WIDEST for width in _numbers(said.get("padding"))):
            raise ValueError(f"a layer of the class {layer['class_name']} puts {short(said['padding'])} round films")
        wide = [said[key] for key in ("filters", "units", "depth_multiplier") if key in said]
        if not wide:
            continue
        sides = said.get("kernel_size", 1)
        needed = 1
        for side in (*wide, *(sides if isinstance(sides, list) else [sides])):
            if type(side) is not int or side < 1:
                raise ValueError(f"a layer of the class {layer['class_name']} has the size {short(side)}")
            needed *= side
        weights = file.get(f"model_weights/{said.get('name')}")
        there = _arrays(weights) if isinstance(weights, h5py.Group) else []
        if needed > sum(int(array.size) for _, array in there):
            raise ValueError(f"a layer of the class {layer['class_name']} is larger than its weights in the file")


def _numbers(given: object) -> Iterator[float]:
    if isinstance(given, list):
        for part in given:
            yield from _numbers(part)
    elif isinstance(given, int | float):
        yield given


def short(given: object) -> str:
    """What a stranger wrote, as far as an error has room for it."""
    return repr(given)[:60]
