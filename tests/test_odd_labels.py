"""Label files as users have them, through `prepare`: refused with file and row, or a film's line with the reason;
nothing that stands in a cell, and no bytes at all, make a reader of them stumble."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from cli_process import called
from film_folders import film_folder, noise_folder
from hypothesis import given
from hypothesis import strategies as st
from test_label_texts import CELL

from xrays.arrays import XrayArrays, prepared_folders
from xrays.errors import UserError
from xrays.label_texts import is_missing
from xrays.label_values import read
from xrays.labels import LABELS, Label
from xrays.sources._folder import read_folder

FILMS = 40


def ages(changes: Mapping[int, str], header: str = "imageId,age", row: str = "{},{}") -> str:
    """A label file of all films, aged 30 and more; some cells changed."""
    return "\n".join([header, *(row.format(film, changes.get(film, f"{30 + film}")) for film in range(FILMS)), ""])


# What no film of the folder can be read with. Texts of train_age.csv, and what is said.
REFUSED: dict[str, tuple[str | bytes, str]] = {
    "decimal commas": (ages({}, row="{},{},5"), "row 2, has 3 cells: 0,30,5"),
    "ids that are names": (ages({}, row="{:06d}.png,{}"), "row 2: imageId '000000.png'"),
    "an id twice, with other labels": (ages({}) + "7,12\n", "row 42: imageId 7 was given before, in row 9"),
    "an id twice, with zeros before it": (ages({}) + "0007,37\n", "row 42: imageId 7 was given before, in row 9"),
    "no header": (ages({}).split("\n", 1)[1], "row 1, has the columns 0, 30; imageId is missing"),
    "empty": ("", "is empty"),
    "a spreadsheet": (b"PK\x03\x04\x14\x00\x06\x00\x08\x00\xe1\xff\x00", "is no CSV"),
    "text of two bytes a letter, cut": (ages({}).encode("utf-16")[:-1], "is no CSV"),
    "packed, and cut": (gzip.compress(ages({}).encode(), mtime=0)[:-20], "is no CSV"),
    "packed, and damaged": (gzip.compress(ages({}).encode(), mtime=0)[:10] + b"\xff" * 50, "is no CSV"),
    "Latin letters": (ages({}).encode() + "# Größe\n".encode("latin-1"), "row 42: imageId '# Größe'"),
    "zeros at its end": (ages({}).encode() + bytes(8), "is no CSV"),
}

# The same ages, in other words.
READ: dict[str, str | bytes] = {
    "semicolons": ages({}, "imageId;age", "{};{}"),
    "semicolons and decimal commas": ages({}, "imageId;age", "{};{},0"),
    "tabs": ages({}, "imageId\tage", "{}\t{}"),
    "ids as floats": ages({}, row="{}.0,{}"),
    "ids with zeros": ages({}, row="{:06d},{}"),
    "ages of DICOM": ages({}, row="{},{:0>3}Y"),
    "text of two bytes a letter": ages({}).encode("utf-16"),
    "letters of western Europe": ages({}, "imageId,age,Größe", "{},{},µ").encode("cp1252"),
    "packed": gzip.compress(ages({}).encode(), mtime=0),
}

# What costs the film a line; what a cell says, and the reason.
LISTED: dict[str, str] = {
    "-1": "age -1 is outside 0–120",
    "414": "age 414 is outside 0–120",
    "1e3": "age 1e3 is outside 0–120",
    "inf": "age inf is outside 0–120",
    "old": "age 'old' is no number",
    "3O": "age '3O' is no number",
}


@pytest.fixture
def films(tmp_path: Path) -> Path:
    return noise_folder(tmp_path / "films", FILMS)


@pytest.mark.parametrize("kind", REFUSED)
def test_a_file_that_cannot_be_read_is_refused(kind: str, films: Path) -> None:
    text, told = REFUSED[kind]
    (films / "train_age.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    done = called("prepare", films, "--size", 16, "--out", "data/out", cwd=films.parent)
    assert done.returncode == 2 and f"error: {films / 'train_age.csv'}" in done.stderr and told in done.stderr
    assert "next:     mend the file" in done.stderr
    assert prepared_folders(films.parent / "data") == []


@pytest.mark.parametrize("kind", READ)
def test_a_file_in_other_words_says_the_same(kind: str, films: Path) -> None:
    text = READ[kind]
    (films / "train_age.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    done = called("prepare", films, "--size", 16, "--out", "data/out", cwd=films.parent)
    assert done.returncode == 0, done.stderr
    arrays = XrayArrays.open(films.parent / "data/out")
    assert arrays.labels["age"].tolist() == [30 + film for film in range(FILMS)]


@pytest.mark.parametrize("cell", ["", "NaN", "NA", "None", "n/a", "#N/A"])
def test_a_film_without_an_age_serves_the_other_label(cell: str, films: Path) -> None:
    (films / "train_age.csv").write_text(ages({3: cell}))
    assert called("prepare", films, "--size", 16, "--out", "data/out", cwd=films.parent).returncode == 0
    arrays = XrayArrays.open(films.parent / "data/out")
    assert np.flatnonzero(np.isnan(arrays.labels["age"])).tolist() == [3]
    assert arrays.labels["gender"][3] == 1


@pytest.mark.parametrize("cell", LISTED)
def test_an_age_that_nobody_has_costs_a_line(cell: str, films: Path) -> None:
    (films / "train_age.csv").write_text(ages({3: cell}))
    done = called("prepare", films, "--size", 16, "--out", "data/out", cwd=films.parent)
    assert done.returncode == 0, done.stderr
    rejected = pd.read_csv(films.parent / "data/out/rejected.csv")
    assert (rejected.imageId.tolist(), rejected.reason.tolist()) == ([3], [LISTED[cell]])
    assert 3 not in XrayArrays.open(films.parent / "data/out").ids


IDS = st.integers(0, 12).map(str) | st.integers(0, 12).map("{:06d}".format)
TABLE = st.lists(st.tuples(IDS, CELL), unique_by=lambda row: int(row[0]))
ANY = TABLE | st.lists(st.tuples(IDS | CELL, CELL), max_size=12)  # mostly refused


def text_of(rows: list[tuple[str, str]], column: str) -> str:
    content = io.StringIO()
    csv.writer(content).writerows([("imageId", column), *rows])
    return content.getvalue()


@given(ages=TABLE, genders=ANY, patients=TABLE)
def test_whatever_stands_in_a_table_every_film_comes_out_once(
    ages: list[tuple[str, str]],
    genders: list[tuple[str, str]],
    patients: list[tuple[str, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Or the file is refused; nothing else."""
    texts = {"age": text_of(ages, "age"), "gender": text_of(genders, "gender")}
    names = [f"{film:06d}.png" for film in range(6)]
    folder = tmp_path_factory.mktemp("any") / "spr"
    film_folder(folder, films=names, patient=text_of(patients, "patient"), **texts)
    try:
        layout = read_folder(folder)
    except UserError as error:
        assert str(folder) in error.given and error.remedy
        return
    told = {int(film) for film, cell in (*ages, *genders) if film.strip() or cell.strip()}  # no blank lines
    listed = [int(film) for film in (*layout.rejected.imageId, *layout.left_out.imageId)]
    assert sorted([*layout.ids, *listed]) == sorted(told | set(range(6)))
    for name, values in layout.labels.items():
        known = values[np.isfinite(values)]
        assert ((known >= LABELS[name].least) & (known <= LABELS[name].most)).all()
    assert np.isfinite(list(layout.labels.values())).any(0).all() or not len(layout.ids)


