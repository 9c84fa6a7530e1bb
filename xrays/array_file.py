"""Writes an .npy file row by row, for a number of rows that is known at the end.

with rows_into(Path("images.npy"), most=760, shape=(64, 64, 1)) as add:
    add(pixels)

Written as a file and not as a memory map: on a full disk that one ends the process by a signal.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

UNSUPPORTED = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


@contextmanager
def rows_into(target: Path, most: int, shape: tuple[int, ...]) -> Iterator[Callable[[NDArray[np.uint8]], None]]:
    """What adds a row of uint8 to the file. Room for `most` of them is taken at once: half an hour of decoding must
    not end on a full disk. Raises OSError where there is none."""
    count = 0
    with target.open("wb") as file:
        _write_header(file, (most, *shape))
        _reserve(file, file.tell() + most * int(np.prod(shape)))

        def add(row: NDArray[np.uint8]) -> None:
            nonlocal count
            file.write(row.reshape(shape).tobytes())
            count += 1

        yield add
        file.truncate()
        file.seek(0)
        _write_header(file, (count, *shape))
        file.flush()
        os.fsync(file.fileno())  # network disks tell only now that they are full


def _write_header(file: IO[bytes], shape: tuple[int, ...]) -> None:
    """As long for any number of rows: NumPy leaves room for it to grow."""
    np.lib.format.write_array_header_1_0(file, {"descr": "|u1", "fortran_order": False, "shape": shape})


def _reserve(file: IO[bytes], length: int) -> None:
    if not hasattr(os, "posix_fallocate"):
        return
    file.flush()
    try:
        os.posix_fallocate(file.fileno(), 0, length)
    except OSError as error:
        if error.errno not in UNSUPPORTED:
            raise
