"""What label files may look like, which films share a patient, and which films are left out and why."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from film_folders import AGES, GENDERS, film_folder

from xrays.layout import Layout
from xrays.sources._folder import read_folder


def labels(layout: Layout) -> dict[int, tuple[float | None, ...]]:
    """imageId -> age, gender; None = none."""
    none = np.full(len(layout.ids), np.nan)
    columns = [layout.labels.get("age", none).tolist(), layout.labels.get("gender", none).tolist()]
    known = [[None if math.isnan(value) else value for value in column] for column in columns]
    return dict(zip(layout.ids.tolist(), zip(*known, strict=True), strict=True))


def rejected(layout: Layout) -> dict[str, str]:
    return dict(zip(layout.rejected.imageId, layout.rejected.reason, strict=True))


def left_out(layout: Layout) -> dict[str, str]:
    return dict(zip(layout.left_out.imageId, layout.left_out.reason, strict=True))


WHOLE = {0: (89.0, 0), 1: (72.0, 1), 2: (18.0, 0)}


class TestAccepted:
    @pytest.mark.parametrize("train", ["train", "kaggle/train", "kaggle/kaggle/train"])
    def test_both_forms(self, tmp_path: Path, train: str) -> None:
        layout = read_folder(film_folder(tmp_path, train=train))
        assert labels(layout) == WHOLE
        assert layout.rejected.empty
        assert list(layout.paths) == [str(tmp_path / train / f"{film:06d}.png") for film in range(3)]
        assert [(name, values.dtype) for name, values in layout.labels.items()] == [
            ("age", np.float32),
            ("gender", np.float32),
        ]

    def test_films_beside_the_test_films_of_kaggle(self, tmp_path: Path) -> None:
        folder = film_folder(tmp_path, train="kaggle/kaggle/train")
        (folder / "kaggle/kaggle/test").mkdir()
        (folder / "kaggle/kaggle/test/000000.png").touch()
        assert labels(read_folder(folder)) == WHOLE

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
        layout = read_folder(film_folder(tmp_path, age=age))
        assert labels(layout) == WHOLE
        assert layout.rejected.empty

    @pytest.mark.parametrize("gender", ["imageId,gender\n0,0.0\n1,1.0\n2,0\n", GENDERS.replace("\n", "\r\n")])
    def test_ways_to_write_the_same_genders(self, tmp_path: Path, gender: str) -> None:
        assert labels(read_folder(film_folder(tmp_path, gender=gender))) == WHOLE

    def test_films_in_the_order_of_their_ids_however_they_are_named(self, tmp_path: Path) -> None:
        """As text 10.png comes before 9.png."""
        names, ids = ("10.png", "9.png", "000100.png"), (10, 100, 9)
        age = "imageId,age\n" + "".join(f"{film},{film / 4}\n" for film in ids)
        gender = "imageId,gender\n" + "".join(f"{film},1\n" for film in ids)
        layout = read_folder(film_folder(tmp_path, films=names, age=age, gender=gender))
        assert layout.ids.tolist() == [9, 10, 100]
        assert layout.labels["age"].tolist() == [2.25, 2.5, 25.0]
        assert [Path(path).name for path in layout.paths] == ["9.png", "10.png", "000100.png"]

    def test_one_label_may_be_missing(self, tmp_path: Path) -> None:
        age, gender = "imageId,age\n0,89.0\n1,\n", "imageId,gender\n1,1\n2,0\n0,\n"
        layout = read_folder(film_folder(tmp_path, age=age, gender=gender))
        assert labels(layout) == {0: (89.0, None), 1: (None, 1), 2: (None, 0)}
        assert layout.rejected.empty

    def test_a_whole_label_file_may_be_missing(self, tmp_path: Path) -> None:
        assert labels(read_folder(film_folder(tmp_path / "a", gender=None))) == {
            0: (89.0, None),
            1: (72.0, None),
            2: (18.0, None),
        }
        layout = read_folder(film_folder(tmp_path / "b", age=None))
        assert labels(layout) == {0: (None, 0), 1: (None, 1), 2: (None, 0)}

    def test_the_ends_of_the_ages(self, tmp_path: Path) -> None:
        layout = read_folder(film_folder(tmp_path, age="imageId,age\n0,0\n1,120\n2,0.5\n"))
        assert layout.labels["age"].tolist() == [0.0, 120.0, 0.5]

    def test_other_files_are_no_films(self, tmp_path: Path) -> None:
        folder = film_folder(tmp_path)
        for name in ("Thumbs.db", "notes.txt", "cover.png", "._000001.png", "000003", "٣.png", "9" * 19 + ".png"):
            (folder / "train" / name).touch()
        layout = read_folder(folder)
        assert labels(layout) == WHOLE and layout.rejected.empty

    def test_suffixes_of_any_case(self, tmp_path: Path) -> None:
        assert labels(read_folder(film_folder(tmp_path, films=("0.PNG", "1.Jpeg", "2.tif")))) == WHOLE


class TestGroups:
    def test_without_the_file_every_film_is_its_own_patient(self, tmp_path: Path) -> None:
        assert read_folder(film_folder(tmp_path)).groups.tolist() == ["film 0", "film 1", "film 2"]

    def test_films_of_a_patient_share_a_group(self, tmp_path: Path) -> None:
        patient = "imageId,patient\n2,A 7\n0,A 7\n1,B\n99,B\n"
        first, second, third = read_folder(film_folder(tmp_path, patient=patient)).groups
        assert first == third != second

    def test_films_of_unknown_patients_do_not_share_one(self, tmp_path: Path) -> None:
        groups = read_folder(film_folder(tmp_path, patient="imageId,patient\n0,\n1,\n")).groups
        assert len(set(groups)) == 3

    def test_a_film_is_not_mistaken_for_the_patient_of_its_number(self, tmp_path: Path) -> None:
        groups = read_folder(film_folder(tmp_path, patient="imageId,patient\n0,1\n")).groups
        assert len(set(groups)) == 3


class TestRejected:
    @pytest.mark.parametrize(
        ("text", "reason"),
        [
            ("ninety", "age 'ninety' is no number"),
            ("N.A.", "age 'N.A.' is no number"),
            ("80-84", "age '80-84' is a band, not one age"),
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
        layout = read_folder(film_folder(tmp_path, age=AGES.replace("72.0", text)))
        assert rejected(layout) == {"1": reason}
        assert labels(layout) == {0: (89.0, 0), 2: (18.0, 0)}
        assert layout.rejected.file.tolist() == [str(tmp_path / "train/000001.png")]

    @pytest.mark.parametrize("text", ["2", "-1", "W", "femal", "0.5", "True"])
    def test_gender(self, tmp_path: Path, text: str) -> None:
        layout = read_folder(film_folder(tmp_path, gender=GENDERS.replace("1,1", f"1,{text}")))
        assert rejected(layout) == {"1": f"gender {text!r} is neither 0 (female) nor 1 (male)"}
        assert labels(layout) == {0: (89.0, 0), 2: (18.0, 0)}

    @pytest.mark.parametrize(("text", "gender"), [("M", 1), ("female", 0), ("Male", 1), ("NA", None), ("O", None)])
    def test_words_are_understood(self, tmp_path: Path, text: str, gender: int | None) -> None:
        layout = read_folder(film_folder(tmp_path, gender=GENDERS.replace("1,1", f"1,{text}")))
        assert layout.rejected.empty and labels(layout)[1] == (72.0, gender)

    def test_no_label(self, tmp_path: Path) -> None:
        age, gender = AGES.replace("72.0", ""), "imageId,gender\n0,0\n2,0\n"
        layout = read_folder(film_folder(tmp_path, age=age, gender=gender))
        assert left_out(layout) == {"1": "neither age nor gender"} and layout.rejected.empty

    def test_no_film(self, tmp_path: Path) -> None:
        layout = read_folder(film_folder(tmp_path, films=("000000.png", "000002.png")))
        assert left_out(layout) == {"1": "no image file"} and layout.rejected.empty
        assert layout.left_out.file.tolist() == [""]
        assert labels(layout) == {0: (89.0, 0), 2: (18.0, 0)}
