"""What a table must not hide: unknown patients, patients who contradict themselves, heaps of one value."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from table_folders import read_table_of, table_folder

from runners._commands.prepare import PrepareOptions, prepare
from xrays.arrays import XrayArrays
from xrays.conflicts import conflicts, without_conflicts
from xrays.errors import UserError
from xrays.heaps import heaps
from xrays.labels import LABELS
from xrays.patients import patients_said

SPR = Path(__file__).parents[2] / "shared" / "data" / "spr_labels" / "train_age.csv"
HEADER = "File,Age,Sex,Patient,Follow-up #\n"
# 1: two genders. 2: younger at the later film, which comes first in the table. 3: neither, out of order in the table.
# No patient: whatever they say.
ROWS = (
    "a,50,F,1,0",
    "b,51,M,1,1",
    "c,40,M,2,1",
    "d,42,M,2,0",
    "e,31,F,3,5",
    "f,30,F,3,2",
    "g,9,F,NA,0",
    "h,8,M,NA,1",
)


def films(folder: Path, rows: tuple[str, ...] = ROWS, header: str = HEADER) -> Path:
    return table_folder(folder, header + "\n".join(rows), [f"{row[0]}.png" for row in rows])


class TestConflicts:
    def test_two_genders_and_an_age_that_falls(self, tmp_path: Path) -> None:
        layout = read_table_of(films(tmp_path))
        found = conflicts(layout.ids, layout.groups, layout.labels, layout.columns)
        assert found.to_dict("list") == {
            "patient": ["patient 1", "patient 2"],
            "conflict": ["several genders", "age falls over time"],
            "films": ["0: female; 1: male", "3: 42; 2: 40"],
        }

    def test_copies_of_unknown_patients_are_no_patient(self) -> None:
        """A prepared folder has them in one group; that their labels differ is for the audit's copies."""
        ids, labels = np.arange(4), {"gender": np.array([0, 1, 0, 1], np.float32)}
        groups = np.array(["film 0", "film 0", "patient 1", "patient 1"])
        assert conflicts(ids, groups, labels, {}).patient.tolist() == ["patient 1"]

    def test_dates_of_studies_are_an_order_too(self, tmp_path: Path) -> None:
        rows = ("a,50,1,20200101", "b,49,1,20190101", "c,40,2,20200101", "d,41,2,20190101", "e,40,3,", "f,30,3,NA")
        layout = read_table_of(films(tmp_path, rows, "File,Age,Patient,StudyDate\n"))
        found = conflicts(layout.ids, layout.groups, layout.labels, layout.columns)
        assert found.patient.tolist() == ["patient 2"]

    def test_nothing_is_seen_without_an_order(self, tmp_path: Path) -> None:
        rows = ("a,50,1", "b,40,1", "c,60,1")
        layout = read_table_of(films(tmp_path, rows, "File,Age,Patient\n"))
        assert conflicts(layout.ids, layout.groups, layout.labels, layout.columns).empty

    def test_their_films_are_left_out(self, tmp_path: Path) -> None:
        layout = without_conflicts(read_table_of(films(tmp_path)))
        assert layout.columns["name"].tolist() == ["e", "f", "g", "h"] and len(layout.paths) == 4
        left = dict(zip(layout.left_out.imageId, layout.left_out.reason, strict=True))
        assert left == {
            "a": "patient with a conflict: several genders", "b": "patient with a conflict: several genders",
            "c": "patient with a conflict: age falls over time", "d": "patient with a conflict: age falls over time",
        }  # fmt: skip
        assert conflicts(layout.ids, layout.groups, layout.labels, layout.columns).empty
        assert layout.words[-2:] == ("--conflicts", "drop")

    @given(
        st.lists(
            st.tuples(st.integers(0, 3), st.integers(0, 3), st.sampled_from(["", "0", "1", "2", "x"])), max_size=12
        )
    )
    def test_what_is_left_is_without_conflict(
        self, tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, int, str]]
    ) -> None:
        rows = tuple(f"{chr(97 + n)},{50 + age},{'FM'[age % 2]},{who},{at}" for n, (who, age, at) in enumerate(drawn))
        layout = read_table_of(films(tmp_path_factory.mktemp("c"), ("z,50,F,99,0", *rows)))
        assert "z" in without_conflicts(layout).columns["name"]
        kept = without_conflicts(layout)
        assert conflicts(kept.ids, kept.groups, kept.labels, kept.columns).empty
        assert len(kept.ids) + len(kept.left_out) == len(layout.ids)


