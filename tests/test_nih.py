"""`prepare nih`: both forms of NIH's table, and its films over several folders."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from table_folders import known, table_folder

from xrays.arrays import XrayArrays, films_fingerprint, films_table
from xrays.errors import UserError
from xrays.folds import make_plan
from xrays.layout import Layout
from xrays.sources import Order, layout_of
from xrays.sources._film_files import FilmFiles
from xrays.sources._from_table import records_of
from xrays.sources.nih import TAKEN, number_of, table_below

DATA = Path(__file__).parents[2] / "shared" / "data" / "nih_table"
HEADER = (
    "Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,"
    "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
)
ROWS = (
    ("00000013_002.png", "Infiltration|Mass,{},13,{},M,AP,2682,2749,0.14,0.14", 0),
    ("00000013_000.png", "No Finding,{},13,{},M,PA,2682,2749,0.14,0.14", 1),
    ("00005567_000.png", "Effusion,{},5567,{},F,PA,2682,2749,0.14,0.14", 0),
)
FILMS = (
    "images_001/images/00000013_000.png", "images_002/images/00000013_002.png", "images_002/images/00005567_000.png",
)  # fmt: skip


def nih_folder(folder: Path, ages: tuple[str, str, str], end: str = "", name: str = "Data_Entry_2017.csv") -> Path:
    rows = (f"{film},{rest.format(time, age)}{end}" for (film, rest, time), age in zip(ROWS, ages, strict=True))
    return table_folder(folder, "\n".join([HEADER + end, *rows]), FILMS, name)


def nih(folder: Path) -> Layout:
    return layout_of("nih", Order(folder / "unused", folder, say=str))


@pytest.mark.parametrize(
    ("ages", "end", "name"),
    [
        (("057Y", "058Y", "010M"), ",", "Data_Entry_2017.csv"),
        (("57", "58", "010M"), "", "Data_Entry_2017_v2020.csv"),
    ],
)
def test_both_forms_of_the_table(tmp_path: Path, ages: tuple[str, str, str], end: str, name: str) -> None:
    layout = nih(nih_folder(tmp_path, ages, end, name))
    assert layout.ids.tolist() == [13000, 13002, 5567000]
    assert list(known(layout).values()) == [(58, 1), (57, 1), (0.833, 0)]
    assert layout.groups.tolist() == ["patient 13", "patient 13", "patient 5567"]
    assert layout.columns["follow_up"].tolist() == ["1", "0", "0"], "in time, which is not the order of the names"
    assert layout.columns["view"].tolist() == ["PA", "AP", "PA"]
    assert layout.words == ("nih", str(tmp_path)) and layout.about["table"] == name


def test_the_newest_table_is_taken(tmp_path: Path) -> None:
    nih_folder(tmp_path, ("1", "1", "1"))
    assert set(known(nih(nih_folder(tmp_path, ("2", "2", "2"), name="Data_Entry_2017_v2020.csv"))).values()) == {
        (2, 1), (2, 0),
    }  # fmt: skip


def test_impossible_ages_are_rejected_with_their_reason(tmp_path: Path) -> None:
    layout = nih(nih_folder(tmp_path, ("414Y", "148", "-1")))
    assert layout.rejected.reason.tolist() == [f"age {age} is outside 0–120" for age in ("414Y", "148", "-1")]


def test_films_in_one_folder_and_a_part_of_them(tmp_path: Path) -> None:
    folder = nih_folder(tmp_path, ("57", "58", "40"))
    (folder / FILMS[2]).unlink()
    (folder / FILMS[0]).rename(folder / "00000013_000.png")
    layout = nih(folder)
    assert layout.ids.tolist() == [13000, 13002]
    assert layout.left_out.reason.tolist() == ["no image file"] and layout.rejected.empty


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has no Data_Entry_2017"):
        nih(table_folder(tmp_path / "a", "", FILMS))
    folder = nih_folder(tmp_path / "b", ("1", "2", "3"))
    for film in FILMS:
        (folder / film).unlink()
    with pytest.raises(UserError, match="no film below"):
        nih(folder)
    (folder / "images_001/images/00000001_000.png").touch()
    with pytest.raises(UserError, match=r"Image Index of .* is a film below"):
        nih(folder)


@pytest.mark.skipif(not DATA.exists(), reason="NIH's table is not here")
def test_the_whole_table() -> None:
    """112,120 rows, as if all films were there: read, grouped by patient, and dealt."""
    order = Order(DATA, DATA, say=str)
    table = table_below(DATA, order)
    records = records_of(table, FilmFiles(DATA, (), {}), TAKEN, {}, order, number=number_of)
    layout = replace(records, paths=records.names).layout(name="nih", words=("nih",), place=DATA, about={})
    assert len(layout.ids) == 112_120 and len(np.unique(layout.groups)) == 30_805 and layout.rejected.empty
    assert np.unique(layout.columns["view"]).tolist() == ["AP", "PA"]
    films = films_fingerprint(films_table(layout.ids, layout.labels, layout.groups, {}))
    arrays = XrayArrays(DATA, np.zeros(0, np.uint8), layout.labels, layout.ids, layout.groups, {"films": films})
    plan = make_plan(arrays, folds=5)
    assert plan.hold_out().mean() == pytest.approx(0.15, abs=1e-3)
    sizes = np.bincount(plan.assignment[0, plan.development()])
    assert sizes.max() - sizes.min() <= 1
    by_name = layout.ids.argsort()
    follow_up = layout.columns["follow_up"].astype(int)[by_name]
    same = layout.groups[by_name][1:] == layout.groups[by_name][:-1]
    assert (np.diff(follow_up)[same] < 0).any(), "the order of the names is not that of time"
