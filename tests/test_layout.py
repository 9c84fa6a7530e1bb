"""What label files may look like, and what is said when they do not."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrays.errors import UserError
from xrays.layout import Layout, read_layout

AGES = "imageId,age\n0,89.0\n1,72.0\n2,18.0\n"
GENDERS = "imageId,gender\n0,0\n1,1\n2,0\n"


def write(
    folder: Path,
    *,
    films: Sequence[str] = ("000000.png", "000001.png", "000002.png"),
    train: str = "train",
    age: str | bytes | None = AGES,
    gender: str | bytes | None = GENDERS,
    patient: str | bytes | None = None,
) -> Path:
    """A folder whose films are empty files: read_layout must not open them."""
    (folder / train).mkdir(parents=True, exist_ok=True)
    for name in films:
        (folder / train / name).touch()
    for column, content in (("age", age), ("gender", gender), ("patient", patient)):
        if content is not None:
            raw = content if isinstance(content, bytes) else content.encode()
            (folder / f"train_{column}.csv").write_bytes(raw)
    return folder


def labels(layout: Layout) -> dict[int, tuple[float | None, int]]:
    """imageId -> age (None = none), gender."""
    films = layout.films
    ages = [None if math.isnan(age) else age for age in films.age.tolist()]
    return dict(zip(films.imageId.tolist(), zip(ages, films.gender.tolist(), strict=True), strict=True))


def rejected(layout: Layout) -> dict[str, str]:
    return dict(zip(layout.rejected.imageId, layout.rejected.reason, strict=True))


WHOLE = {0: (89.0, 0), 1: (72.0, 1), 2: (18.0, 0)}


class TestAccepted:
    @pytest.mark.parametrize("train", ["train", "kaggle/train", "kaggle/kaggle/train"])
    def test_both_forms(self, tmp_path: Path, train: str) -> None:
        layout = read_layout(write(tmp_path, train=train))
        assert labels(layout) == WHOLE
        assert layout.rejected.empty
        assert layout.films.path.tolist() == [str(tmp_path / train / f"{film:06d}.png") for film in range(3)]
        assert layout.films.age.dtype == np.float32 and layout.films.gender.dtype == np.int8

    def test_films_beside_the_test_films_of_kaggle(self, tmp_path: Path) -> None:
        folder = write(tmp_path, train="kaggle/kaggle/train")
        (folder / "kaggle/kaggle/test").mkdir()
        (folder / "kaggle/kaggle/test/000000.png").touch()
        assert labels(read_layout(folder)) == WHOLE

    @pytest.mark.parametrize(
        "age",
        [
            AGES.replace("\n", "\r\n"),
            AGES.replace("\n", "\r"),
            AGES.rstrip("\n"),
            AGES.encode("utf-8-sig"),
            "imageId, age\n0, 89.0\n1, 72.0 \n 2,18.0\n",
            '"imageId","age"\n"0","89.0"\n"1","72.0"\n"2","18.0"\n',
            "age,imageId\n89.0,0\n72.0,1\n18.0,2\n",
            "imageId,age,site\n0,89.0,a\n1,72.0,b\n2,18.0,\n",
            "imageId,age\n\n0,89.0\n\n1,72.0\n2,18.0\n\n\n",
            "imageId,age,\n0,89.0,\n1,72.0,\n2,18.0,\n",
            "imageId,age\n0,89.0,\n1,72.0,,\n2,18.0\n,,\n",
            "imageId,age\n000000,89\n000001,7.2e1\n000002,+18\n",
            "imageId,age\n2,18.0\n0,89.0\n1,72.0\n",
        ],
        ids=["crlf", "cr", "no end", "bom", "blanks", "quotes", "order", "further column", "blank lines",
             "comma in every line", "comma in some lines", "six digits", "shuffled"],
    )  # fmt: skip
    def test_ways_to_write_the_same_ages(self, tmp_path: Path, age: str | bytes) -> None:
        layout = read_layout(write(tmp_path, age=age))
        assert labels(layout) == WHOLE
        assert layout.rejected.empty

    @pytest.mark.parametrize("gender", ["imageId,gender\n0,0.0\n1,1.0\n2,0\n", GENDERS.replace("\n", "\r\n")])
    def test_ways_to_write_the_same_genders(self, tmp_path: Path, gender: str) -> None:
        assert labels(read_layout(write(tmp_path, gender=gender))) == WHOLE

    def test_films_in_the_order_of_their_ids_however_they_are_named(self, tmp_path: Path) -> None:
        """As text 10.png comes before 9.png."""
        names, ids = ("10.png", "9.png", "000100.png"), (10, 100, 9)
        age = "imageId,age\n" + "".join(f"{film},{film / 4}\n" for film in ids)
        gender = "imageId,gender\n" + "".join(f"{film},1\n" for film in ids)
        layout = read_layout(write(tmp_path, films=names, age=age, gender=gender))
        assert layout.films.imageId.tolist() == [9, 10, 100]
        assert layout.films.age.tolist() == [2.25, 2.5, 25.0]
        assert [Path(path).name for path in layout.films.path] == ["9.png", "10.png", "000100.png"]

    def test_one_label_may_be_missing(self, tmp_path: Path) -> None:
        age, gender = "imageId,age\n0,89.0\n1,\n", "imageId,gender\n1,1\n2,0\n0,\n"
        layout = read_layout(write(tmp_path, age=age, gender=gender))
        assert labels(layout) == {0: (89.0, -1), 1: (None, 1), 2: (None, 0)}
        assert layout.rejected.empty

    def test_a_whole_label_file_may_be_missing(self, tmp_path: Path) -> None:
        assert labels(read_layout(write(tmp_path / "a", gender=None))) == {
            0: (89.0, -1),
            1: (72.0, -1),
            2: (18.0, -1),
        }
        assert labels(read_layout(write(tmp_path / "b", age=None))) == {0: (None, 0), 1: (None, 1), 2: (None, 0)}

    def test_the_ends_of_the_ages(self, tmp_path: Path) -> None:
        layout = read_layout(write(tmp_path, age="imageId,age\n0,0\n1,120\n2,0.5\n"))
        assert layout.films.age.tolist() == [0.0, 120.0, 0.5]

    def test_other_files_are_no_films(self, tmp_path: Path) -> None:
        folder = write(tmp_path)
        for name in ("Thumbs.db", "notes.txt", "cover.png", "._000001.png", "000003", "٣.png", "9" * 19 + ".png"):
            (folder / "train" / name).touch()
        layout = read_layout(folder)
        assert labels(layout) == WHOLE and layout.rejected.empty

    def test_suffixes_of_any_case(self, tmp_path: Path) -> None:
        assert labels(read_layout(write(tmp_path, films=("0.PNG", "1.Jpeg", "2.tif")))) == WHOLE


class TestGroups:
    def test_without_the_file_every_film_is_its_own_patient(self, tmp_path: Path) -> None:
        assert read_layout(write(tmp_path)).films.group.nunique() == 3

    def test_films_of_a_patient_share_a_group(self, tmp_path: Path) -> None:
        patient = "imageId,patient\n2,A 7\n0,A 7\n1,B\n99,B\n"
        first, second, third = read_layout(write(tmp_path, patient=patient)).films.group
        assert first == third != second

    def test_films_of_unknown_patients_do_not_share_one(self, tmp_path: Path) -> None:
        films = read_layout(write(tmp_path, patient="imageId,patient\n0,\n1,\n")).films
        assert films.group.nunique() == 3

    def test_a_film_is_not_mistaken_for_the_patient_of_its_number(self, tmp_path: Path) -> None:
        films = read_layout(write(tmp_path, patient="imageId,patient\n0,1\n")).films
        assert films.group.nunique() == 3


class TestRejected:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("ninety", "age 'ninety' is no number"),
            ("NA", "age 'NA' is no number"),
            ("nan", "age 'nan' is no number"),
            ("8_9", "age '8_9' is no number"),
            ("٨٩", "age '٨٩' is no number"),
            ("0x20", "age '0x20' is no number"),
            ("-1", "age -1 is outside 0–120"),
            ("120.5", "age 120.5 is outside 0–120"),
            ("inf", "age inf is outside 0–120"),
            ("1e999", "age 1e999 is outside 0–120"),
        ],
    )
    def test_age(self, tmp_path: Path, text: str, reason: str) -> None:
        layout = read_layout(write(tmp_path, age=AGES.replace("72.0", text)))
        assert rejected(layout) == {"1": reason}
        assert labels(layout) == {0: (89.0, 0), 2: (18.0, 0)}
        assert layout.rejected.file.tolist() == [str(tmp_path / "train/000001.png")]

    @pytest.mark.parametrize("text", ["2", "-1", "M", "female", "0.5", "True"])
    def test_gender(self, tmp_path: Path, text: str) -> None:
        layout = read_layout(write(tmp_path, gender=GENDERS.replace("1,1", f"1,{text}")))
        assert rejected(layout) == {"1": f"gender {text!r} is neither 0 (female) nor 1 (male)"}
        assert labels(layout) == {0: (89.0, 0), 2: (18.0, 0)}

    def test_no_label(self, tmp_path: Path) -> None:
        age, gender = AGES.replace("72.0", ""), "imageId,gender\n0,0\n2,0\n"
        layout = read_layout(write(tmp_path, age=age, gender=gender))
        assert rejected(layout) == {"1": "neither age nor gender"}

    def test_no_film(self, tmp_path: Path) -> None:
        layout = read_layout(write(tmp_path, films=("000000.png", "000002.png")))
        assert rejected(layout) == {"1": "no image file"}
        assert layout.rejected.file.tolist() == [""]
        assert labels(layout) == {0: (89.0, 0), 2: (18.0, 0)}


def refusal(folder: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        read_layout(folder)
    return caught.value


class TestErrors:
    """Each names the file, the row where there is one, and what to type next."""

    def test_no_folder(self, tmp_path: Path) -> None:
        error = refusal(tmp_path / "none")
        assert str(tmp_path / "none") in error.given and "train_age.csv" in error.accepted
        assert error.remedy.startswith("python cli.py prepare sample")

    def test_no_folder_of_films(self, tmp_path: Path) -> None:
        (tmp_path / "train_age.csv").write_text(AGES)
        error = refusal(tmp_path)
        assert all(name in error.given for name in ("kaggle/kaggle/train", "kaggle/train", " train"))
        assert error.remedy.endswith(f"python cli.py prepare {tmp_path}")

    def test_no_film_at_all(self, tmp_path: Path) -> None:
        error = refusal(write(tmp_path, films=("cover.png",)))
        assert str(tmp_path / "train") in error.given and "000000.png" in error.accepted

    def test_no_label_file(self, tmp_path: Path) -> None:
        error = refusal(write(tmp_path, age=None, gender=None))
        assert "train_age.csv" in error.given and "train_gender.csv" in error.given
        assert error.remedy.endswith(f"python cli.py prepare {tmp_path}")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"age": "id,age\n0,89.0\n"}, "train_age.csv, row 1, has the columns id, age; imageId is missing"),
            ({"age": "imageId;age\n0;89.0\n"}, "train_age.csv, row 1, has the columns imageId;age; imageId"),
            ({"age": "\n\nimageId,years\n0,89.0\n"}, "train_age.csv, row 3, has the columns imageId, years; age is"),
            ({"gender": "imageId,sex\n0,1\n"}, "train_gender.csv, row 1, has the columns imageId, sex; gender is"),
            ({"patient": "imageId,name\n0,1\n"}, "train_patient.csv, row 1, has the columns imageId, name; patient"),
            ({"age": ""}, "train_age.csv is empty"),
            ({"age": "\n \n"}, "train_age.csv is empty"),
            ({"age": "0,89.0\n1,72.0\n"}, "train_age.csv, row 1, has the columns 0, 89.0; imageId is missing"),
            ({"age": AGES + "1,70.0\n"}, "train_age.csv, row 5: imageId 1 was given before, in row 3"),
            ({"age": AGES + "\n\n000001,70.0\n"}, "train_age.csv, row 7: imageId 1 was given before, in row 3"),
            ({"gender": GENDERS + "2,0\n"}, "train_gender.csv, row 5: imageId 2 was given before, in row 4"),
            ({"patient": "imageId,patient\n0,a\n0,b\n"}, "train_patient.csv, row 3: imageId 0 was given before, in"),
            ({"age": AGES + "x7,70.0\n"}, "train_age.csv, row 5: imageId 'x7'"),
            ({"age": AGES + ",70.0\n"}, "train_age.csv, row 5: imageId ''"),
            ({"age": "age,imageId\n89.0\n"}, "train_age.csv, row 2: imageId ''"),
            ({"age": AGES + "3.0,70.0\n"}, "train_age.csv, row 5: imageId '3.0'"),
            ({"age": AGES + "-3,70.0\n"}, "train_age.csv, row 5: imageId '-3'"),
            ({"age": AGES + "99999999999999999999,70.0\n"}, "train_age.csv, row 5: imageId '99999999999999999999'"),
            ({"age": AGES + "3,70,0\n"}, "train_age.csv, row 5, has 3 cells: 3,70,0"),
            ({"age": "imageId,age\n0,89,0\n1,72,0\n"}, "train_age.csv, row 2, has 3 cells: 0,89,0"),
            ({"age": AGES + '3,"70.0\n4,71.0\n'}, "train_age.csv is no CSV"),
            ({"age": AGES.encode("utf-16")}, "train_age.csv is no CSV"),
            ({"age": AGES.encode() + b"3,\xff\n"}, "train_age.csv is no CSV"),
        ],
    )  # fmt: skip
    def test_label_file(self, tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
        error = refusal(write(tmp_path, **changes))
        assert expected in error.given
        assert error.given.startswith(str(tmp_path))
        assert error.accepted
        assert error.remedy == f"mend the file, then: python cli.py prepare {tmp_path}"

    def test_two_files_of_one_film(self, tmp_path: Path) -> None:
        error = refusal(write(tmp_path, films=("000000.png", "000001.png", "1.jpg")))
        assert "000001.png" in error.given and "1.jpg" in error.given and "film 1" in error.given
        assert str(tmp_path / "train") in error.remedy


def as_csv(column: str, rows: Sequence[tuple[str, str]]) -> bytes:
    """Quoted as a spreadsheet would; what UTF-8 cannot hold stays out."""
    text = io.StringIO(newline="")
    csv.writer(text).writerows([("imageId", column), *rows])
    return text.getvalue().encode()


# Text of any kind, and text that is nearly right.
NEAR = st.sampled_from([
    "", " ", "0", "1", "0.0", "1.0", "2", "-0", "1_0", "1e1", "nan", "-inf", "89.0", "120", "121", "0x1", "True",
    "½", "٣", "1\n2", '"', "'", ",", "5\x00", "\ufeff1", "1\u2028", "\r",
])  # fmt: skip
NUMBER = st.floats(-50, 200).map(str) | st.integers(-5, 130).map(str)
CELL = st.one_of(st.text(st.characters(exclude_categories=["Cs"]), max_size=6), NEAR, NUMBER)
FILM = st.integers(0, 6)


class TestAnyLabels:
    @settings(max_examples=200)
    @given(
        ages=st.none() | st.dictionaries(FILM, CELL, max_size=7),
        genders=st.none() | st.dictionaries(FILM, CELL, max_size=7),
        films=st.just(set(range(7))) | st.sets(FILM, min_size=1),
    )
    def test_every_film_is_used_or_rejected_or_all_are_refused(
        self,
        tmp_path_factory: pytest.TempPathFactory,
        ages: dict[int, str] | None,
        genders: dict[int, str] | None,
        films: set[int],
    ) -> None:
        folder = write(
            tmp_path_factory.mktemp("any"),
            films=[f"{film:06d}.png" for film in films],
            age=None if ages is None else as_csv("age", [(str(film), cell) for film, cell in ages.items()]),
            gender=None if genders is None else as_csv("gender", [(str(f), cell) for f, cell in genders.items()]),
        )
        try:
            layout = read_layout(folder)
        except UserError as error:
            assert str(folder) in error.given and error.accepted and error.remedy
            return
        used, left_out = layout.films.imageId.tolist(), [int(film) for film in layout.rejected.imageId]
        assert used == sorted(set(used)) and left_out == sorted(set(left_out))
        assert not set(used) & set(left_out)
        assert set(used) | set(left_out) == films | set(ages or {}) | set(genders or {})
        assert set(used) <= films
        age, gender = layout.films.age.to_numpy(), layout.films.gender.to_numpy()
        assert np.all(np.isnan(age) | ((age >= 0) & (age <= 120)))
        assert set(gender.tolist()) <= {-1, 0, 1}
        assert np.all(np.isfinite(age) | (gender >= 0))
        assert all(layout.rejected.reason)
        for film, years, sex in zip(used, age.tolist(), gender.tolist(), strict=True):
            assert math.isnan(years) == (not (ages or {}).get(film, "").strip())
            assert (sex == -1) == (not (genders or {}).get(film, "").strip())

    @given(ages=st.lists(st.floats(0, 120, width=32), min_size=1, max_size=8))
    def test_ages_come_back_as_they_were_written(
        self, tmp_path_factory: pytest.TempPathFactory, ages: list[float]
    ) -> None:
        folder = write(
            tmp_path_factory.mktemp("ages"),
            films=[f"{film}.png" for film in range(len(ages))],
            age=as_csv("age", [(str(film), repr(age)) for film, age in enumerate(ages)]),
            gender=None,
        )
        assert read_layout(folder).films.age.tolist() == ages