PACKED = st.binary(max_size=60).map(lambda content: gzip.compress(content, mtime=0))
CUT = st.tuples(PACKED, st.integers(0, 80), st.binary(max_size=9)).map(lambda parts: parts[0][: parts[1]] + parts[2])
WIDE = st.sampled_from([b"\xff\xfe", b"\xfe\xff", b"\xef\xbb\xbf"]).flatmap(
    lambda mark: st.binary(max_size=60).map(lambda content: mark + content)
)


@given(content=st.binary(max_size=200) | PACKED | CUT | WIDE)
def test_any_bytes_at_all_are_a_table_or_refused(content: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = film_folder(tmp_path_factory.mktemp("bytes") / "spr", age=content)
    try:
        read_folder(folder)
    except UserError as error:
        assert "train_age.csv" in error.given


@given(cells=st.lists(CELL, max_size=20))
@pytest.mark.parametrize("label", LABELS.values(), ids=LABELS)
def test_a_cell_is_a_value_that_may_be_or_nothing_or_a_fault(label: Label, cells: list[str]) -> None:
    values, faults = read(label, cells)
    for cell, value, fault in zip(cells, values, faults, strict=True):
        nothing = is_missing(cell) or cell.strip().casefold() in label.neither
        assert (fault is None) == (np.isfinite(value) or nothing)
        assert fault is None or cell.strip() in fault or repr(cell.strip()) in fault
        assert not np.isfinite(value) or label.kind == "binary" or label.least <= value <= label.most
