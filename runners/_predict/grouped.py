"""Answers about films as one a patient, as soon as all films of a patient have theirs.

    groups = Groups(patients_of(films, table), TASKS["age"], alone, several)
    for answer in alone: yield from groups.add(answer)

Whose films they are, a table says, or the DICOM files themselves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from runners._predict.answer import Answer, Doubt
from xrays.errors import UserError
from xrays.sources._dicom_tags import told_by
from xrays.sources._table_file import Table, read_table
from xrays.statistics.by_patient import half_widths, together
from xrays.statistics.conformal import Around
from xrays.tasks import Task

COLUMNS = ("film", "patient")
RETRY = "--by patient --patients FILE.csv"
ACCEPTED = "a table with the columns film and patient, films by their names, numbers or paths"


def patients_of(films: Sequence[Path], table: Path | None) -> dict[str, str]:
    """Whose film each is, by its name. Raises UserError for a film of which nobody knows."""
    found = _by_table(films, read_table(table, ACCEPTED, RETRY)) if table else _by_tags(films)
    if unknown := [film for film, patient in found.items() if not patient]:
        where = f"{table} does not say" if table else "nothing in these files says"
        raise UserError(
            f"{where} whose {len(unknown):,} of {len(films):,} films are: {', '.join(unknown[:3])}",
            ACCEPTED if table else f"DICOM files with a PatientID, or {ACCEPTED}",
            RETRY,
        )
    return found


def _by_table(films: Sequence[Path], table: Table) -> dict[str, str]:
    known: dict[str, str] = {}
    for film, patient, line in zip(*map(table.column, COLUMNS), table.lines, strict=True):
        if known.setdefault(film, patient) != patient:
            raise UserError(
                f"{table.file}, row {line}: {film} is of {patient}, and of {known[film]} in an earlier row",
                "one patient a film",
                RETRY,
            )
    return {str(film): next((known[name] for name in _names(film) if known.get(name)), "") for film in films}


def _names(film: Path) -> tuple[str, ...]:
    """What a table may call it: 7 and 000007 are one film."""
    return str(film), film.name, film.stem, film.stem.lstrip("0") or "0"


def _by_tags(films: Sequence[Path]) -> dict[str, str]:
    return {str(film): told_by(film).patient for film in films}


class Groups:
    """A class because answers come one by one."""

    def __init__(self, patients: Mapping[str, str], task: Task, alone: Around | None, several: Around | None) -> None:
        """patients: of every film; an answer comes about each of them, once. alone, several: intervals of an answer
        about one film, None for none, and of one about several, None where that of one film is taken for it."""
        self._patients, self._task, self._alone, self._several = patients, task, alone, several
        self._left = Counter(patients.values())
        self._names = list(self._left)
        self._answers: dict[str, list[Answer]] = {}

    def add(self, answer: Answer) -> Iterator[Answer]:
        """What is known by that: the patient's answer, if it was the last film."""
        patient = self._patients[answer.name]
        self._answers.setdefault(patient, []).append(answer)
        self._left[patient] -= 1
        if not self._left[patient]:
            yield self._of(patient, self._answers.pop(patient))

    @property
    def several(self) -> bool:
        """Whether anybody has more films than one."""
        return len(self._names) < len(self._patients)

    def names(self) -> list[str]:
        """Of all patients that there will be an answer of."""
        return self._names

    def _of(self, patient: str, answers: Sequence[Answer]) -> Answer:
        """Of those of its films that have one; what is said against any stands beside it."""
        values = [answer.value for answer in answers if answer.value is not None]
        doubts = tuple(self._doubts(answers))
        if not values:
            return Answer(patient, None, doubts, films=len(answers))
        value = float(together(values, [patient] * len(values), self._task.kind)[0])
        return Answer(patient, value, doubts, self._half_width(value, len(values)), len(values))

    def _half_width(self, value: float, films: int) -> float | None:
        if self._alone is None:
            return None
        return float(half_widths(np.array([value]), np.array([films]), self._alone, self._several)[0])

    def _doubts(self, answers: Sequence[Answer]) -> Iterator[Doubt]:
        """Each code once, with how many films it is said of."""
        said = {doubt.code: doubt.words for answer in reversed(answers) for doubt in answer.doubts}
        counts = Counter(code for answer in answers for code in answer.codes)
        for code, count in counts.items():
            films = "" if len(answers) == 1 else f" ({count} of {len(answers)} films)"
            yield Doubt(code, f"{said[code]}{films}")
