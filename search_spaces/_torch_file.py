"""Arrays of a PyTorch state dict (`torch.save(model.state_dict(), "model.pt")`), without PyTorch and without trust.

    if is_torch(path): arrays = read_state_dict(path)       # {"features.conv0.weight": (64, 1, 7, 7) float32, …}

Such a file is a zip archive of raw numbers and a pickle that says which belong to what. Of a pickle's objects those
few are made that a state dict has, by functions of this file; anything else ends the reading. A model that was saved
as a whole is a pickle of its classes and is refused.
"""

from __future__ import annotations

import io
import pickle
import zipfile
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, reduce
from operator import mul
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xrays.errors import UserError

if TYPE_CHECKING:
    from numpy.typing import NDArray

TABLE = "data.pkl"
LARGEST = 1 << 24  # bytes of a pickle: that of a thousand arrays has a tenth of a megabyte
ACCEPTED = "a state dict of PyTorch 1.6 or later"
REMEDY = 'in PyTorch: torch.save(model.state_dict(), "NAME.pt"), then --weights NAME.pt'
KINDS = {
    "DoubleStorage": "<f8",
    "FloatStorage": "<f4",
    "HalfStorage": "<f2",
    "LongStorage": "<i8",
    "IntStorage": "<i4",
    "BoolStorage": "?",
}


@dataclass(frozen=True)
class _Kind:
    """Of the numbers of a storage, as NumPy calls it."""

    dtype: str


@dataclass(frozen=True)
class _Storage:
    """Numbers in a row: the file `key` of the archive."""

    kind: _Kind
    key: str
    count: int


@dataclass(frozen=True)
class _Tensor:
    """Where in a storage an array lies, in numbers."""

    storage: _Storage
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


def is_torch(path: Path) -> bool:
    """Whether PyTorch has written it, in today's form or that before 1.6."""
    try:
        with path.open("rb") as file:
            begins = file.read(2)
        if begins == b"\x80\x02":
            return True
        with zipfile.ZipFile(path) as archive:
            return any(name.rsplit("/", 1)[-1] == TABLE for name in archive.namelist())
    except (zipfile.BadZipFile, *_FAILED):
        return False


def read_state_dict(path: Path) -> dict[str, NDArray[Any]]:
    """Its arrays by name; of a dictionary that has one under `state_dict`, of that one. Raises UserError for anything
    else, and for a file that is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            size = path.stat().st_size
            if sum(part.file_size for part in archive.infolist()) > size:  # PyTorch compresses nothing
                raise ValueError("what it holds is larger than the file")
            (table,) = (name for name in archive.namelist() if name.rsplit("/", 1)[-1] == TABLE)
            folder = table.removesuffix(TABLE)
            if archive.getinfo(table).file_size > LARGEST:
                raise ValueError(f"its {TABLE} is too large")
            if f"{folder}byteorder" in archive.namelist() and archive.read(f"{folder}byteorder") != b"little":
                raise ValueError("its numbers are not little-endian")
            held = _Reader(io.BytesIO(archive.read(table))).load()
            state = held.get("state_dict", held) if isinstance(held, dict) else held
            if not isinstance(state, dict) or not all(isinstance(name, str) for name in state):
                raise ValueError("it holds no dictionary of arrays")
            return _arrays(archive, folder, state, size)
    except zipfile.BadZipFile:
        raise UserError(f"--weights {path} is of an older form, or a whole model", ACCEPTED, REMEDY) from None
    except _FAILED as error:
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise UserError(f"--weights {path}: {reason}", ACCEPTED, REMEDY) from None


# What an archive or a pickle that was cut, or made by somebody else, ends in; an encrypted one is a RuntimeError.
_FAILED = (
    pickle.UnpicklingError, ValueError, TypeError, KeyError, IndexError, AttributeError, EOFError, OSError,
    RuntimeError, OverflowError, MemoryError, zlib.error,
)  # fmt: skip


class _Reader(pickle.Unpickler):
    """Looks nothing up but in a table: no module is imported, no function of another file is called."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in _MADE:
            return _MADE[module, name]
        if module == "torch" and name in KINDS:
            return _Kind(KINDS[name])
        raise pickle.UnpicklingError(f"it holds more than arrays: {module}.{name}")

    def persistent_load(self, pid: Any) -> _Storage:
        match pid:
            case ("storage", _Kind() as kind, str(key), str(), int(count)) if count >= 0:
                return _Storage(kind, key, count)
        raise pickle.UnpicklingError("it names numbers in an unknown way")


def _tensor(storage: Any, offset: Any, size: Any, stride: Any, *_: object) -> _Tensor:
    """The place of `torch._utils._rebuild_tensor_v2`; whether it fits is looked at when it is read."""
    return _Tensor(storage, offset, tuple(size), tuple(stride))


def _parameter(data: Any, *_: object) -> Any:
    """In the place of `torch._utils._rebuild_parameter`."""
    return data


_MADE: Mapping[tuple[str, str], Callable[..., Any]] = {
    ("collections", "OrderedDict"): OrderedDict,
    ("torch._utils", "_rebuild_tensor_v2"): _tensor,
    ("torch._utils", "_rebuild_parameter"): _parameter,
}


def _arrays(archive: zipfile.ZipFile, folder: str, state: Mapping[str, Any], most: int) -> dict[str, NDArray[Any]]:
    """most: bytes of all of them; many may share their numbers."""
    numbers_of = cache(lambda key: archive.read(f"{folder}data/{key}"))
    found: dict[str, NDArray[Any]] = {}
    room = 0
    for name, tensor in state.items():
        if isinstance(tensor, _Tensor):
            found[name] = _array(tensor, numbers_of)
            room += found[name].nbytes
            if room > most:
                raise ValueError("its arrays are larger than the file")
    return found


def _array(tensor: _Tensor, numbers_of: Callable[[str], bytes]) -> NDArray[Any]:
    """numbers_of: a storage by its key."""
    import numpy as np

    storage, offset, size, stride = tensor.storage, tensor.offset, tensor.size, tensor.stride
    if not isinstance(storage, _Storage) or len(size) != len(stride) or not _whole((offset, *size, *stride)):
        raise ValueError("an array of it lies nowhere")
    numbers: NDArray[Any] = np.frombuffer(numbers_of(storage.key), storage.kind.dtype)
    last = offset + sum((length - 1) * step for length, step in zip(size, stride, strict=True))
    # What lies beyond would be read from the memory behind it.
    count = reduce(mul, size, 1)
    if count > len(numbers) or (count and last >= len(numbers)):
        raise ValueError(f"an array of {' × '.join(map(str, size))} does not fit into its {len(numbers)} numbers")
    steps = [step * numbers.itemsize for step in stride]
    return np.lib.stride_tricks.as_strided(numbers[offset:], size, steps).copy()


def _whole(numbers: Sequence[Any]) -> bool:
    return all(type(number) is int and number >= 0 for number in numbers)
