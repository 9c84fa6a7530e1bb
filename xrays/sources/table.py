"""Films below a folder with a table of labels: a hospital's own, CheXpert's, PadChest's, BRAX's …

    layout = layout(Order(Path("data"), Path("films"), {"labels": "table.csv", "id": "File", "age": "Age"}))

Columns that are not named are guessed by the names that collections give them, and what was guessed is said.
"""

from __future__ import annotations

import math
import re
from functools import partial
from pathlib import Path

from xrays.errors import UserError
from xrays.label_texts import years_between, years_since_anchor
from xrays.label_values import reading
from xrays.labels import LABELS, RESERVED
from xrays.layout import Layout
from xrays.next_command import command
from xrays.sources._columns import GUESSES, Collection, Columns, collection_of
from xrays.sources._film_files import films_below
from xrays.sources._from_table import BETWEEN, Taken, records_of
from xrays.sources._order import Order
from xrays.sources._readings import Reading, ages, chosen, classes
from xrays.sources._table_file import Table, key_of, read_table

TITLE = "films in a folder, with a table of their labels"
FOLDER = True
NEEDED = ("labels",)
CLASSES = tuple(word for label in LABELS.values() for word in label.class_names)
OPTIONS = (
    "labels", "id", *LABELS, "patient", "birth", "study", "view", "follow_up", "split", "keep",
    "images", "views", *CLASSES, "bands", "age_unit",
)  # fmt: skip
ANY = Collection("", ())
TAKEN = ("name", "view", "follow_up", "split", "study")  # names of columns that have a meaning
AGE_FROM = (("birth", "study"), ("anchor_age", "anchor_year", "study"))  # where a table has no ages


def layout(order: Order) -> Layout:
    """Raises UserError for a table that cannot be read, whose columns are not found, or whose ids are no films."""
    folder = order.folder or Path()
    table = _table(folder, order)
    columns = Columns(table, order.options)
    sideways = chosen("views", order.options, ("all",)) is not None
    origin = collection_of(table) or ANY
    taken = _taken(table, columns, origin, order)
    for line in columns.said:
        order.say(line)
    if origin.name:
        order.say(f"its columns are those of {origin.name}{f': {origin.note}' if origin.note else ''}")
    films = films_below(folder, order.options.get("images"))
    if not films.paths:
        wanted = f" like {order.options['images']}" if "images" in order.options else ""
        raise UserError(f"no film{wanted} below {folder}", "images: .png, .jpg, .tif …", f"ls {folder}")
    readings = {name: _reading(name, table, taken, origin, order) for name in taken.labels}
    records = records_of(table, films, taken, readings, order, sideways=sideways)
    named = {name: " and ".join(found) for name, found in taken.labels.items()}
    return records.layout(
        name=folder.resolve().name,
        words=order.words("table"),
        place=folder,
        about={"source": f"table {table.file}", "taken": {"id": taken.id, **named, "patient": taken.patient}},
    )


def _table(folder: Path, order: Order) -> Table:
    retry = f"mend the table or the command: {command('prepare', *order.words('table'))}"
    if "labels" not in order.options:
        raise UserError(
            f"prepare table {folder} without --labels",
            "a table (CSV or TSV) with a row a film",
            command("prepare", "table", folder, labels="FILE"),
        )
    given = Path(order.options["labels"])
    inside = folder / given
    return read_table(
        inside if inside.is_file() and not given.is_file() else given, "a CSV or TSV with a header", retry
    )


def _taken(table: Table, columns: Columns, origin: Collection, order: Order) -> Taken:
    identity = columns.of("id")
    if identity is None:
        raise UserError(
            f"{table.file} has no column that is known to name films",
            f"--id with one of its columns: {', '.join(filter(None, table.header))[:400]}",
            command("prepare", *order.words("table"), id="COLUMN"),
        )
    labels = _labels(table, columns, origin, order)
    if "view" in order.options:
        views = tuple(filter(None, [columns.of("view")]))
    else:
        views = tuple(table.by_key[key_of(name)] for name in GUESSES["view"] if key_of(name) in table.by_key)
        columns.said.extend([f"taking {' and '.join(views)} as view"] if views else [])
    kept = {name: found for name in ("follow_up", "split") if (found := columns.of(name))}
    # By the date of the study a patient's films are in time.
    if study := labels["age"][-1] if len(labels.get("age", ())) > 1 else columns.of("study"):
        kept["study"] = study
    if order.options.get("keep"):
        kept |= {_identifier(name): name for name in order.options["keep"].split(",") if table.column(name)}
    return Taken(id=identity, labels=labels, patient=columns.of("patient"), views=views, columns=kept)


def _labels(table: Table, columns: Columns, origin: Collection, order: Order) -> dict[str, tuple[str, ...]]:
    """The columns of each label that the table has: those that were typed, then those that are guessed."""
    found: dict[str, tuple[str, ...]] = {}
    if "birth" in order.options and "age" not in order.options and not columns.has("study"):
        raise UserError(
            f"--birth {order.options['birth']} without the date of the study",
            f"--study with one of the columns: {', '.join(filter(None, table.header))[:400]}",
            command("prepare", *order.words("table"), study="COLUMN"),
        )
    for name in LABELS:
        from_dates = name == "age" and "birth" in order.options and name not in order.options
        column = None if from_dates else columns.of(name)
        if column is not None:
            found[name] = (column,)
        elif name == "age" and (parts := next((each for each in AGE_FROM if columns.has(*each)), None)):
            found[name] = tuple(filter(None, map(columns.of, parts)))
        else:
            columns.said.append(f"no column is known to be {name}: name it with --{name}, if there is one")
    if not found:
        given = f"{table.file} has no column that is known to be {' or '.join(LABELS)}"
        if origin.elsewhere:
            raise UserError(given, origin.elsewhere, command(*origin.instead))
        known = " or ".join(f"--{name} COLUMN" for name in LABELS)
        raise UserError(
            given,
            f"{known}, of: {', '.join(filter(None, table.header))[:400]}",
            command("prepare", *order.words("table"), **dict.fromkeys(LABELS, "COLUMN")),
        )
    return found


def _identifier(name: str) -> str:
    """Under which a column is kept."""
    plain = re.sub(r"\W+", "_", name.casefold()).strip("_")
    return plain if plain.isidentifier() and plain not in (*RESERVED, *LABELS, *TAKEN) else f"table_{plain}"


def _reading(name: str, table: Table, taken: Taken, origin: Collection, order: Order) -> Reading:
    """How the cells of a label are read, see xrays/sources/_readings.py."""
    label, columns = LABELS[name], taken.labels[name]
    if len(columns) > 1:
        between = years_between if len(columns) == 2 else years_since_anchor
        return lambda text: between(*text.split(BETWEEN)) if text else math.nan
    cells = table.column(columns[0])
    if label.kind == "binary":
        return classes(table.file, columns[0], cells, label, order)
    if label.unit == "years":
        return ages(table.file, columns[0], cells, order, zero_is_none=origin.zero_is_none)
    return partial(reading, label)
