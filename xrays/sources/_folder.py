"""Reads a folder in the SPR layout, in both its forms, before a single film is decoded.

    layout = read_folder(Path("spr"))

Films lie in `train/`, `kaggle/train/` or `kaggle/kaggle/train/`; labels in `train_age.csv` (imageId, age) and
`train_gender.csv` (imageId, gender: 0 female, 1 male), each label of xrays/labels.py in a file of its own. One of
them is needed; `train_patient.csv` (imageId, patient) is optional. SYNTHETIC marks films that a computer has drawn.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from xrays.errors import UserError
from xrays.label_texts import plain_id
from xrays.labels import LABELS
from xrays.layout import Layout
from xrays.next_command import command
from xrays.phantom import MARKER
from xrays.pixels.film import SUFFIXES
from xrays.sources._records import Records, none_of
from xrays.sources._table_file import read_table

FILM_FOLDERS = ("kaggle/kaggle/train", "kaggle/train", "train")


def read_folder(folder: Path, *, with_films: bool = True) -> Layout:
    """Raises UserError for what makes the whole folder unusable: no folder, no film, no label file, a missing
    column, an id given twice. What is wrong with one film only is in `rejected`. with_films: False for the labels
    alone, of films that need not be there: all paths are "" then."""
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder", spelled_out(), "python cli.py prepare sample   (synthetic films)")
    paths = _film_paths(folder) if with_films else {}
    texts = {name: cells for name in LABELS if (cells := _read_labels(folder, name)) is not None}
    if not texts:
        raise UserError(f"{folder} has {none_of(map(_file_of, LABELS))}", spelled_out(), _instead(folder))
    patients = _read_labels(folder, "patient")
    films = sorted({*paths, *(film for cells in texts.values() for film in cells)})
    return Records(
        ids=np.array(films, np.int64),
        names=list(map(str, films)),
        paths=[paths.get(film, "") for film in films],
        cells={name: [cells.get(film, "") for film in films] for name, cells in texts.items()},
        patients=[plain_id((patients or {}).get(film, "")) for film in films],
        with_films=with_films,
    ).layout(
        name=folder.resolve().name,
        words=(str(folder),),
        place=folder,
        about={"source": str(folder)},
        synthetic=(folder / MARKER).exists(),
    )


def spelled_out() -> str:
    """What such a folder holds, for messages."""
    return ", ".join(["train/000000.png …", *(f"{_file_of(name)} (imageId,{name})" for name in LABELS)])


def _file_of(column: str) -> str:
    return f"train_{column}.csv"


def _film_paths(folder: Path) -> dict[int, str]:
    films = next((folder / name for name in FILM_FOLDERS if (folder / name).is_dir()), None)
    if films is None:
        raise UserError(
            f"{folder} has none of the folders {', '.join(FILM_FOLDERS)}", spelled_out(), _instead(folder)
        )
    paths: dict[int, str] = {}
    for path in sorted(films.iterdir()):
        if path.suffix.lower() not in SUFFIXES or not _is_id(path.stem):
            continue
        film = int(path.stem)
        if film in paths:
            raise UserError(
                f"{paths[film]} and {path.name} are both film {film}",
                "one file an imageId",
                f"remove one of the two from {films}",
            )
        paths[film] = str(path)
    if not paths:
        raise UserError(f"{films} holds no film", "files like 000000.png, named by imageId", _instead(folder))
    return paths


def _read_labels(folder: Path, column: str) -> dict[int, str] | None:
    """imageId -> text of the column, "" where the cell is empty."""
    file = folder / _file_of(column)
    if not os.path.lexists(file):  # a link to nothing is a mistake, not a folder without this label
        return None
    accepted, retry = f"imageId,{column}", _again(folder)
    table = read_table(file, accepted, retry)
    cells_of: dict[int, str] = {}
    given_in: dict[int, int] = {}
    for row, text, cell in zip(table.lines, table.column("imageId"), table.column(column), strict=True):
        identity = plain_id(text)
        if not _is_id(identity):
            raise UserError(f"{file}, row {row}: imageId {text!r}", "a whole number", retry)
        film = int(identity)
        if film in cells_of:
            given = f"{file}, row {row}: imageId {film} was given before, in row {given_in[film]}"
            raise UserError(given, "every imageId once", retry)
        cells_of[film], given_in[film] = cell, row
    return cells_of


def _is_id(text: str) -> bool:
    """Digits that fit into 64 bits."""
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _instead(folder: Path) -> str:
    """What to type for a folder in another form: a table in it is one of `prepare table`."""
    own = any((folder / _file_of(name)).exists() for name in LABELS)
    tables = sorted(file.name for file in folder.glob("*.[ct]sv"))
    return command("prepare", "table", folder, labels=tables[0]) if tables and not own else _again(folder)


def _again(folder: Path) -> str:
    return f"mend the file, then: {command('prepare', folder)}"
