"""A folder that is no folder of films is refused, with the file, the row and what to type next."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from film_folders import AGES, GENDERS, film_folder

from xrays.errors import UserError
from xrays.sources._folder import read_folder


def refusal(folder: Path) -> UserError:
    with pytest.raises(UserError) as caught:
        read_folder(folder)
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

    @pytest.mark.parametrize("films", ["train", "images"])
    def test_a_folder_in_another_form_is_said_how_to_read(self, films: str, tmp_path: Path) -> None:
        (tmp_path / films).mkdir()
        (tmp_path / films / "IM 1.png").touch()
        (tmp_path / "our table.csv").write_text("File,Age\nIM 1,50\n")
        assert refusal(tmp_path).remedy == f"python cli.py prepare table {tmp_path} --labels 'our table.csv'"

    def test_no_film_at_all(self, tmp_path: Path) -> None:
        error = refusal(film_folder(tmp_path, films=("cover.png",)))
        assert str(tmp_path / "train") in error.given and "000000.png" in error.accepted

    def test_no_label_file(self, tmp_path: Path) -> None:
        error = refusal(film_folder(tmp_path, age=None, gender=None))
        assert "train_age.csv" in error.given and "train_gender.csv" in error.given
        assert error.remedy.endswith(f"python cli.py prepare {tmp_path}")

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"age": "id,age\n0,89.0\n"}, "train_age.csv, row 1, has the columns id, age; imageId is missing"),
            ({"age": "imageId:age\n0:89.0\n"}, "train_age.csv, row 1, has the columns imageId:age; imageId"),
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
            ({"age": AGES + "3.5,70.0\n"}, "train_age.csv, row 5: imageId '3.5'"),
            ({"age": AGES + "2.0,70.0\n"}, "train_age.csv, row 5: imageId 2 was given before, in row 4"),
            ({"age": AGES + "-3,70.0\n"}, "train_age.csv, row 5: imageId '-3'"),
            ({"age": AGES + "99999999999999999999,70.0\n"}, "train_age.csv, row 5: imageId '99999999999999999999'"),
            ({"age": AGES + "3,70,0\n"}, "train_age.csv, row 5, has 3 cells: 3,70,0"),
            ({"age": "imageId,age\n0,89,0\n1,72,0\n"}, "train_age.csv, row 2, has 3 cells: 0,89,0"),
            ({"age": AGES + '3,"70.0\n4,71.0\n'}, "train_age.csv is no CSV"),
            ({"age": AGES.encode("utf-16")[:-1]}, "train_age.csv is no CSV"),
            ({"age": AGES.encode() + b"3,\x81\n"}, "train_age.csv is no CSV"),
        ],
    )  # fmt: skip
    def test_label_file(self, tmp_path: Path, changes: dict[str, Any], expected: str) -> None:
        error = refusal(film_folder(tmp_path, **changes))
        assert expected in error.given
        assert error.given.startswith(str(tmp_path))
        assert error.accepted
        assert error.remedy == f"mend the file, then: python cli.py prepare {tmp_path}"

    def test_two_files_of_one_film(self, tmp_path: Path) -> None:
        error = refusal(film_folder(tmp_path, films=("000000.png", "000001.png", "1.jpg")))
        assert "000001.png" in error.given and "1.jpg" in error.given and "film 1" in error.given
        assert str(tmp_path / "train") in error.remedy
