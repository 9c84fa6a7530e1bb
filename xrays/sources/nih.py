"""NIH ChestX-ray14: Data_Entry_2017*.csv and the films in one or several folders beside it.

    layout = layout(Order(Path("data"), Path("nih")))

Both forms of the table are read: the one of 2017, with ages like 058Y, up to 414Y, and the one of 2020, with whole
years. Films of a patient are in time by their follow-up number, not by the number in their names.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from xrays.errors import UserError
from xrays.layout import Layout
from xrays.next_command import command
from xrays.sources._film_files import FilmFiles, films_below
from xrays.sources._from_table import Taken, records_of
from xrays.sources._order import Order
from xrays.sources._table_file import Table, read_table

TITLE = "NIH ChestX-ray14 (112,120 films)"
FOLDER = True
NEEDED: tuple[str, ...] = ()
OPTIONS = ()
TABLES = "Data_Entry_2017*.csv"
TAKEN = Taken(
    id="Image Index",
    labels={"age": ("Patient Age",), "gender": ("Patient Gender",)},
    patient="Patient ID",
    views=("View Position",),
    columns={"follow_up": "Follow-up #"},
)
NAME = re.compile(r"([0-9]{8})_([0-9]{3})\.png")


def layout(order: Order) -> Layout:
    """A film's id is its number: 00000013_022.png is 13022. Raises UserError when the table or the films are not
    there."""
    folder = order.folder or Path()
    table = table_below(folder, order)
    films = films_below(folder)
    if not films.paths:
        raise UserError(f"no film below {folder}", "the images of images_001.tar.gz … unpacked", f"ls {folder}")
    return _layout(order, table, films)


def labels(order: Order) -> Layout:
    """The table alone, of films that nobody looks for. Raises UserError when it is not there."""
    return _layout(order, table_below(order.folder or Path(), order), None)


def _layout(order: Order, table: Table, films: FilmFiles | None) -> Layout:
    none = FilmFiles(table.file.parent, (), {})
    records = records_of(table, films or none, TAKEN, {}, order, number=number_of)
    return replace(records, with_films=films is not None).layout(
        name="nih",
        words=order.words("nih"),
        place=order.folder or Path(),
        about={"source": "NIH ChestX-ray14", "table": table.file.name},
    )


def table_below(folder: Path, order: Order) -> Table:
    """The newest of the tables in the folder or in one of its own. Raises UserError when there is none."""
    found = sorted({*folder.glob(TABLES), *folder.glob(f"*/{TABLES}")}, key=lambda file: (len(file.name), file.name))
    again = command("prepare", *order.words("nih"))
    if not found:
        raise UserError(f"{folder} has no {TABLES}", "the folder that NIH's table and films lie in", again)
    if len(found) > 1:
        order.say(f"taking {found[-1]}, the newest of {len(found)} tables")
    return read_table(found[-1], "NIH's table as it is", again)


def number_of(name: str) -> int:
    """The number of a film by its name. Raises UserError for a name that is none of NIH's."""
    found = NAME.fullmatch(name)
    if found is None:
        raise UserError(f"Image Index {name!r}", "names like 00000013_022.png", "NIH's table as it is")
    return int(found[1] + found[2])
