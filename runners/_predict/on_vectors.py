"""Answers of a model that takes vectors of another model, for files of them instead of films.

given = vectors_files([Path("new.npz")], card, Path("best_age.h5"))
names_of(given)                              # ["7", "8", …]: ids, or rows of a file without them
for answer in vector_answers(given, lambda: network.predict_on_batch, TASKS["age"]): …
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from runners._models.asked import VECTORS, Predict
from runners._predict.answer import NO_VECTOR, Answer, Doubt, answered
from xrays.errors import UserError
from xrays.next_command import command
from xrays.tasks import Task
from xrays.vectors_file import VectorsFile, read_vectors
from xrays.vectors_formats import READERS


def vectors_files(files: Sequence[Path], card: Mapping[str, Any], model: Path) -> list[VectorsFile]:
    """card: of the model, one that `takes_vectors`. Raises UserError for a file that holds no vectors, or such of
    another length: those of another model."""
    (width,), about = card["input"]["shape"], card["input"]["vectors"]
    maker = about.get("origin") or f"the model of {about.get('file')}"
    accepted = f"vectors of {width} numbers, made by {maker}, in {', '.join(READERS)}"
    retry, given = command("predict", model, "VECTORS.npz"), list[VectorsFile]()
    for file in files:
        if file.suffix.lower() not in READERS:
            raise UserError(f"{file}: {model} takes no films", accepted, retry)
        given.append(read_vectors(file, retry))
        if (found := given[-1].values.shape[1]) != width:
            raise UserError(f"{file} holds vectors of {found} numbers", accepted, retry)
    return given


def names_of(given: Sequence[VectorsFile]) -> list[str]:
    """What answers are called, in their order."""
    return [name for one in given for name in one.ids or [f"{one.file} row {row}" for row in range(len(one.values))]]


def vector_answers(given: Sequence[VectorsFile], network: Callable[[], Predict], task: Task) -> Generator[Answer]:
    """One a vector, in their order. network: opens what (VECTORS, D) float32 are given to and (VECTORS, 1) come from.
    task: what they answer."""
    predict, names = network(), iter(names_of(given))
    for one in given:
        for start in range(0, len(one.values), VECTORS):
            some = one.values[start : start + VECTORS]
            whole: NDArray[np.bool_] = np.asarray(np.isfinite(some).all(axis=1))
            full = np.zeros((VECTORS, some.shape[1]), np.float32)  # another size would be compiled anew
            full[: len(some)][whole] = some[whole]
            values = np.asarray(predict(full))[:, 0].tolist()
            for usable, value in zip(whole.tolist(), values, strict=False):
                doubts = () if usable else (Doubt(NO_VECTOR, "its vector has NaN or infinity"),)
                yield answered(next(names), value if usable else None, doubts, task)
