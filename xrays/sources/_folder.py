"""Reads a folder in the SPR layout, in both its forms, before a single film is decoded.

    layout = read_folder(Path("spr"))

Films lie in `train/`, `kaggle/train/` or `kaggle/kaggle/train/`; labels in `train_age.csv` (imageId, age) and
`train_gender.csv` (imageId, gender: 0 female, 1 male), each label of xrays/labels.py in a file of its own. One of
them is needed; `train_patient.csv` (imageId, patient) is optional. SYNTHETIC marks films that a computer has drawn.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from xrays.errors import UserError
from xrays.label_values import labelled, read
from xrays.labels import LABELS
from xrays.layout import Layout, rejected_table
from xrays.next_command import command
from xrays.patients import groups_of_patients
from xrays.phantom import MARKER
from xrays.pixels.film import SUFFIXES

FILM_FOLDERS = ("kaggle/kaggle/train", "kaggle/train", "train")


def read_folder(folder: Path) -> Layout:
    """Raises UserError for what makes the whole folder unusable: no folder, no film, no label file, a missing
    column, an id given twice. What is wrong with one film only is in `rejected`."""
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder", spelled_out(), "python cli.py prepare sample   (synthetic films)")
    paths = _film_paths(folder)
    texts = {name: cells for name in LABELS if (cells := _read_labels(folder, name)) is not None}
    if not texts:
        raise UserError(f"{folder} has {_none_of(map(_file_of, LABELS))}", spelled_out(), _again(folder))
    patients = _read_labels(folder, "patient")
    table = pd.DataFrame({"path": paths})
    for name, cells in texts.items():
        table = table.join(cells.rename(name), how="outer")
    faults = [["no image file" if pd.isna(path) else None for path in table.path]]
    for name in texts:
        values, wrong = read(LABELS[name], table[name].tolist())
        table[name] = values
        faults.append(wrong)
    unlabelled = ~labelled({name: table[name].to_numpy() for name in texts}, len(table))
    faults.append([_none_of(texts) if none else None for none in unlabelled])
    # Of all that is wrong with a film the first.
    reasons = [next(filter(None, of_film), None) for of_film in zip(*faults, strict=True)]
    good = np.array([reason is None for reason in reasons], bool)
    rejected, films = table[~good], table[good]
    return Layout(
        name=folder.resolve().name,
        words=(str(folder),),
        place=folder,
        ids=films.index.to_numpy(np.int64),
        paths=films.path.tolist(),
        labels={name: films[name].to_numpy(np.float32) for name in texts},
        groups=groups_of_patients(films.index.to_numpy(np.int64), _patients(films.index, patients)),
        rejected=rejected_table(
            (film, "" if pd.isna(path) else path, reason)
            for film, path, reason in zip(rejected.index, rejected.path, filter(None, reasons), strict=True)
        ),
        about={"source": str(folder)},
        synthetic=(folder / MARKER).exists(),
    )


def spelled_out() -> str:
    """What such a folder holds, for messages."""
    return ", ".join(["train/000000.png …", *(f"{_file_of(name)} (imageId,{name})" for name in LABELS)])


def _file_of(column: str) -> str:
    return f"train_{column}.csv"


def _none_of(names: Iterable[str]) -> str:
    """`neither age nor gender`, `no age`, `none of a, b, c`."""
    match list(names):
        case [name]:
            return f"no {name}"
        case [one, other]:
            return f"neither {one} nor {other}"
        case several:
            return f"none of {', '.join(several)}"


def _film_paths(folder: Path) -> pd.Series[str]:
    films = next((folder / name for name in FILM_FOLDERS if (folder / name).is_dir()), None)
    if films is None:
        raise UserError(f"{folder} has none of the folders {', '.join(FILM_FOLDERS)}", spelled_out(), _again(folder))
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
        raise UserError(f"{films} holds no film", "files like 000000.png, named by imageId", f"ls {films}")
    return pd.Series(paths, name="path")


def _read_labels(folder: Path, column: str) -> pd.Series[str] | None:
    """imageId -> text of the column, "" where the cell is empty."""
    file = folder / _file_of(column)
    if not file.exists():
        return None
    accepted, retry = f"imageId,{column}", _again(folder)
    (first, header), *body = _rows(file, accepted, retry)
    for needed in ("imageId", column):
        if needed not in header:
            given = f"{file}, row {first}, has the columns {', '.join(header)}; {needed} is missing"
            raise UserError(given, accepted, retry)
    cells_of: dict[int, str] = {}
    given_in: dict[int, int] = {}
    for row, cells in body:
        if any(cells[len(header) :]):  # a decimal comma, for instance
            given = f"{file}, row {row}, has {len(cells)} cells: {','.join(cells)}"
            raise UserError(given, f"{len(header)} cells: {','.join(header)}", retry)
        texts = dict(zip(header, cells + [""] * len(header), strict=False))
        if not _is_id(texts["imageId"]):
            raise UserError(f"{file}, row {row}: imageId {texts['imageId']!r}", "a whole number", retry)
        film = int(texts["imageId"])
        if film in cells_of:
            given = f"{file}, row {row}: imageId {film} was given before, in row {given_in[film]}"
            raise UserError(given, "every imageId once", retry)
        cells_of[film], given_in[film] = texts[column], row
    return pd.Series(
        list(cells_of.values()), index=pd.Index(list(cells_of), dtype=np.int64), name=column, dtype=object
    )


def _rows(file: Path, accepted: str, retry: str) -> list[tuple[int, list[str]]]:
    """(line in the file, cells) of every row that is not blank; at least one."""
    try:
        with file.open(newline="", encoding="utf-8-sig") as lines:
            reader = csv.reader(lines, skipinitialspace=True, strict=True)
            rows = [(reader.line_num, [cell.strip() for cell in cells]) for cells in reader]
    except (csv.Error, UnicodeDecodeError) as error:
        raise UserError(f"{file} is no CSV: {error}", accepted, retry) from None
    rows = [(row, cells) for row, cells in rows if any(cells)]
    if not rows:
        raise UserError(f"{file} is empty", accepted, retry)
    return rows


def _is_id(text: str) -> bool:
    """Digits that fit into 64 bits."""
    return text.isascii() and text.isdecimal() and len(text) <= 18


def _patients(ids: pd.Index[int], patients: pd.Series[str] | None) -> list[str]:
    known = {} if patients is None else patients.to_dict()
    return [known.get(film, "") for film in ids]


def _again(folder: Path) -> str:
    return f"mend the file, then: {command('prepare', folder)}"
