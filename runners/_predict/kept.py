"""Answers as files for programs, a table (.csv) and JSON: whole files only, written when the last answer is there.

    kept = Kept(csv=Path("answers.csv"), json=None, head=head)      # UserError where something else lies
    kept.add(answer)
    kept.write(complete=True)

After Ctrl-C the same files hold the answers until then; JSON says so. Until they are written a row is some hundred
bytes in memory.
"""

from __future__ import annotations

import csv
import io
import os
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runners._predict.answer import Answer
from trials.files import write_together
from trials.products import claim, holds
from xrays.errors import UserError
from xrays.next_command import option
from xrays.strict_json import as_json
from xrays.tasks import Task

FORMAT = 2  # of the JSON
MADE_BY = '{"made_by": "cxr-automl predict"'
FIRST = {False: ("film",), True: ("patient", "films")}  # columns of every table; whether it is one of patients
LAST = ("warnings", "reasons")


@dataclass(frozen=True)
class Head:
    """What all answers have in common. model: its file, as it was named; digest: SHA-256 of it."""

    model: Path
    digest: str
    task: Task
    synthetic: bool
    forced: bool
    by_patient: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        """Of an answer: the number and the ends of its interval, or the likelier class and the probability of the
        second one."""
        name, classes = self.task.label.name, self.task.class_names
        return (name, f"probability_of_{classes[1]}") if classes else (name, f"{name}_low", f"{name}_high")

    def values(self, answer: Answer) -> tuple[Any, ...]:
        """In these columns; None where there is no answer, and for the ends of an interval that there is not."""
        if answer.value is None:
            return (None,) * len(self.columns)
        number, classes = _rounded(answer.value), self.task.class_names
        if classes:
            return classes[int(answer.value >= 0.5)], number
        return number, *map(_rounded, answer.ends(self.task) or (None, None))


class Kept:
    """A class because answers come one by one."""

    def __init__(self, csv: Path | None, json: Path | None, head: Head) -> None:
        """Raises UserError for files that would overwrite what `predict` has not made, and for folders that cannot
        be written into."""
        self._csv, self._json, self._head = csv, json, head
        self._rows: list[str] = []
        self._entries: list[str] = []
        for file, name, is_product in ((csv, "csv", _is_table), (json, "json", holds(MADE_BY))):
            if file is not None:
                _check_place(file, name)
                claim(file, "predict", is_product, option(name, file.with_name(f"{file.stem}-2{file.suffix}")))
        if csv is not None and json is not None and csv.resolve() == json.resolve():
            raise UserError(f"--csv and --json {csv}", "two files", option("json", csv.with_suffix(".json")))

    @property
    def files(self) -> list[Path]:
        """Those that will be written."""
        return [file for file in (self._csv, self._json) if file is not None]

    def add(self, answer: Answer) -> None:
        """The next one."""
        values, reasons = self._head.values(answer), [doubt.words for doubt in answer.doubts]
        if self._csv is not None:
            self._rows.append(
                _row([*self._named(answer).values(), *values, " ".join(answer.codes), "; ".join(reasons)])
            )
        if self._json is not None:
            entry = {
                **self._named(answer),
                **dict(zip(self._head.columns, values, strict=True)),
                "warnings": [doubt._asdict() for doubt in answer.doubts],
            }
            self._entries.append(as_json(entry))

    def _named(self, answer: Answer) -> dict[str, Any]:
        """Whom or what it is about, by column."""
        return dict(zip(FIRST[self._head.by_patient], (answer.name, answer.films), strict=False))

    def write(self, complete: bool) -> None:
        """All files or none. complete: whether every film that was given is among the answers."""
        contents = {}
        if self._csv is not None:
            contents[self._csv] = "".join(
                [_row([*FIRST[self._head.by_patient], *self._head.columns, *LAST]), *self._rows]
            )
        if self._json is not None:
            contents[self._json] = self._as_json(complete)
        write_together({file: text.encode(errors="backslashreplace") for file, text in contents.items()})

    def _as_json(self, complete: bool) -> str:
        """A line a film, so that one can be looked for."""
        about = {
            "format": FORMAT,
            "model": str(self._head.model),
            "model_sha256": self._head.digest,
            "task": self._head.task.name,
            "output": self._head.task.output,
            "synthetic": self._head.synthetic,
            "forced": self._head.forced,
            "complete": complete,
        }
        films, what = ",\n  ".join(self._entries), "patients" if self._head.by_patient else "films"
        return f'{MADE_BY}, {as_json(about)[1:-1]}, "{what}": [\n  {films}\n]}}\n'


def _rounded(number: float | None) -> float | None:
    """More digits hang on the machine."""
    return None if number is None else float(f"{number:.6g}")


def _row(cells: Sequence[Any]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _is_table(file: Path) -> bool:
    """By its first line."""
    with file.open(errors="replace") as opened:
        names = tuple(opened.readline(4096).rstrip("\n").split(","))
    return any(names[: len(first)] == first for first in FIRST.values()) and names[-len(LAST) :] == LAST


def _check_place(file: Path, name: str) -> None:
    folder = file.parent
    given = f"--{name} {file}: {folder}"
    if not folder.is_dir():
        raise UserError(
            f"{given} is no folder", "a file in a folder that exists", f"mkdir {shlex.quote(str(folder))}"
        )
    if not os.access(folder, os.W_OK):
        raise UserError(f"{given} cannot be written into", "a folder of yours", option(name, file.name))
