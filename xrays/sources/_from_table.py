"""A table of labels and the films below a folder, brought together: whose rows have a film, which films have a row.

taken = Taken(id="Path", labels={"age": ("Age",)}, patient="PatientID", views=("AP/PA",), columns={})
records = records_of(table, films_below(folder), taken, readings, order)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from xrays.errors import UserError
from xrays.label_texts import is_missing, plain_id
from xrays.next_command import command
from xrays.pixels.dicom.refusals import lateral
from xrays.sources._film_files import FilmFiles
from xrays.sources._order import Order
from xrays.sources._records import Records
from xrays.sources._table_file import Table

NO_ROW, LATERAL = "no row in the labels", "is a lateral view"
SHORTENED = re.compile(r"[0-9](?:[.,][0-9]+)?[eE]\+[0-9]+")
BETWEEN = " → "  # of several cells, such as birth and study, in the text that stands for an age
IN_PATH = re.compile(r"(?:^|[/\\])(patient[0-9]+)(?=[/\\])")


@dataclass(frozen=True, kw_only=True)
class Taken:
    """Which columns are taken for what. labels: of each label one, or of an age the date of birth and that of the
    study, or its anchor, the anchor's year and the study; views: those that tell a lateral film; columns: what else
    is kept, by the name under which it is."""

    id: str
    labels: Mapping[str, tuple[str, ...]]
    patient: str | None = None
    views: tuple[str, ...] = ()
    columns: Mapping[str, str] = field(default_factory=dict)


def cells_of(table: Table, columns: Sequence[str]) -> list[str]:
    """n texts of a column, or of several with BETWEEN between them, "" where one is missing."""
    first, *rest = (table.column(column) for column in columns)
    if not rest:
        return first
    return ["" if any(map(is_missing, cells)) else BETWEEN.join(cells) for cells in zip(first, *rest, strict=True)]


def records_of(
    table: Table,
    films: FilmFiles,
    taken: Taken,
    readings: Mapping[str, Callable[[str], float]],
    order: Order,
    *,
    number: Callable[[str], int] | None = None,
    sideways: bool = False,
) -> Records:
    """number: of a film by its id in the table; without it, ids that are numbers are theirs, and others are numbered
    as they stand. sideways: whether lateral films are wanted, too. Raises UserError when ids and films have nothing
    in common, and for an id that several films have."""
    names = [plain_id(name) for name in table.column(taken.id)]
    paths = [_path_of(name, films, table, line) for name, line in zip(names, table.lines, strict=True)]
    cells = {label: cells_of(table, columns) for label, columns in taken.labels.items()}
    patients = _patients(table, taken, names, order)
    columns = {name: table.column(column) for name, column in taken.columns.items()}
    if taken.views:
        views = list(zip(*(table.column(view) for view in taken.views), strict=True))
        view_of = {texts: _view(texts) for texts in set(views)}
        columns["view"] = [view_of[texts] for texts in views]
    faults, rows = _once(table, names, paths, [*cells.values(), patients])
    if films.paths and not any(paths):
        first, found = ", ".join(names[:3]), ", ".join(path[len(str(films.root)) + 1 :] for path in films.paths[:3])
        raise UserError(
            f"no {taken.id} of {table.file} is a film below {films.root}: there are {first} … and the films "
            f"{found} …",
            "ids that are names or paths of the films, with or without ending, or their numbers",
            f"another --id, --images or folder: {command('prepare', *order.words('table'))}",
        )
    with_row = set(paths)
    alone = [path for path in films.paths if path not in with_row]
    names_of_all = [*(names[row] for row in rows), *(path[len(str(films.root)) + 1 :] for path in alone)]
    blank = [""] * len(alone)
    kept = {name: [*(texts[row] for row in rows), *blank] for name, texts in columns.items()}
    seen = kept.get("view", [""] * len(names_of_all))[: len(rows)]
    side = {view for view in set(seen) if not sideways and lateral(view.upper())}
    lying = [LATERAL if view in side else None for view in seen]
    ids, named = _ids(names_of_all, len(rows), number)
    return Records(
        ids=ids,
        names=names_of_all,
        paths=[*(paths[row] for row in rows), *alone],
        cells={label: [*(texts[row] for row in rows), *blank] for label, texts in cells.items()},
        readings=readings,
        patients=[*(patients[row] for row in rows), *blank],
        columns={**({} if named else {"name": names_of_all}), **kept},
        faults=[*(faults[row] for row in rows), *([None] * len(alone))],
        unwanted=[*lying, *([NO_ROW] * len(alone))],
    )


def _view(texts: Sequence[str]) -> str:
    """Of several cells about a film the one that calls it lateral; if none does, the first that says anything."""
    known = [text for text in texts if not is_missing(text)]
    return next((text for text in known if lateral(text.upper())), next(iter(known), ""))


def _path_of(name: str, films: FilmFiles, table: Table, line: int) -> str:
    found = films.named(name) if name else ()
    if len(found) > 1:
        raise UserError(
            f"{table.file}, row {line}: {name} may be {found[0]} or {found[1]}",
            "one film an id",
            "--images PATTERN, which only one of them has in its path, such as --images 'images_*/*'; or remove one",
        )
    return found[0] if found else ""


def _patients(table: Table, taken: Taken, names: Sequence[str], order: Order) -> list[str]:
    if taken.patient is not None:
        patients = list(map(plain_id, table.column(taken.patient)))
        if short := next(filter(SHORTENED.fullmatch, patients), None):
            raise UserError(
                f"{table.file}: {taken.patient} holds {short}: a spreadsheet has shortened numbers, and several "
                "patients may have become one",
                "ids as they were given",
                "the table as it was before, or --patient with another column",
            )
        if len(patients) > 1 and len(set(patients)) == 1 and patients[0]:
            order.say(f"every row has the same {taken.patient}: it is taken for none")
            return [""] * len(patients)
        return patients
    found = [IN_PATH.search(name) for name in names]
    if names and all(found):
        order.say(f"taking the patient from {taken.id}, as in {names[0]}")
        return [match[1] for match in found if match]
    return [""] * len(names)


def _once(
    table: Table, names: Sequence[str], paths: Sequence[str], said: Sequence[Sequence[str]]
) -> tuple[dict[int, str | None], list[int]]:
    """What is wrong with each row that is taken, and these rows: of a film's rows the first. Those that say the same
    are one; where they do not, nobody knows which is right."""
    first_of: dict[str, int] = {}
    faults: dict[int, str | None] = {}
    for row, film in enumerate(path or name for path, name in zip(paths, names, strict=True)):
        first = first_of.setdefault(film, row) if film else row
        if first == row:
            faults[row] = None if film else f"no id in row {table.lines[row]}"
        elif any(cells[first] != cells[row] for cells in said):
            faults[first] = f"rows {table.lines[first]} and {table.lines[row]} say different things of it"
    return faults, list(faults)


def _ids(names: Sequence[str], rows: int, number: Callable[[str], int] | None) -> tuple[np.ndarray, bool]:
    """(n,) ids, and whether they are the names: of `rows` rows, and of films without one."""
    if number is not None:
        own = [number(name) for name in names[:rows]]
        return np.array([*own, *range(-len(names) + rows, 0)], np.int64), False
    digits = [name.rsplit("/", 1)[-1].split(".")[0] for name in names]
    if all(each.isascii() and each.isdecimal() and len(each) <= 18 for each in digits):
        numbers = np.array(list(map(int, digits)), np.int64)
        if len(np.unique(numbers)) == len(numbers):
            return numbers, True
    return np.arange(len(names), dtype=np.int64), False