class TestHeaps:
    def test_a_cap_and_words_for_none(self) -> None:
        ages = np.concatenate(
            [np.repeat(np.arange(18, 90), 20), np.full(90, 89), np.full(30, 0), np.full(12, 120), np.full(5, 5)]
        )
        found = heaps(LABELS["age"], np.append(ages, np.nan).astype(np.float32))
        assert [(heap.value, heap.films) for heap in found] == [(0, 30), (89, 110), (120, 12)]

    def test_groups_of_five_years_are_none(self) -> None:
        """As BRAX has them, "85 or more" being read as 85 or as a band's middle."""
        rng = np.random.default_rng(0)
        ages = np.clip(rng.normal(55, 18, 20000), 0, 89) // 5 * 5
        assert heaps(LABELS["age"], ages.astype(np.float32)) == []
        some = np.concatenate([ages, np.full(300, 99), rng.integers(18, 90, 900)]).astype(np.float32)
        assert [(heap.value, heap.films) for heap in heaps(LABELS["age"], some)] == [(99, 300)]

    def test_one_value_alone_is_none(self) -> None:
        assert heaps(LABELS["age"], np.full(100, 40, np.float32)) == []

    @pytest.mark.skipif(not SPR.exists(), reason="SPR's labels are not here")
    def test_the_cap_of_spr(self) -> None:
        ages = pd.read_csv(SPR).age.to_numpy(np.float32)
        assert [(heap.value, heap.films) for heap in heaps(LABELS["age"], ages)] == [(89, 34)]

    @pytest.mark.parametrize("films", [30, 300, 3000, 30000])
    def test_none_in_a_population(self, films: int) -> None:
        ages = np.random.default_rng(films).normal(50, 18, films).round()
        ages = ages[(ages >= 1) & (ages <= 100)]
        assert heaps(LABELS["age"], ages.astype(np.float32)) == []
        assert heaps(LABELS["age"], np.full(films, np.nan, np.float32)) == []
        assert heaps(LABELS["gender"], (np.arange(films) % 2).astype(np.float32)) == []


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (4, None),
        (2, "patients are known for 2 of 4 films; the others count as one patient each"),
        (0, "no patient is known: every film counts as a patient of its own"),
    ],
)
def test_patients(known: int, said: str | None) -> None:
    groups = [f"patient {film % 2}" if film < known else f"film {film}" for film in range(4)]
    assert patients_said(np.array(groups)) == said


class TestPrepare:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        folder, rng = films(tmp_path / "films", (*ROWS, "i,,,4,0", "j,40,F,5,0")), np.random.default_rng(0)
        for name in "abcdefghik":
            cv2.imwrite(str(folder / f"{name}.png"), rng.integers(0, 256, (24, 20), np.uint8))
        (folder / "j.png").unlink()
        return folder

    def said(self, folder: Path, out: str, **more: str) -> tuple[XrayArrays, str]:
        lines: list[str] = []
        options = PrepareOptions(
            "table", folder, folder / out, (16,), folder, {"labels": str(folder / "labels.csv")}, **more
        )
        (made,) = prepare(options, lines.append)
        return XrayArrays.open(made), "\n".join(lines)

    def test_all_of_it_is_said_and_kept(self, folder: Path) -> None:
        arrays, said = self.said(folder, "kept")
        assert len(arrays.ids) == 8 and arrays.meta["rejected"] == 0
        assert arrays.meta["left_out"] == {"no image file": 1, "neither age nor gender": 1, "no row in the labels": 1}
        assert all(f"1 left out: {reason}" in said for reason in arrays.meta["left_out"])
        assert "patients are known for 6 of 8 films" in said and arrays.meta["patients_known"] == 6
        assert arrays.meta["conflicts"] == {"several genders": 1, "age falls over time": 1}
        assert "patient 2: age falls over time: 3: 42; 2: 40" in said and "--conflicts drop" in said
        assert pd.read_csv(arrays.path / "conflicts.csv").patient.tolist() == ["patient 1", "patient 2"]

    def test_or_dropped(self, folder: Path) -> None:
        arrays, said = self.said(folder, "dropped", conflicts="drop")
        assert len(arrays.ids) == 4 and arrays.meta["conflicts"] == {} and "--conflicts" not in said
        assert "2 left out: patient with a conflict: several genders" in said
        assert arrays.meta["words"][-2:] == ["--conflicts", "drop"]
        with pytest.raises(UserError, match="--conflicts ask"):
            self.said(folder, "other", conflicts="ask")

    def test_no_patient_at_all_is_a_warning(self, folder: Path) -> None:
        table = pd.read_csv(folder / "labels.csv").drop(columns="Patient")
        table.to_csv(folder / "labels.csv", index=False)
        assert "warning: no patient is known" in self.said(folder, "kept")[1]
