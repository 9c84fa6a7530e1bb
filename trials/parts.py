"""Folds that were trained after a search and beside its trials, as a run folder keeps them: what `ablation.py` and
`seeds.py` have in common.

    save_part(run.path, part, predictions)            # survives a kill from here on
    latest(parts)                                     # those of all that were saved that count
    predictions_of(run.path, part, films=646)

A line a fold, and a file of predictions in a folder with the name of the file of lines.
"""

from __future__ import annotations

import io
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import ClassVar, TypeVar

import numpy as np
from numpy.typing import NDArray

from trials.files import append_line, write_atomically
from trials.kept import read_array
from trials.records import Failure, FoldScore
from xrays.strict_json import as_json


@dataclass(frozen=True, kw_only=True)
class Part(ABC):
    """A fold. seed: what it was trained with; score: None where training failed, then error and failure say why.
    halved: trained in two half batches a step, since there was no memory for whole ones; all folds of a whole are,
    or none."""

    lines: ClassVar[str]  # the file in the run folder

    seed: int
    fold: int
    score: FoldScore | None
    error: str = ""
    failure: Failure = ""
    halved: bool = False

    @property
    @abstractmethod
    def whole(self) -> str:
        """What this is a fold of, as the names of its files have it."""


P = TypeVar("P", bound=Part)


def latest(parts: Sequence[P]) -> list[P]:
    """The latest of every fold, in the order in which they were first trained. Where a whole began again in half
    batches, what was trained in whole ones counts no more."""
    halved = {part.whole for part in parts if part.halved}
    of_each = {(part.whole, part.fold): part for part in parts}.values()
    return [part for part in of_each if part.halved or part.whole not in halved]


def save_part(run: Path, part: Part, predictions: NDArray[np.float32] | None = None) -> None:
    """Predictions first: a line stands for a fold that is there in full. predictions: (N,) with NaN outside of the
    fold's films, None where training failed."""
    if predictions is not None:
        file = predictions_file(run, part)
        file.parent.mkdir(exist_ok=True)
        content = io.BytesIO()
        np.save(content, predictions)
        write_atomically(file, content.getvalue())
    common = {field.name for field in fields(Part)}
    # What it is a fold of comes first in its line, for whoever reads the file.
    record = dict(sorted(asdict(part).items(), key=lambda item: item[0] in common))
    append_line(run / part.lines, as_json({"what": "part", "part": record}))


def predictions_of(run: Path, part: Part, films: int) -> NDArray[np.float32] | None:
    """(N,) predictions of the fold's films, NaN elsewhere; None where there are none. films: N."""
    return read_array(predictions_file(run, part), (films,))


def predictions_file(run: Path, part: Part) -> Path:
    """Where they lie."""
    return (run / part.lines).with_suffix("") / f"{part.whole}-{part.fold}.npy"
