"""Reads a folder in the SPR layout, in both its forms, before a single film is decoded.

    layout = read_layout(Path("spr"))
    layout.films        # table: imageId, path, age (NaN = none), gender (-1 = none), group
    layout.rejected     # table: imageId, file, reason

Films lie in `train/`, `kaggle/train/` or `kaggle/kaggle/train/`; labels in `train_age.csv` (imageId, age) and
`train_gender.csv` (imageId, gender: 0 female, 1 male); `train_patient.csv` (imageId, patient) is optional.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from xrays.errors import UserError
from xrays.next_command import command

FILM_FOLDERS = ("kaggle/kaggle/train", "kaggle/train", "train")
SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".tif", ".tiff")
MAX_AGE = 120.0
LAYOUT = "train/000000.png …, train_age.csv (imageId,age), train_gender.csv (imageId,gender)"


@dataclass(frozen=True)
class Layout:
    """What the label files say: films that can be used, and rows that cannot, with the reason."""

    folder: Path
    films: pd.DataFrame
    rejected: pd.DataFrame


def read_layout(folder: Path) -> Layout:
    """Raises UserError for what makes the whole folder unusable: no folder, no film, no label file, a missing
    column, an id given twice. What is wrong with one film only is in `rejected`."""
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder", LAYOUT, "python cli.py prepare sample   (synthetic films)")
    paths = _film_paths(folder)
    ages, genders = _read_labels(folder, "age"), _read_labels(folder, "gender")
    if ages is None and genders is None:
        raise UserError(f"{folder} has neither train_age.csv nor train_gender.csv", LAYOUT, _again(folder))
    patients = _read_labels(folder, "patient")
    table = pd.DataFrame({"path": paths})
    for name, labels in (("age", ages), ("gender", genders)):
        table = table.join(labels.rename(name), how="outer") if labels is not None else table.assign(**{name: ""})
    # One reading of the text decides both whether an age is accepted and what it is.
    years = pd.to_numeric(table.age, errors="coerce")
    table["reason"] = [
        _reason(path, age, number, gender)
        for path, age, number, gender in zip(table.path, table.age, years, table.gender, strict=True)
    ]
    rejected = table[table.reason != ""]
    films = table[table.reason == ""].copy()
    films["age"] = years[films.index].astype(np.float32)
    films["gender"] = pd.to_numeric(films.gender, errors="coerce").fillna(-1).astype(np.int8)
    films["group"] = _groups(films.index, patients)
    return Layout(
        folder,
        films.drop(columns="reason").rename_axis("imageId").reset_index(),
        pd.DataFrame(
            {
                "imageId": [str(film) for film in rejected.index],
                "file": ["" if pd.isna(path) else str(path) for path in rejected.path],
                "reason": list(rejected.reason),
            }
        ),
    )


def _film_paths(folder: Path) -> pd.Series[str]:
    films = next((folder / name for name in FILM_FOLDERS if (folder / name).is_dir()), None)
    if films is None:
        raise UserError(f"{folder} has none of the folders {', '.join(FILM_FOLDERS)}", LAYOUT, _again(folder))
    found: dict[int, str] = {}
    for path in sorted(films.iterdir()):
        if path.suffix.lower() not in SUFFIXES or not _is_id(path.stem):
            continue
        film = int(path.stem)
        if film in found:
            raise UserError(
                f"{found[film]} and {path.name} are both film {film}",
                "one file an imageId",
                f"remove one of the two from {films}",
            )
        found[film] = str(path)
    if not found:
        raise UserError(f"{films} holds no film", "files like 000000.png, named by imageId", f"ls {films}")
    return pd.Series(found, name="path")


def _read_labels(folder: Path, column: str) -> pd.Series[str] | None:
    """imageId -> text of the column, "" where the cell is empty."""
    file = folder / f"train_{column}.csv"
    if not file.exists():
        return None
    accepted, retry = f"imageId,{column}", _again(folder)
    (first, header), *body = _rows(file, accepted, retry)
    for needed in ("imageId", column):
        if needed not in header:
            given = f"{file}, row {first}, has the columns {', '.join(header)}; {needed} is missing"
            raise UserError(given, accepted, retry)
    found: dict[int, str] = {}
    given_in: dict[int, int] = {}
    for row, cells in body:
        if any(cells[len(header) :]):  # a decimal comma, for instance
            given = f"{file}, row {row}, has {len(cells)} cells: {','.join(cells)}"
            raise UserError(given, f"{len(header)} cells: {','.join(header)}", retry)
        texts = dict(zip(header, cells + [""] * len(header), strict=False))
        if not _is_id(texts["imageId"]):
            raise UserError(f"{file}, row {row}: imageId {texts['imageId']!r}", "a whole number", retry)
        film = int(texts["imageId"])
        if film in found:
            given = f"{file}, row {row}: imageId {film} was given before, in row {given_in[film]}"
            raise UserError(given, "every imageId once", retry)
        found[film], given_in[film] = texts[column], row
    return pd.Series(list(found.values()), index=pd.Index(list(found), dtype=np.int64), name=column, dtype=object)


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


def _reason(path: object, age: object, years: float, gender: object) -> str:
    """Why a film cannot be used, or "". Cells are text, or NaN where a file has no row for the film.
    years: the age as a number, NaN where the text is none."""
    texts = ["" if pd.isna(value) else str(value) for value in (age, gender)]  # type: ignore[call-overload]
    if pd.isna(path):  # type: ignore[call-overload]
        return "no image file"
    if texts[0] and math.isnan(years):
        return f"age {texts[0]!r} is no number"
    if texts[0] and not 0 <= years <= MAX_AGE:
        return f"age {texts[0]} is outside 0–{MAX_AGE:.0f}"
    if texts[1] and texts[1] not in ("0", "1", "0.0", "1.0"):
        return f"gender {texts[1]!r} is neither 0 (female) nor 1 (male)"
    return "" if any(texts) else "neither age nor gender"


def _groups(ids: pd.Index[int], patients: pd.Series[str] | None) -> list[str]:
    """Films of one patient share a group; a film whose patient is unknown is a group of its own."""
    known = {} if patients is None else patients[patients != ""].to_dict()
    return [f"patient {known[film]}" if film in known else f"film {film}" for film in ids]


def _again(folder: Path) -> str:
    return f"mend the file, then: {command('prepare', folder)}"
