"""`prepare dicom`: labels, patients and views from tags, what is left out, and that nobody can be told who it is."""

from __future__ import annotations

import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from dicom_files import film_tags, smooth, write_dicom
from pydicom import Dataset

from runners._commands.prepare import PrepareOptions, prepare
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.layout import Layout
from xrays.sources import Order, layout_of
from xrays.sources._dicom_tags import age_text
from xrays.sources._salt import name_of, own_salt, salt_file

GREY = smooth()
ROOT = Path(__file__).parents[1]


@pytest.fixture(autouse=True)
def settings(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's settings, which a test must not touch."""
    folder = tmp_path_factory.mktemp("settings")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    return folder


def dicom_layout(folder: Path, say: Any = lambda line: None) -> Layout:
    return layout_of("dicom", Order(folder / "work", folder, say=say))


def ages(layout: Layout) -> list[float]:
    return [float(age) for age in layout.labels["age"]]


class TestAge:
    @pytest.mark.parametrize(
        ("tags", "text"),
        [
            ({"PatientAge": "058Y"}, "058Y"),
            ({"PatientAge": "58"}, "58"),
            ({"PatientAge": "006M", "PatientBirthDate": "19500101", "StudyDate": "20000101"}, "006M"),
            ({"PatientAge": "old"}, "old"),
            ({}, ""),
            ({"PatientAge": "000Y"}, ""),
            ({"PatientAge": "000D"}, "000D"),
            ({"PatientAge": "000Y", "PatientBirthDate": "20000301", "StudyDate": "20000601"}, "0"),
            ({"PatientAge": "", "PatientBirthDate": "19500615", "StudyDate": "20000614"}, "49"),
            ({"PatientBirthDate": "19500615", "StudyDate": "20000615"}, "50"),
            ({"PatientBirthDate": "19500615", "StudyDate": "", "AcquisitionDate": "20010615"}, "51"),
            ({"PatientBirthDate": "19500615", "StudyDate": "20001332", "ContentDate": "20020615"}, "52"),
            ({"PatientBirthDate": "19000101", "StudyDate": "20000101"}, ""),
            ({"PatientBirthDate": "19501332", "StudyDate": "20000101"}, ""),
            ({"PatientBirthDate": "1950", "StudyDate": "20000101"}, ""),
            ({"PatientBirthDate": "a3f5c9d1e2", "StudyDate": "20000101"}, ""),
        ],
    )
    @pytest.mark.filterwarnings("ignore:Invalid value for VR")  # pydicom's, of what is written here
    def test_from_the_age_or_from_dates(self, tags: dict[str, str], text: str) -> None:
        assert age_text(film_tags(GREY, **tags)) == text

    def test_read_into_years_or_rejected_with_the_text(self, tmp_path: Path) -> None:
        told = ["058Y", "006M", "026W", "010D", "58", "58y", "148", "-05Y", "58Z"]
        for number, age in enumerate(told):
            write_patched(tmp_path / f"{number}.dcm", "PatientAge", age)
        layout = dicom_layout(tmp_path)
        np.testing.assert_allclose(ages(layout), [58, 0.5, 26 * 7 / 365.25, 10 / 365.25, 58, 58], rtol=1e-5)
        assert layout.rejected.reason.tolist() == [
            "age 148 is outside 0–120",
            "age -05Y is outside 0–120",
            "age '58Z' is no number",
        ]


def write_patched(path: Path, keyword: str, value: str, **tags: Any) -> Path:
    """pydicom warns of values that are none, and writes them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return write_dicom(path, GREY, **{keyword: value, "PatientSex": "F", **tags})


class TestLabels:
    def test_sex(self, tmp_path: Path) -> None:
        for number, sex in enumerate(["F", "M", "O", "", None]):
            write_dicom(tmp_path / f"{number}.dcm", GREY, PatientSex=sex, PatientAge="050Y")
        gender = dicom_layout(tmp_path).labels["gender"]
        np.testing.assert_array_equal(gender, [0, 1, np.nan, np.nan, np.nan])

    def test_a_film_without_any_label_is_left_out(self, tmp_path: Path) -> None:
        write_dicom(tmp_path / "a.dcm", GREY)
        write_dicom(tmp_path / "b.dcm", GREY, PatientSex="M")
        layout = dicom_layout(tmp_path)
        assert layout.left_out.reason.tolist() == ["neither age nor gender"] and layout.ids.tolist() == [1]

    def test_without_any_label_a_table_is_asked_for(self, tmp_path: Path) -> None:
        write_dicom(tmp_path / "a.dcm", GREY, PatientAge="000Y", PatientSex="")
        with pytest.raises(UserError, match="none of the 1 DICOM files") as caught:
            dicom_layout(tmp_path)
        assert caught.value.remedy == f"python cli.py prepare table {tmp_path} --labels FILE --id COLUMN"

    def test_views(self, tmp_path: Path) -> None:
        code = Dataset()
        code.CodeMeaning = "postero-anterior"
        lateral = Dataset()
        lateral.CodeMeaning = "left lateral"
        told: list[dict[str, Any]] = [
            {"ViewPosition": "PA"},
            {"ViewPosition": "ANTEROPOSTERIOR", "ImageLaterality": "R"},
            {"ViewPosition": "", "ViewCodeSequence": [code]},
            {"ViewPosition": "OBLICUA", "Laterality": "L"},
            {},
            {"ViewPosition": "LL"},
            {"ViewCodeSequence": [lateral]},
        ]
        for number, tags in enumerate(told):
            write_dicom(tmp_path / f"{number}.dcm", GREY, PatientSex="F", **tags)
        said: list[str] = []
        layout = dicom_layout(tmp_path, said.append)
        assert layout.columns["view"].tolist() == ["PA", "AP", "PA", "OBLICUA", ""]
        assert layout.columns["laterality"].tolist() == ["", "R", "", "L", ""]
        assert layout.left_out.reason.tolist() == ["is a lateral view"] * 2
        assert "views: 2 PA, 1 AP, 1 OBLICUA, 1 not said" in said


class TestFiles:
    def test_any_names_and_folders(self, tmp_path: Path) -> None:
        for path in ("b/IM0001", "a/x/film.DCM", "c.dicom"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            write_dicom(tmp_path / path, GREY, PatientSex="F")
        write_dicom(tmp_path / "DICOMDIR", None)
        (tmp_path / "notes.txt").write_text("no film")
        (tmp_path / "a" / "loop").symlink_to(tmp_path)
        layout = dicom_layout(tmp_path)
        assert sorted(Path(path).name for path in layout.paths) == ["IM0001", "c.dicom", "film.DCM"]
        assert layout.ids.tolist() == [0, 1, 2] and layout.rejected.empty

    def test_no_such_file(self, tmp_path: Path) -> None:
        (tmp_path / "film.png").touch()
        with pytest.raises(UserError, match="no DICOM file lies below"):
            dicom_layout(tmp_path)

    def test_what_is_broken_and_what_is_not_wanted(self, tmp_path: Path) -> None:
        (tmp_path / "0.dcm").write_text("<html>404</html>" * 100)
        (tmp_path / "1.dcm").touch()
        write_dicom(tmp_path / "2.dcm", GREY, Modality="CT", PatientSex="F")
        write_dicom(tmp_path / "3.dcm", GREY, NumberOfFrames=7, PatientSex="F")
        write_dicom(tmp_path / "4.dcm", GREY, BodyPartExamined="KNEE", PatientSex="F")
        write_dicom(tmp_path / "5.dcm", None, Modality="SR", PatientSex="F")
        layout = dicom_layout(tmp_path)
        assert layout.rejected.reason.tolist() == ["is no DICOM file", "is empty"]
        assert layout.left_out.reason.tolist() == [
            "is no radiograph (Modality CT)",
            "has several frames",
            "is no chest (BodyPartExamined KNEE)",
            "is no radiograph (Modality SR)",
        ]

    def test_without_the_extra(self, tmp_path: Path) -> None:
        """In a process that has no pydicom, as after an installation without the extra."""
        write_dicom(tmp_path / "film.dcm", GREY, PatientSex="F")
        program = f"""
import sys
sys.modules["pydicom"] = None
sys.meta_path.insert(0, type("No", (), {{"find_spec": lambda *of: None}}))
import importlib.util
found = importlib.util.find_spec
importlib.util.find_spec = lambda name, *of: None if name == "pydicom" else found(name, *of)
from pathlib import Path
from xrays.pixels.read import read_film
from xrays.sources import Order, layout_of
for refused in (lambda: layout_of("dicom", Order(Path("x"), Path({str(tmp_path)!r}))),
                lambda: read_film(Path({str(tmp_path / "film.dcm")!r}))):
    try:
        refused()
    except Exception as error:
        print(type(error).__name__, error)
"""
        done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
        assert "UserError prepare dicom without pydicom" in done.stdout, done.stderr
        assert "UnreadableFilm is a DICOM file; to read these: pip install -e '.[dicom]'" in done.stdout


class TestPrivacy:
    def test_no_identifier_is_kept(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        """Neither in the arrays' folder nor on the screen, whatever became of the file."""
        secret = {
            "PatientID": "MRN-4711",
            "PatientName": "Doe^Jane",
            "PatientBirthDate": "19500615",
            "StudyDate": "20010203",
            "AccessionNumber": "ACC-99",
            "OtherPatientIDs": "SSN-123",
        }
        (tmp_path / "films").mkdir()
        for number in range(30):
            write_dicom(tmp_path / f"films/{number:02}", smooth(seed=number), PatientSex="F", **secret)
        write_dicom(tmp_path / "films/31", GREY, **{**secret, "PatientID": "MRN-4712", "StudyDate": "19000203"})
        write_dicom(tmp_path / "films/32", GREY, Modality="CT", **secret)
        said: list[str] = []
        (out,) = prepare(
            PrepareOptions("dicom", tmp_path / "data", sizes=(32,), folder=tmp_path / "films"), say=said.append
        )
        arrays = XrayArrays.open(out)
        assert set(arrays.labels["age"]) == {50} and len(set(arrays.groups)) == 1
        assert len(pd.read_csv(out / "left_out.csv")) == 1 and len(pd.read_csv(out / "rejected.csv")) == 1
        kept = b"".join(file.read_bytes() for file in out.rglob("*") if file.is_file())
        kept += "\n".join([*said, *capsys.readouterr()]).encode()
        for text in ("4711", "4712", "Doe", "19500615", "20010203", "ACC-99", "SSN"):
            assert text.encode() not in kept, text

    def test_patients_have_names_of_this_machine(self, tmp_path: Path, settings: Path) -> None:
        for number, patient in enumerate(["A", "B", "A", "", " A "]):
            write_dicom(tmp_path / f"{number}.dcm", GREY, PatientSex="F", PatientID=patient)
        said: list[str] = []
        groups = dicom_layout(tmp_path, said.append).groups.tolist()
        assert groups[0] == groups[2] == groups[4] != groups[1] and groups[3] == "film 3"
        assert groups == dicom_layout(tmp_path).groups.tolist(), "the same again"
        assert any(str(salt_file()) in line for line in said)
        assert salt_file().is_relative_to(settings) and salt_file().stat().st_mode & 0o077 == 0
        salt_file().unlink()
        assert groups != dicom_layout(tmp_path).groups.tolist(), "another machine"

    def test_one_id_for_all_is_none(self, tmp_path: Path) -> None:
        for number in range(3):
            write_dicom(tmp_path / f"{number}.dcm", GREY, PatientSex="F", PatientID="ANONYMOUS")
        said: list[str] = []
        assert dicom_layout(tmp_path, said.append).groups.tolist() == ["film 0", "film 1", "film 2"]
        assert any("the same PatientID" in line for line in said)

    def test_burnt_in_text_is_told(self, tmp_path: Path) -> None:
        for number, burnt in enumerate(["YES", "NO", None]):
            write_dicom(tmp_path / f"{number}.dcm", GREY, PatientSex="F", BurnedInAnnotation=burnt)
        said: list[str] = []
        dicom_layout(tmp_path, said.append)
        assert any(
            "burnt into films is not removed; by their tags it names the patient in 1 of" in line for line in said
        )

    def test_a_name_hangs_on_the_salt(self) -> None:
        assert name_of("A", b"1" * 32) != name_of("A", b"2" * 32)
        assert name_of("A", b"1" * 32) != name_of("B", b"1" * 32)
        assert len(own_salt()) == 32 and own_salt() == own_salt()

    def test_a_damaged_salt_is_not_used(self) -> None:
        own_salt()
        salt_file().write_bytes(b"")
        with pytest.raises(UserError, match="is damaged"):
            own_salt()

    def test_settings_that_cannot_be_written(self, settings: Path) -> None:
        (settings / "cxr-automl").touch()
        with pytest.raises(UserError, match="cannot be made"):
            own_salt()
