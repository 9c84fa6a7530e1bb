"""`prepare table`: any table of labels, however it names films, ages, genders and patients."""

from __future__ import annotations

import csv
import gzip
import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_folders import known, read_table_of, table_folder

from xrays.errors import UserError
from xrays.labels import LABELS
from xrays.layout import Layout

BOTH = {"a.png": (50, 0), "b.png": (61, 1)}


def reasons(layout: Layout) -> tuple[dict[str, str], dict[str, str]]:
    """Id -> reason of what is rejected, and of what is left out."""
    rejected, left = (dict(zip(t.imageId, t.reason, strict=True)) for t in (layout.rejected, layout.left_out))
    return rejected, left


class TestFiles:
    @pytest.mark.parametrize(
        "content",
        [
            b"File,Age,Sex\na,50,F\nb,61,M\n",
            b"File;Age;Sex\r\na;50,0;F\r\nb;61,0;M\r\n",
            b"\xef\xbb\xbfsep=;\r\nFile;Age;Sex\r\na;50;F\r\nb;61;M\r\n",
            b"File\tAge\tSex\na\t50\tF\nb\t61\tM\n",
            b"\xef\xbb\xbfFile|Age|Sex\n\na|50|F\nb|61|M\n",
            "File\tAge\tSex\na\t50\tF\nb\t61\tM\n".encode("utf-16"),
            "File;Age;Sex;Größe\na;50;F;1,70\nb;61;M;1,80\n".encode("cp1252"),
            gzip.compress(b"File,Age,Sex\na,50,F\nb,61,M\n", mtime=0),
            b'"File","Note","Age","Sex"\n"a","two\nlines, and a comma","50","F"\n"b","","61","M"\n',
        ],
    )
    def test_every_kind_of_table(self, tmp_path: Path, content: bytes) -> None:
        folder = table_folder(tmp_path, content, ("a.png", "b.png"))
        assert known(read_table_of(folder)) == BOTH

    def test_it_may_lie_elsewhere(self, tmp_path: Path) -> None:
        table_folder(tmp_path / "films", "", ("x/a.png", "b.png"))
        file = table_folder(tmp_path / "tables", "File,Age,Sex\na,50,F\nb,61,M\n", ()) / "labels.csv"
        layout = read_table_of(tmp_path / "films", labels=str(file))
        assert known(layout) == {"x/a.png": (50, 0), "b.png": (61, 1)}
        assert layout.words == ("table", str(tmp_path / "films"), "--labels", str(file))

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "is empty"),
            (b"File,Age\na,50,3\n", "row 2, has 3 cells"),
            (b"sep=,\nFile,Age\na,50,3\n", "row 3, has 3 cells"),
            (b"\x89PNG\r\n\x1a\n\x00\x00", "is no CSV"),
            (b"File,Years\na,50\n", "no column that is known to be age or gender"),
            (b"Number,Age\na,50\n", "no column that is known to name films"),
            (b"File,Age\nx,50\ny,60\n", "no File of"),
        ],
    )
    def test_what_cannot_be_used(self, tmp_path: Path, content: bytes, said: str) -> None:
        with pytest.raises(UserError, match=said) as caught:
            read_table_of(table_folder(tmp_path, content, ("a.png",)))
        assert "python cli.py prepare table" in caught.value.remedy

    def test_without_a_table_or_films(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"labels.csv is no file"):
            read_table_of(tmp_path)
        with pytest.raises(UserError, match="no film below"):
            read_table_of(table_folder(tmp_path, "File,Age\na,50\n", ()))

    def test_a_column_that_is_not_there_is_looked_for(self, tmp_path: Path) -> None:
        folder = table_folder(tmp_path, "File,Alter\na,50\n", ("a.png",))
        with pytest.raises(UserError) as caught:
            read_table_of(folder, age="Altr")
        assert "Altr is missing" in caught.value.given and "or is it Alter?" in caught.value.accepted


