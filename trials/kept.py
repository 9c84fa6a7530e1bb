"""Reads what a run folder keeps: a file comes back as it was written, or is told of by its name and its run's.

    read_json(store.path / "budget.json", dict[str, Any])         # None where there is no such file
    read_records(store.path / "trials.jsonl", TrialResult)        # [] where there is none
    with undamaged(file): …                                       # whatever else is made of a kept file

Disks fail, copies end early, and a file of another run is put back by mistake. None of it may end a command that has
nothing to do with that run, nor go into a score unseen.
"""

from __future__ import annotations

import errno
import io
import json
import math
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from trials.files import whole_lines
from trials.typed import typed
from xrays.errors import UserError

T = TypeVar("T")
SHORT_OF = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)  # what this process lacks says nothing about a file
# By the first part of a file's place in the run folder: what the commands make anew when it is gone.
ANEW = {
    "baselines.json": "the search trains the baselines again",
    "baselines.npz": "with baselines.json; the search trains the baselines again",
    "budget.json": "the search writes it again",
    "collection.json": "the search writes it again",
    "explain": "`explain` makes it again",
    "hours.jsonl": "the report does not say then where the hours went",
    "networks": "`export` trains the folds that it needs again",
    "open": "the search trains what is missing again",
}


class DamagedRun(UserError):
    """A kept file that is not what was written. file: within its run folder; why: in words."""

    def __init__(self, file: Path, why: str) -> None:
        run = next((each for each in file.parents if (each / "experiment.json").exists()), None)
        folder = run or file.parent
        super().__init__(
            f"{'run' if run else 'folder'} {folder.name} is damaged: {file} {why}",
            "files as they were written",
            _mended(run, file.relative_to(run)) if run else f"put {file} back from a copy",
        )
        self.file, self.why = file, why

    def __reduce__(self) -> tuple[type[DamagedRun], tuple[Path, str]]:  # type: ignore[override]
        return type(self), (self.file, self.why)


def _mended(run: Path, inside: Path) -> str:
    away = f"mv {shlex.quote(str(run))} ELSEWHERE: no other run needs it"
    if again := ANEW.get(inside.parts[0]):
        return f"rm {shlex.quote(str(run / inside))}   ({again}), or {away}"
    return f"put {inside} back from a copy, or {away}"


@contextmanager
def undamaged(file: Path) -> Iterator[None]:
    """What goes wrong within is damage of this file, for it was read before or is what is being read. A file that is
    gone or may not be read is not damaged."""
    try:
        yield
    except UserError:
        raise
    except OSError as error:
        if error.errno is not None:
            raise
        raise DamagedRun(file, f"cannot be used: {error}") from error
    except Exception as error:  # JSON, NumPy, zip and zlib raise a dozen kinds for what they cannot read
        first = next(iter(str(error).splitlines()), "") or type(error).__name__
        raise DamagedRun(file, f"cannot be used: {first[:200]}") from error


def content_of(file: Path) -> bytes | None:
    """None when there is no such file. Raises DamagedRun for one that the disk or its owner does not give away."""
    try:
        return file.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        if error.errno in SHORT_OF:
            raise
        raise DamagedRun(file, f"cannot be read: {error.strerror}") from None


def read_json(file: Path, kind: type[T]) -> T | None:
    """The file's value, see trials.typed; None when there is no file. Raises DamagedRun."""
    if (content := content_of(file)) is None:
        return None
    with undamaged(file):
        return typed(kind, json.loads(content))


def read_records(file: Path, kind: type[T]) -> list[T]:
    """A value a line, see trials.typed; [] when there is no file. A last line that was torn by a kill does not count,
    any other that cannot be read raises DamagedRun."""
    content = content_of(file) or b""
    with undamaged(file):
        lines = whole_lines(content)
    records = []
    for number, line in enumerate(lines, 1):
        with undamaged(file):
            try:
                records.append(typed(kind, json.loads(line)))
            except (ValueError, RecursionError) as error:
                raise ValueError(f"line {number}: {error}") from None
    return records


def read_array(file: Path, shape: tuple[int, ...]) -> NDArray[np.float32] | None:
    """The .npy file's array, None when there is none. Raises DamagedRun, also for another shape."""
    if (content := content_of(file)) is None:
        return None
    # NumPy parses the header as Python, which takes longer than reading the array: those of a run are all alike.
    head = _header(shape)
    if content.startswith(head) and len(content) == len(head) + 4 * math.prod(shape):
        return np.frombuffer(bytearray(content), "<f4", offset=len(head)).reshape(shape)
    with undamaged(file):
        return predictions(np.load(io.BytesIO(content), allow_pickle=False), shape)


@lru_cache
def _header(shape: tuple[int, ...]) -> bytes:
    """What `np.save` writes before float32 of that shape."""
    written = io.BytesIO()
    np.save(written, np.empty(shape, "<f4"))
    return written.getvalue()[: -4 * math.prod(shape) or None]


def read_arrays(file: Path) -> dict[str, NDArray[Any]]:
    """All arrays of the .npz file by name, {} when there is none. Raises DamagedRun."""
    if (content := content_of(file)) is None:
        return {}
    with undamaged(file), np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in arrays.files}


def predictions(array: Any, shape: tuple[int, ...]) -> NDArray[np.float32]:
    """`array`, if it is one of predictions of this shape. Raises ValueError."""
    if not isinstance(array, np.ndarray) or array.shape != shape or array.dtype != np.float32:
        held = f"{array.dtype} of shape {array.shape}" if isinstance(array, np.ndarray) else type(array).__name__
        raise ValueError(f"it holds {held}, not float32 of shape {shape}")
    return array
