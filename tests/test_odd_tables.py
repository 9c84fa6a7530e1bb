"""Tables of labels as hospitals and collections have them, through `prepare table` and `prepare nih`: asked about,
refused with file and row, or a film's line with the reason; and any text at all in one is no traceback."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas as pd
import pytest
from cli_process import called
from film_folders import noise_folder
from hypothesis import given
from hypothesis import strategies as st
from odd_files import BROKEN
from table_folders import read_table_of, table_folder

from xrays.arrays import XrayArrays, prepared_folders
from xrays.errors import UserError
from xrays.labels import LABELS
from xrays.layout import Layout

GOOD = 20 * (len(BROKEN) + 4)
NIH = "Image Index,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position\n"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small films and no table: images/study N/film.png, and what is broken."""
    folder, rng = tmp_path_factory.mktemp("hospital") / "films", np.random.default_rng(0)
    for film in range(GOOD):
        place = folder / f"images/study {film}"
        place.mkdir(parents=True)
        cv2.imwrite(str(place / "film.png"), rng.integers(0, 256, (24, 20), np.uint8))
    (folder / "images/odd").mkdir()
    for kind, broken in BROKEN.items():
        broken.write(folder / f"images/odd/{kind.replace(',', '')}{broken.suffix}")
    return folder


def rows_of(films: Path, changes: Mapping[int, str]) -> str:
    """Every film with the age 50 and a patient; of some the whole row is another."""
    rows = [changes.get(film, f"study {film}/film.png,50,F,P{film}") for film in range(GOOD)]
    odd = [f"odd/{kind.replace(',', '')}{broken.suffix},60,M,Q" for kind, broken in BROKEN.items()]
    return "\n".join(["File,Years,Sex,Person", *rows, *odd, ""])


def prepared(films: Path, table: str | bytes, at: Path, *words: object) -> Any:
    (at / "labels.csv").write_bytes(table if isinstance(table, bytes) else table.encode())
    named = ("--labels", "labels.csv", "--id", "File", "--age", "Years", "--patient", "Person")
    return called("prepare", "table", films, *named, *words, "--size", 16, "--out", "data/out", cwd=at)


def test_whatever_lies_in_a_folder_costs_a_line(films: Path, tmp_path: Path) -> None:
    changes = {
        3: "study 3/film.png,414,F,P3",
        4: "study 4/film.png,-1,F,P4",
        5: "study 5/film.png,50,7,P5",
        6: "study 6/film.png,050Y,F,P6",
        7: "study 7/film.png,006M,F,P7",
        8: "study 8/film.png,NaN,F,P8",
        9: "study 9/film.png,,,",
        10: "study 10/film.png,50,F,P10\nstudy 10/film.png,51,F,P10",
        11: "study 11/film.png,50,F,NA\nstudy 900/film.png,50,F,P",
    }
    done = prepared(films, rows_of(films, changes), tmp_path)
    assert done.returncode == 0, done.stderr
    assert "taking Sex as gender" in done.stdout
    arrays = XrayArrays.open(tmp_path / "data/out")
    rejected, left_out = (
        {Path(str(film)).parent.name if "film.png" in str(film) else Path(str(film)).stem: reason
         for film, reason in zip(table.imageId, table.reason, strict=True)}
        for table in map(pd.read_csv, (tmp_path / "data/out/rejected.csv", tmp_path / "data/out/left_out.csv"))
    )  # fmt: skip
    told = {
        "study 3": "age 414 is outside 0–120",
        "study 4": "age -1 is outside 0–120",
        "study 5": "gender '7' is neither 0 (female) nor 1 (male)",
        "study 10": "rows 12 and 13 say different things of it",
    }
    assert {film: reason for film, reason in rejected.items() if film.startswith("study")} == told
    assert len(rejected) == len(told) + len([kind for kind in BROKEN if kind != "a folder"])
    assert left_out["study 9"] == "neither age nor gender" and left_out["study 900"] == "no image file"
    assert len(arrays.ids) == GOOD - len(told) - 1
    assert sorted(set(arrays.labels["age"][np.isfinite(arrays.labels["age"])].tolist())) == [0.5, 50]
    assert np.isnan(arrays.labels["age"]).sum() == 1