NEAR = st.sampled_from([
    "", " ", "0", "1", "a", "b.png", "./a", "x/a.png", "1.0", "2", "50", "058Y", "6M", "85+", "80-84", "NA", "F",
    "male", "O", "-1", "414", "1960-06-05", "\x00", '"', "\r", ",", "\u0663",
])  # fmt: skip
CELL = NEAR | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@given(
    rows=st.lists(st.tuples(CELL, CELL, CELL, CELL), max_size=6),
    films=st.sets(st.sampled_from(["a.png", "x/a.png", "b.png", "1.png", "000002.jpg", "é.png"]), min_size=1),
    delimiter=st.sampled_from(",;\t"),
    bands=st.sampled_from(["middle", "drop", None]),
)
def test_any_table_is_used_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, str, str]],
    films: set[str],
    delimiter: str,
    bands: str | None,
) -> None:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([("File", "Age", "Sex", "Patient"), *rows])
    folder = table_folder(tmp_path_factory.mktemp("any"), text.getvalue(), sorted(films))
    try:
        layout = read_table_of(folder, **({} if bands is None else {"bands": bands}))
    except UserError as error:
        assert error.given and error.accepted and error.remedy
        return
    lists = [path for table in (layout.rejected, layout.left_out) for path in table.file if path]
    assert sorted([*layout.paths, *lists]) == sorted(str(folder / film) for film in films), "each film once"
    ages, genders = (layout.labels[name] for name in LABELS)
    assert np.all(np.isnan(ages) | (ages >= 0) & (ages <= 120)) and np.all(
        np.isnan(genders) | np.isin(genders, [0, 1])
    )
    assert np.all(np.isfinite(ages) | np.isfinite(genders))
    assert len(rows) == 0 or len(layout.paths) <= len(rows)


class TestIds:
    @pytest.mark.parametrize(
        ("ids", "films"),
        [
            (("a", "b"), ("a.png", "b.JPG")),
            (("a.png", "b.jpg"), ("one/a.png", "two/b.jpg")),
            (("one/view", "two/view"), ("one/view.png", "two/view.png")),
            (("set/train/one/view.png", "set/train/two/view.png"), ("one/view.png", "two/view.png")),
            (("./one/view.png", "/data/two/view.png"), ("x/one/view.png", "two/view.png")),
            (("one\\view.png", "two\\view.png"), ("one/view.png", "two/view.png")),
            (("12.0", "7.0"), ("000012.png", "7.png")),
            (("12", "007"), ("12.png", "000007.png")),
            (("1.2.840.10", "1.2.840.11"), ("1.2.840.10.png", "1.2.840.11.png")),
            (("Jos\u00e9/\u00fc", "u\u0308b"), ("Jose\u0301/u\u0308.png", "\u00fcb.png")),
        ],
    )
    def test_a_film_is_found(self, tmp_path: Path, ids: tuple[str, str], films: tuple[str, str]) -> None:
        folder = table_folder(tmp_path, f"File,Age\n{ids[0]},50\n{ids[1]},61\n", films)
        layout = read_table_of(folder)
        assert known(layout) == {films[0]: (50, None), films[1]: (61, None)}
        assert layout.rejected.empty and layout.left_out.empty

    def test_numbers_are_the_films_own_and_names_are_kept(self, tmp_path: Path) -> None:
        numbered = read_table_of(table_folder(tmp_path / "a", "File,Age\n12.0,50\n7,61\n", ("000012.png", "7.png")))
        assert numbered.ids.tolist() == [7, 12] and "name" not in numbered.columns
        named = read_table_of(table_folder(tmp_path / "b", "File,Age\nz,50\na,61\n", ("z.png", "a.png")))
        assert named.ids.tolist() == [0, 1] and named.columns["name"].tolist() == ["z", "a"]

    def test_another_folders_film_is_not_taken(self, tmp_path: Path) -> None:
        """A part of CheXpert: every film is called view1."""
        folder = table_folder(tmp_path, "File,Age\np1/view1.jpg,50\np2/view1.jpg,61\n", ("p1/view1.jpg",))
        layout = read_table_of(folder)
        assert known(layout) == {"p1/view1.jpg": (50, None)}
        assert reasons(layout) == ({}, {"p2/view1.jpg": "no image file"})

    def test_an_id_of_two_films(self, tmp_path: Path) -> None:
        folder = table_folder(tmp_path, "File,Age\na,50\n", ("x/a.png", "y/a.png"))
        with pytest.raises(UserError, match=r"row 2: a may be .*x/a.png or .*y/a.png") as caught:
            read_table_of(folder)
        assert "--images" in caught.value.remedy
        assert known(read_table_of(folder, images="x/*")) == {"x/a.png": (50, None)}

    def test_rows_of_one_film(self, tmp_path: Path) -> None:
        """As in tables with a row a finding: those that say the same are one."""
        rows = "a,50,F\na.png,50,F\nb,61,M\nb,62,M\n,1,M\nNA,1,M\n"
        folder = table_folder(tmp_path, f"File,Age,Sex\n{rows}", ("a.png", "b.png"))
        layout = read_table_of(folder)
        assert known(layout) == {"a.png": (50, 0)}
        assert reasons(layout)[0] == {"b": "rows 4 and 5 say different things of it"}
        assert len(layout.left_out) == 2, "rows without an id"

    def test_loops_of_links_end(self, tmp_path: Path) -> None:
        folder = table_folder(tmp_path, "File,Age\na,50\n", ("x/a.png",))
        (folder / "x/again").symlink_to(folder)
        assert known(read_table_of(folder)) == {"x/a.png": (50, None)}


