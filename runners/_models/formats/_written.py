"""The formats that were asked for, made of a model that has just been written, and what came of each.

    rehearse(("onnx",), draft, films, predictions, folder)       # UserError, before anything is trained
    formats = write_formats(("onnx",), model, films, predictions, folder, say)
    for file in formats.files: …                      # in the folder of the model
    formats.records(), formats.failed                 # for the card; what is told and is the exit code

One that cannot be written or answers otherwise costs itself alone: the .h5 has been checked before, and hours of
training stand in it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.formats import H5
from runners._models.formats._beside import remove
from runners._models.formats._made import FEW, TOGETHER, FormatFailed, Made, make
from xrays.errors import UserError


@dataclass(frozen=True)
class WrittenFormats:
    """failed: why there is none of a format, one line each."""

    made: tuple[Made, ...]
    failed: tuple[str, ...]

    @property
    def files(self) -> list[Path]:
        """Files and folders that passed."""
        return [file for each in self.made for file in each.files]

    def records(self) -> list[dict[str, Any]]:
        """For the card."""
        return [each.record() for each in self.made]


def write_formats(
    names: Sequence[str],
    model: Path,
    films: NDArray[Any],
    expected: NDArray[np.float32],
    folder: Path,
    say: Callable[[str], None],
    most: int = TOGETHER,
) -> WrittenFormats:
    """Beside the model. films, expected, folder, most: see `make`."""
    made: list[Made] = []
    failed: list[str] = []
    for name in names:
        try:
            made.append(make(name, model, films, expected, folder, most))
        except FormatFailed as error:
            failed.append(str(error))
            say(f"CAUTION  {error}; the .h5 is written all the same")
        else:
            say(f"format   {name}, {_told(made[-1])}")
    return WrittenFormats(tuple(made), tuple(failed))


def rehearse(
    names: Sequence[str], draft: Path, films: NDArray[Any], expected: NDArray[np.float32], folder: Path
) -> None:
    """draft: the model that is going to be trained. Raises UserError for formats in which it cannot be had, so that
    this is known before hours of training."""
    done = write_formats(names, draft, films, expected, folder, lambda line: None, FEW)
    for target in done.files:
        remove(target)
    if done.failed:
        rest = ",".join([H5, *(each.name for each in done.made)])
        given = "\n  ".join(["this network, of which nothing is trained yet:", *done.failed])
        raise UserError(given, f"--formats {rest}", f"the same command with --formats {rest}")


def _told(made: Made) -> str:
    (runtime, version), *_ = made.runtime.items()
    batches = f"{' and '.join(map(str, made.batches))}{' (no memory for more)' * (made.batches[-1] < TOGETHER)}"
    return (
        f"asked in a fresh process with {runtime} {version} alone, {batches} at once: the same predictions, to "
        f"{made.difference:.1g}"
    )
