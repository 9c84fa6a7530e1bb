"""A source is one file: films in two folders, labels that nobody has thought of, and nothing is copied or linked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest

import xrays.sources
from runners._commands.prepare import PrepareOptions, prepare
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.labels import LABELS, Label
from xrays.layout import Layout, rejected_table
from xrays.prepare import prepare as prepare_films
from xrays.sources import load_source, source_names

SOURCE = """
import numpy as np
import pandas as pd
from xrays.layout import Layout, rejected_table

TITLE = "a hospital's films, in a folder a year"
FOLDER = False
NEEDED = ()
OPTIONS = ()


def layout(order):
    place = order.workplace.parent / "hospital"
    table = pd.read_csv(place / "table.tsv", sep="\\t")
    good = table[table.Lost == 0]
    return Layout(
        name="hospital",
        words=("by_year",),
        place=place,
        ids=good.Number.to_numpy(np.int64),
        paths=[str(place / str(year) / f"film-{number}.jpg") for year, number in zip(good.Year, good.Number)],
        labels={"projection": good.View.map({"PA": 0.0, "AP": 1.0}).to_numpy(np.float32)},
        groups=good.Person.to_numpy(np.str_),
        columns={"year": good.Year.to_numpy(np.str_), "room": np.array(["NA", "", "1.0"])[good.Number % 3]},
        rejected=rejected_table((number, "", "lost") for number in table.Number[table.Lost == 1]),
        left_out=rejected_table([(number, "", "lateral") for number in range(41, 60)]),
        about={"source": "hospital", "years": [1999, 2000]},
    )
"""


@pytest.fixture
def hospital(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Forty films of two years, the last of which is lost; its source is known for the time of the test."""
    folder = tmp_path / "hospital"
    rows, rng = [], np.random.default_rng(3)
    for number in range(40):
        year = 1999 + number % 2
        (folder / str(year)).mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(folder / str(year) / f"film-{number}.jpg"), rng.integers(0, 256, (30, 24), np.uint8))
        rows.append((number, year, "PA" if number % 3 else "AP" if number else None, f"person {number // 2}", 0))
    table = pd.DataFrame(
        [*rows, (40, 2000, "PA", "person 9", 1)], columns=["Number", "Year", "View", "Person", "Lost"]
    )
    table.to_csv(folder / "table.tsv", sep="\t", index=False)
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "by_year.py").write_text(SOURCE)
    monkeypatch.setattr(xrays.sources, "__path__", [*xrays.sources.__path__, str(tmp_path / "plugins")])
    projection = Label(name="projection", kind="binary", class_names=("PA", "AP"))
    monkeypatch.setitem(LABELS, "projection", projection)
    yield folder


def test_a_source_of_one_file_is_prepared(hospital: Path, tmp_path: Path) -> None:
    assert "by_year" in source_names() and load_source("by_year").TITLE
    before = sorted(hospital.rglob("*"))
    (out,) = prepare(PrepareOptions("by_year", tmp_path / "data", sizes=(32,)), say=lambda line: None)
    assert out == tmp_path / "data" / "hospital32" and sorted((tmp_path / "data").iterdir()) == [out]
    assert sorted(hospital.rglob("*")) == before, "nothing is written beside the films"
    arrays = XrayArrays.open(out)
    assert list(arrays.labels) == ["projection"]
    assert arrays.labels["projection"].tolist()[1:4] == [0, 0, 1] and np.isnan(arrays.labels["projection"][0])
    assert arrays.groups[5] == "person 2" and len(arrays.ids) == 40
    assert arrays.meta["years"] == [1999, 2000] and not arrays.synthetic
    assert list(arrays.columns) == ["year", "room"] and arrays.columns["room"].tolist()[:4] == ["NA", "", "1.0", "NA"]
    assert arrays.columns["year"].tolist()[:2] == ["1999", "2000"]
    assert arrays.meta["left_out"] == {"lateral": 19}, "half of the films, and no reason to refuse"
    assert pd.read_csv(out / "left_out.csv").imageId.tolist() == list(range(41, 60))
    rejected = pd.read_csv(out / "rejected.csv")
    assert rejected.imageId.tolist() == [40] and rejected.reason.tolist() == ["lost"]
    assert all(np.isnan(arrays.labels["projection"]) | np.isin(arrays.labels["projection"], [0, 1]))


def test_texts_of_any_kind_come_back(tmp_path: Path) -> None:
    """A film's group and columns are those that a table has, whatever stands in its cells."""
    texts = ["a\rb", "a\nb", "a\r\nb", 'a"b', "a,b", "NA", " a ", "a\u2028b", "", "1.0", "\ufeff", "'", "ü"]
    for film in range(len(texts)):
        cv2.imwrite(str(tmp_path / f"{film}.png"), np.full((24, 24), np.arange(24) * 10, np.uint8))
    layout = Layout(
        name="x",
        words=("x",),
        place=tmp_path,
        ids=np.arange(len(texts)),
        paths=[str(tmp_path / f"{film}.png") for film in range(len(texts))],
        labels={"age": np.array([50, np.nan] * 6 + [np.nan], np.float32)},
        groups=np.array([f"patient {text}" for text in texts]),
        columns={"room": np.array(texts)},
        left_out=rejected_table([(text, text, "is one of those") for text in texts]),
    )
    arrays = prepare_films(layout, tmp_path / "out", size=16)
    assert arrays.columns["room"].tolist() == texts
    np.testing.assert_array_equal(arrays.labels["age"], layout.labels["age"])
    left = pd.read_csv(tmp_path / "out/left_out.csv", keep_default_na=False)
    assert left.imageId.tolist() == left.file.tolist() == texts


def test_what_a_user_is_told_names_the_source(hospital: Path, tmp_path: Path) -> None:
    (out,) = prepare(PrepareOptions("by_year", tmp_path / "data", sizes=(32,)), say=lambda line: None)
    with pytest.raises(UserError) as caught:
        prepare(PrepareOptions("by_year", tmp_path / "data", out, sizes=(16,)), say=lambda line: None)
    assert caught.value.remedy.startswith("python cli.py prepare by_year ")
    (out / "films.csv").write_text("")
    with pytest.raises(UserError) as caught:
        XrayArrays.open(out)
    assert caught.value.remedy.startswith("python cli.py prepare by_year --size 32 ")


@pytest.mark.parametrize(
    ("ids", "paths", "labels", "reason"),
    [
        ([1, 1], ["a", "b"], {}, "each once"),
        ([2, 1], ["a", "b"], {}, "ascending"),
        ([1, 2], ["a"], {}, "not those of 2 films"),
        ([1, 2], ["a", "b"], {"age": [1.0]}, "not those of 2 films"),
        ([1, 2], ["a", "b"], {"shoe_size": [41.0, 42.0]}, "shoe_size is no label"),
    ],
)
def test_a_source_that_returns_nonsense_is_told_so(
    ids: list[int], paths: list[str], labels: dict[str, list[float]], reason: str
) -> None:
    with pytest.raises(ValueError, match=reason):
        Layout(
            name="x",
            words=("x",),
            place=Path("x"),
            ids=np.array(ids, np.int64),
            paths=paths,
            labels={name: np.array(values, np.float32) for name, values in labels.items()},
            groups=np.array(ids).astype(str),
            rejected=rejected_table(),
        )