class TestLabels:
    def test_what_is_missing_serves_the_other_label(self, tmp_path: Path) -> None:
        words = ("NA", "nan", "None", "N/A", "")
        rows = "".join(f"{film},{word},F\n{film + 5},{50 + film},{word}\n" for film, word in enumerate(words))
        folder = table_folder(tmp_path, f"File,Age,Sex\n{rows}", [f"{film}.png" for film in range(10)])
        layout = read_table_of(folder)
        assert layout.rejected.empty and layout.left_out.empty and len(layout.ids) == 10
        assert known(layout)["3.png"] == (None, 0) and known(layout)["8.png"] == (53, None)

    def test_impossible_ages_are_rejected(self, tmp_path: Path) -> None:
        rows = "".join(
            f"{film},{age}\n" for film, age in enumerate(("058Y", "-1", "414", "414Y", "old", "018M", 7, 8, 9))
        )
        layout = read_table_of(table_folder(tmp_path, f"File,Age\n{rows}", [f"{film}.png" for film in range(9)]))
        assert known(layout) == {
            "0.png": (58, None), "5.png": (1.5, None), "6.png": (7, None), "7.png": (8, None), "8.png": (9, None),
        }  # fmt: skip
        assert reasons(layout)[0] == {
            "1": "age -1 is outside 0–120",
            "2": "age 414 is outside 0–120",
            "3": "age 414Y is outside 0–120",
            "4": "age 'old' is no number",
        }

    def test_from_dates(self, tmp_path: Path) -> None:
        rows = "a,1960-06-05,20200604\nb,1960.0,20200604\nc,,20200604\nd,1960-13-01,20200604\n"
        films = ("a.png", "b.png", "c.png", "d.png")
        folder = table_folder(tmp_path, f"File,Born,Seen\n{rows}", films)
        layout = read_table_of(folder, birth="Born", study="Seen")
        assert known(layout) == {"a.png": (59, None), "b.png": (60, None)}
        rejected, left = reasons(layout)
        assert "'1960-13-01' is no day of the calendar" in rejected["d"] and left == {"c": "no age"}
        with pytest.raises(UserError, match="--birth Born without the date of the study") as caught:
            read_table_of(folder, birth="Born")
        assert caught.value.accepted.endswith("File, Born, Seen") and "--study COLUMN" in caught.value.remedy

    def test_bands_are_asked_about(self, tmp_path: Path) -> None:
        folder = table_folder(tmp_path, "File,Age\na,80-84\nb,85 or more\nc,50\n", ("a.png", "b.png", "c.png"))
        with pytest.raises(UserError, match="bands of ages, such as '80-84', '85 or more', in 2 rows") as caught:
            read_table_of(folder)
        assert "--bands middle" in caught.value.accepted and "--bands drop" in caught.value.accepted
        assert caught.value.remedy.endswith("--bands middle")
        assert known(read_table_of(folder, bands="middle")) == {
            "a.png": (82, None), "b.png": (85, None), "c.png": (50, None),
        }  # fmt: skip
        dropped = read_table_of(folder, bands="drop")
        assert known(dropped) == {"c.png": (50, None)} and reasons(dropped)[1] == {"a": "no age", "b": "no age"}
        with pytest.raises(UserError, match="--bands both"):
            read_table_of(folder, bands="both")

    def test_a_unit_is_asked_for(self, tmp_path: Path) -> None:
        folder = table_folder(tmp_path, "File,Age\na,3652.5\nb,730.5\nc,58Y\n", ("a.png", "b.png", "c.png"))
        with pytest.raises(UserError, match="2 of 3 values of Age are over 120") as caught:
            read_table_of(folder)
        assert "--age-unit" in caught.value.accepted
        assert known(read_table_of(folder, age_unit="days")) == {
            "a.png": (10, None), "b.png": (2, None), "c.png": (58, None),
        }  # fmt: skip

    @pytest.mark.parametrize(
        ("words", "options"),
        [
            (("0", "1"), {}), (("F", "M"), {}), (("female", "male"), {}), (("Female", "Male"), {}),
            (("2", "1"), {"female": "2"}), (("W", "M"), {"female": "w"}), (("femme", "homme"), {"male": "homme"}),
        ],
    )  # fmt: skip
    def test_genders(self, tmp_path: Path, words: tuple[str, str], options: dict[str, str]) -> None:
        folder = table_folder(tmp_path, f"File,Sex\na,{words[0]}\nb,{words[1]}\n", ("a.png", "b.png"))
        assert known(read_table_of(folder, **options)) == {"a.png": (None, 0), "b.png": (None, 1)}

    def test_a_word_for_a_gender_of_several(self, tmp_path: Path) -> None:
        folder = table_folder(tmp_path, "File,Sex\na,2\nb,1\nc,9\nd,O\n", [f"{name}.png" for name in "abcd"])
        with pytest.raises(UserError, match="beside 2, Sex holds 1, 9"):
            read_table_of(folder, female="2")
        with pytest.raises(UserError, match="no cell of Sex is 3"):
            read_table_of(folder, female="3")
        layout = read_table_of(folder, female="2", male="1")
        assert known(layout) == {"a.png": (None, 0), "b.png": (None, 1)}
        assert reasons(layout) == ({"c": "gender '9' is neither 2 nor 1"}, {"d": "no gender"})

    @pytest.mark.parametrize(
        ("words", "remedy"),
        [
            (("W", "M"), "--female W"), (("femme", "male"), "--female femme"), (("f", "H"), "--male H"),
            (("Frau", "Mann"), "--female WORD"), (("2", "1"), "--female 2"),
        ],
    )  # fmt: skip
    def test_words_of_no_gender_are_asked_about_before_any_film_is_decoded(
        self, tmp_path: Path, words: tuple[str, str], remedy: str
    ) -> None:
        folder = table_folder(tmp_path, f"File,Sex\na,{words[0]}\nb,{words[1]}\n", ("a.png", "b.png"))
        with pytest.raises(UserError, match=r"Sex holds .* in \d rows, neither female nor male") as caught:
            read_table_of(folder)
        assert caught.value.remedy.endswith(remedy) and "--" in caught.value.accepted

    def test_a_word_of_no_gender_now_and_then_costs_a_line(self, tmp_path: Path) -> None:
        rows = "".join(f"{n},{'FM'[n % 2] if n else 'Z'}\n" for n in range(40))
        folder = table_folder(tmp_path, f"File,Sex\n{rows}", [f"{n}.png" for n in range(40)])
        assert list(reasons(read_table_of(folder))[0]) == ["0"]


