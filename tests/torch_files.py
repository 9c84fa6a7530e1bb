"""Files as PyTorch writes state dicts, without PyTorch: a zip archive of a pickle and raw numbers.

write_state(path, {"features.conv0.weight": array, …})
"""

from __future__ import annotations

import pickle
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

STORAGES = {"<f4": "FloatStorage", "<f8": "DoubleStorage", "<i8": "LongStorage", "<f2": "HalfStorage"}
BEGIN, END = b"\x80\x02", b"."
EMPTY = b"ccollections\nOrderedDict\n)R"


def plain(value: Any) -> bytes:
    """What pushes the value."""
    return pickle.dumps(value, protocol=2)[2:-1]


def tensor(
    key: str, storage: str, count: int, size: tuple[int, ...], stride: tuple[int, ...], offset: int = 0
) -> bytes:
    """What `torch.Tensor` is in a pickle: a call that rebuilds it from numbers that lie beside."""
    place = b"(" + plain("storage") + f"ctorch\n{storage}\n".encode() + b"".join(map(plain, (key, "cpu", count)))
    said = b"(" + place + b"tQ" + b"".join(map(plain, (offset, size, stride, False))) + EMPTY
    return b"ctorch._utils\n_rebuild_tensor_v2\n" + said + b"tR"


def state_pickle(items: Mapping[str, bytes]) -> bytes:
    """An ordered dictionary with an attribute, as `state_dict()` gives it."""
    body = b"".join(plain(name) + value for name, value in items.items())
    return BEGIN + EMPTY + b"(" + body + b"u" + plain({"_metadata": {"": {"version": 1}}}) + b"b" + END


def write_archive(path: Path, table: bytes, numbers: Mapping[str, bytes]) -> Path:
    """table: the pickle; numbers: raw, by key."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("model/data.pkl", table)
        archive.writestr("model/byteorder", "little")
        archive.writestr("model/version", "3\n")
        for key, raw in numbers.items():
            archive.writestr(f"model/data/{key}", raw)
    return path


def write_state(path: Path, state: Mapping[str, NDArray[Any]]) -> Path:
    """Arrays that are transposed stay so: PyTorch writes the numbers as they lie."""
    items, numbers = {}, {}
    for place, (name, array) in enumerate(state.items()):
        lying = array if array.flags.c_contiguous else array.T
        stride = tuple(step // array.itemsize for step in array.strides)
        items[name] = tensor(str(place), STORAGES[array.dtype.str], array.size, array.shape, stride)
        numbers[str(place)] = np.ascontiguousarray(lying).tobytes()
    return write_archive(path, state_pickle(items), numbers)