# What is typed beside the table, the table, and what is said.
REFUSED: dict[str, tuple[tuple[object, ...], str | bytes, str]] = {
    "a column that is not there": (("--gender", "Gender"), "File,Years,Sex,Person\nstudy 1/film.png,5,F,P\n",
                                   "has the columns File, Years, Sex, Person; Gender is missing"),
    "ids of nothing": ((), "File,Years,Sex,Person\nmissing.png,50,F,P\n", "no File of labels.csv is a film below"),
    "ids of many": ((), "File,Years,Sex,Person\nfilm.png,50,F,P\n", "row 2: film.png may be "),
    "bands": ((), "File,Years,Sex,Person\nstudy 1/film.png,90+,F,P\n", "holds bands of ages, such as '90+'"),
    "days": ((), "File,Years,Sex,Person\nstudy 1/film.png,20000,F,P\nstudy 2/film.png,9000,M,P\n",
             "2 of 2 values of Years are over 120"),
    "a row with more cells": ((), "File,Years,Sex,Person\nstudy 1/film.png,50,F,P,more\n", "row 2, has 5 cells"),
    "a header alone": ((), "File,Years,Sex,Person\n", "no File of labels.csv is a film"),
    "empty": ((), "", "labels.csv is empty"),
    "a spreadsheet": ((), b"PK\x03\x04\xe1\xff\x00", "labels.csv is no CSV"),
    "an unknown word for bands": (("--bands", "some"), "File,Years,Sex,Person\nstudy 1/film.png,5,F,P\n",
                                  "--bands some"),
    "an option of another source": (("--version", "3"), "File,Years,Sex,Person\nstudy 1/film.png,5,F,P\n",
                                    "--version 3 with prepare table"),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_a_table_that_cannot_be_used_is_refused(kind: str, films: Path, tmp_path: Path) -> None:
    words, table, told = REFUSED[kind]
    done = prepared(films, table, tmp_path, *words)
    assert done.returncode == 2, done.stdout
    assert done.stderr.startswith("error: ") and told in done.stderr and "next:  " in done.stderr
    assert prepared_folders(tmp_path / "data") == []


def test_names_of_columns_are_said_as_they_are(tmp_path: Path) -> None:
    """In one line, whatever a terminal would take for a colour."""
    rows = "".join(f"{number},50,F\n" for number in range(20))
    folder = noise_folder(tmp_path / "films", 20)
    (tmp_path / "labels.csv").write_text(f"File,Age [years],S[/]ex\n{rows}")
    words = ("prepare", "table", folder, "--labels", "labels.csv", "--size", 16, "--no-audit")
    done = called(*words, cwd=tmp_path, COLUMNS="20")
    assert done.returncode == 0, done.stderr
    assert "taking Age [years] as age\n" in done.stdout and "taking S[/]ex as gender\n" in done.stdout


class TestNih:
    def prepared(self, films: Path, rows: str, at: Path) -> Any:
        """Two films, of which one is broken, beside eighty others."""
        images = at / "nih/images_001/images"
        images.mkdir(parents=True)
        for film in range(80):
            shutil.copy(films / "images/study 1/film.png", images / f"{film:08d}_000.png")
        more = "".join(f"{film:08d}_000.png,0,{film},050Y,F,PA\n" for film in range(80))
        (at / "nih/Data_Entry_2017.csv").write_text(NIH + more + rows)
        return called("prepare", "nih", "nih", "--size", 16, "--out", "data/out", cwd=at)

    def test_what_costs_a_line(self, films: Path, tmp_path: Path) -> None:
        rows = "00000100_000.png,0,100,050Y,F,PA\n00000101_000.png,0,101,414Y,F,PA\n"
        (tmp_path / "nih/images_002").mkdir(parents=True)
        (tmp_path / "nih/images_002/00000101_000.png").write_bytes(b"no image")
        assert self.prepared(films, rows, tmp_path).returncode == 0
        rejected = pd.read_csv(tmp_path / "data/out/rejected.csv")
        assert rejected.reason.tolist() == ["age 414Y is outside 0–120"]
        assert pd.read_csv(tmp_path / "data/out/left_out.csv").reason.tolist() == ["no image file"]

    def test_a_name_that_is_none(self, films: Path, tmp_path: Path) -> None:
        done = self.prepared(films, "film.png,0,100,050Y,F,PA\n", tmp_path)
        assert done.returncode == 2 and "Image Index 'film.png'" in done.stderr

    def test_two_ages_of_one_film(self, films: Path, tmp_path: Path) -> None:
        done = self.prepared(films, "00000001_000.png,0,1,051Y,F,PA\n", tmp_path)
        assert done.returncode == 0, done.stderr
        assert "say different things of it" in (tmp_path / "data/out/rejected.csv").read_text()


HEADS = ("File", "Age", "Sex", "Patient ID", "View Position", "Birth Date", "StudyDate", "split", "", "Age")
CELL = st.text(st.characters(codec="utf-8"), max_size=6) | st.sampled_from(
    ["", "a.png", "sub/a.png", "A", "b.png", "12", "012.0", "12.jpg", "..", "/", "58", "058Y", "90+", "80-84", "F",
     "M", "O", "female", "NA", "NaN", "7", "7.0", "19600230", "2014-02-28", "PA", "LL", "-1", "414"]
)  # fmt: skip


@given(
    head=st.lists(st.sampled_from(HEADS), min_size=1, max_size=6),
    rows=st.lists(st.lists(CELL, max_size=6), max_size=8),
    delimiter=st.sampled_from(",;\t|"),
)
def test_whatever_stands_in_a_table(
    head: list[str], rows: list[list[str]], delimiter: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A layout in which every film of the folder comes once, or the table is refused in words that name it."""
    content = io.StringIO()
    csv.writer(content, delimiter=delimiter).writerows([head, *rows])
    files = ("sub/a.png", "b.png", "000012.jpg")
    folder = table_folder(tmp_path_factory.mktemp("any") / "films", content.getvalue(), files)
    try:
        layout = read_table_of(folder, labels=str(folder / "labels.csv"))
    except UserError as error:
        assert "labels.csv" in error.given and error.remedy
        return
    assert isinstance(layout, Layout)
    found = [*layout.paths, *filter(None, layout.rejected.file), *filter(None, layout.left_out.file)]
    assert sorted(found) == sorted(str(folder / file) for file in files)
    for name, values in layout.labels.items():
        known = values[np.isfinite(values)]
        assert ((known >= LABELS[name].least) & (known <= LABELS[name].most)).all()