class TestPatients:
    def test_a_missing_one_is_none_and_7_is_7(self, tmp_path: Path) -> None:
        """Fifty films with NA are no patient with fifty films."""
        cells = ("7", "7.0", "NA", "NA", "", "nan", "8")
        rows = "".join(f"{film},50,{cell}\n" for film, cell in enumerate(cells))
        folder = table_folder(tmp_path, f"File,Age,Patient\n{rows}", [f"{film}.png" for film in range(7)])
        groups = read_table_of(folder).groups.tolist()
        assert groups == ["patient 7", "patient 7", "film 2", "film 3", "film 4", "film 5", "patient 8"]

    def test_one_for_all_rows_is_none(self, tmp_path: Path) -> None:
        """A filler of those who have removed the ids."""
        said: list[str] = []
        folder = table_folder(tmp_path, "File,Age,Patient\na,50,ANON\nb,60,ANON\n", ("a.png", "b.png"))
        assert read_table_of(folder, said.append).groups.tolist() == ["film 0", "film 1"]
        assert any("the same Patient" in line for line in said)

    def test_shortened_numbers_are_refused(self, tmp_path: Path) -> None:
        """As a spreadsheet saves PadChest's: patients that begin alike would be one."""
        rows = "a,50,8.39679E+36\nb,60,8.39679E+36\nc,61,12\n"
        folder = table_folder(tmp_path, f"File,Age,Patient\n{rows}", ("a.png", "b.png", "c.png"))
        with pytest.raises(UserError, match=r"8\.39679E\+36: a spreadsheet"):
            read_table_of(folder)

    @given(st.integers(0, 10**39))
    def test_long_numbers_are_text(self, tmp_path_factory: pytest.TempPathFactory, patient: int) -> None:
        """PadChest's have up to 39 digits, of which a float would keep 16."""
        rows = f"a,50,{patient}\nb,50,{patient + 1}\n"
        folder = table_folder(tmp_path_factory.mktemp("t"), f"File,Age,PatientID\n{rows}", ("a.png", "b.png"))
        assert read_table_of(folder).groups.tolist() == [f"patient {patient}", f"patient {patient + 1}"]


