"""Writes an .npy file row by row, for a number of rows that is known at the end.

with rows_into(Path("images.npy"), most=760, shape=(64, 64, 1)) as rows:
    rows.add(pixels)

Written as a file and not as a memory map: on a full disk that one ends the process by a signal.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

UNSUPPORTED = (errno.EOPNOTSUPP, errno.ENOSYS, errno.EINVAL)


class Rows:
    """What is there, and what comes to it."""

    def __init__(self, file: IO[bytes], shape: tuple[int, ...], count: int) -> None:
        self._file, self._shape, self.count = file, shape, count

    def add(self, row: NDArray[np.uint8]) -> None:
        """One row more, of the array's shape but for axes of length 1."""
        self._file.write(row.reshape(self._shape).tobytes())
        self.count += 1

    def sync(self) -> None:
        """Returns when all rows are on the disk. Network disks tell only now that they are full."""
        self._file.flush()
        os.fsync(self._file.fileno())


@contextmanager
def rows_into(target: Path, most: int, shape: tuple[int, ...], there: int = 0) -> Iterator[Rows]:
    """What adds rows of uint8 to the file, behind so many that are there already. Room for `most` of them is taken at
    once: half an hour of decoding must not end on a full disk. Raises OSError where there is none."""
    with target.open("r+b" if there else "wb") as file:
        _write_header(file, (most, *shape))
        length = int(np.prod(shape))
        _reserve(file, file.tell() + most * length)
        file.seek(there * length, os.SEEK_CUR)
        rows = Rows(file, shape, there)
        yield rows
        file.truncate()
        file.seek(0)
        _write_header(file, (rows.count, *shape))
        rows.sync()


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