class TestCollections:
    """Rows as in the collections' own tables; their columns are guessed, and that is said."""

    def test_chexpert(self, tmp_path: Path) -> None:
        header = "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding"
        root = "CheXpert-v1.0-small/train"
        rows = [
            (f"{root}/patient00001/study1/view1_frontal.jpg", "Female,68,Frontal,AP,1.0"),
            (f"{root}/patient00001/study1/view2_lateral.jpg", "Female,68,Lateral,,1.0"),
            (f"{root}/patient00002/study2/view1_frontal.jpg", "Male,0,Frontal,PA,"),
            (f"{root}/patient00003/study1/view1_frontal.jpg", "Unknown,90,Frontal,LL,"),
            (f"{root}/patient00004/study1/view1_frontal.jpg", "Male,41,Frontal,PA,"),
        ]
        table = "\n".join([header, *(f"{path},{rest}" for path, rest in rows)])
        said: list[str] = []
        folder = table_folder(tmp_path, table, [path.split("/", 1)[1] for path, _ in rows], "train.csv")
        layout = read_table_of(folder, said.append, labels="train.csv")
        assert [f"{age} {gender}" for age, gender in known(layout).values()] == ["68.0 0.0", "None 1.0", "41.0 1.0"]
        assert layout.groups.tolist() == ["patient patient00001", "patient patient00002", "patient patient00004"]
        assert layout.columns["view"].tolist() == ["AP", "PA", "PA"]
        assert layout.left_out.reason.tolist() == ["is a lateral view"] * 2
        assert {"taking Sex as gender", "taking Age as age", "taking Path as id"} <= set(said)
        assert any("CheXpert" in line for line in said) and any("patient from Path" in line for line in said)
        assert len(read_table_of(folder, labels="train.csv", views="all").ids) == 5
        with pytest.raises(UserError, match="--views both"):
            read_table_of(folder, labels="train.csv", views="both")

    def test_padchest(self, tmp_path: Path) -> None:
        header = ",ImageID,ImageDir,StudyDate_DICOM,StudyID,PatientID,PatientBirth,PatientSex_DICOM,Projection,Report"
        rows = (
            '0,2053_k6.png,0,20140915,2053,8396790318123456789012345678901234567,1930.0,F,PA,"line\nline"\n'
            "1,2054_k7.png,0,20130601,2054,8396790318123456789012345678901234568,,O,AP_horizontal,x\n"
            "2,2055_k8.png,1,20130601,2055,8396790318123456789012345678901234568,1950.0,M,L,x\n"
        )
        folder = table_folder(tmp_path, f"{header}\n{rows}", ("0/2053_k6.png", "0/2054_k7.png", "1/2055_k8.png"))
        said: list[str] = []
        layout = read_table_of(folder, said.append)
        assert known(layout) == {"0/2053_k6.png": (84, 0)}
        assert reasons(layout)[1] == {"2054_k7.png": "neither age nor gender", "2055_k8.png": "is a lateral view"}
        assert {"taking PatientBirth as birth", "taking StudyDate_DICOM as study"} <= set(said)

    def test_brax(self, tmp_path: Path) -> None:
        header = "DicomPath,PngPath,PatientID,PatientSex,PatientAge,ViewPosition"
        rows = (
            "Anon/id_1/x.dcm,images/id_1/x.png,id_1,M,85 or more,PA\nAnon/id_2/y.dcm,images/id_2/y.png,id_2,F,40,\n"
        )
        folder = table_folder(tmp_path, f"{header}\n{rows}", ("images/id_1/x.png", "images/id_2/y.png"))
        said: list[str] = []
        layout = read_table_of(folder, said.append, bands="middle")
        assert list(known(layout).values()) == [(85, 1), (40, 0)] and layout.groups.tolist() == [
            "patient id_1",
            "patient id_2",
        ]
        assert any("five years" in line for line in said)

    def test_mimic(self, tmp_path: Path) -> None:
        film = "02aa804e-bde0afdd"
        own = f"dicom_id,subject_id,ViewPosition,StudyDate\n{film},10000032,PA,21800506\n"
        folder = table_folder(tmp_path, own, (f"files/p10/p10000032/s50414267/{film}.jpg",))
        with pytest.raises(UserError) as caught:
            read_table_of(folder)
        assert "MIMIC-IV" in caught.value.accepted and caught.value.remedy.endswith("--labels JOINED.csv")
        header = "dicom_id,subject_id,ViewPosition,StudyDate,gender,anchor_age,anchor_year"
        joined = f"{header}\n{film},10000032,PA,21800506,F,"
        said: list[str] = []
        layout = read_table_of(table_folder(tmp_path, f"{joined}50,2178\n", ()), said.append)
        assert list(known(layout).values()) == [(52, 0)] and layout.groups.tolist() == ["patient 10000032"]
        assert {"taking anchor_age as anchor age", "taking StudyDate as study"} <= set(said)
        over_89 = read_table_of(table_folder(tmp_path, f"{joined}91,2178\n", ()))
        assert list(known(over_89).values()) == [(None, 0)]

    def test_vindr(self, tmp_path: Path) -> None:
        folder = table_folder(tmp_path, "image_id,rad_id,class_name\n5005,R10,x\n", ("5005.png",))
        with pytest.raises(UserError) as caught:
            read_table_of(folder)
        assert "in the DICOM files alone" in caught.value.accepted
        assert caught.value.remedy == "python cli.py prepare dicom DIR"


def test_a_kept_column_has_a_name_of_its_own(tmp_path: Path) -> None:
    table = "File,Age,Name,2nd,Größe,group\na,50,x,y,z,w\n"
    layout = read_table_of(table_folder(tmp_path, table, ("a.png",)), keep="Age,Name,2nd,Größe,group")
    assert {name: texts[0] for name, texts in layout.columns.items()} == {
        "name": "a", "table_age": "50", "table_name": "x", "table_2nd": "y", "grösse": "z", "table_group": "w",
    }  # fmt: skip
    with pytest.raises(UserError, match="Room is missing"):
        read_table_of(tmp_path, keep="Age,Room")


def test_films_may_be_dicom_files(tmp_path: Path) -> None:
    folder = table_folder(tmp_path, "image_id,Age\n5005,50\n1.2.840.1,61\n", ("5005.dicom", "x/1.2.840.1.DCM"))
    said: list[str] = []
    assert known(read_table_of(folder, said.append)) == {"5005.dicom": (50, None), "x/1.2.840.1.DCM": (61, None)}
    assert any("--gender" in line for line in said), "a label that is not there is said"


def test_other_columns_are_kept(tmp_path: Path) -> None:
    table = "File,Age,Follow-up #,Split,Room No.\na,50,2,test,NA\nb,60,1,train,\n"
    layout = read_table_of(table_folder(tmp_path, table, ("a.png", "b.png", "c.png")), keep="Room No.")
    assert {name: texts.tolist() for name, texts in layout.columns.items()} == {
        "name": ["a", "b"], "follow_up": ["2", "1"], "split": ["test", "train"], "room_no": ["NA", ""],
    }  # fmt: skip
    assert reasons(layout)[1] == {"c.png": "no row in the labels"}
