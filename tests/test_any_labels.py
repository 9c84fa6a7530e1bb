"""Whatever stands in the label files: every film is used or left out, or all are refused."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence

import numpy as np
import pytest
from film_folders import film_folder
from hypothesis import given, settings
from hypothesis import strategies as st

from xrays.errors import UserError
from xrays.label_texts import is_missing
from xrays.sources._folder import read_folder


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
        folder = film_folder(
            tmp_path_factory.mktemp("any"),
            films=[f"{film:06d}.png" for film in films],
            age=None if ages is None else as_csv("age", [(str(film), cell) for film, cell in ages.items()]),
            gender=None if genders is None else as_csv("gender", [(str(f), cell) for f, cell in genders.items()]),
        )
        try:
            layout = read_folder(folder)
        except UserError as error:
            assert str(folder) in error.given and error.accepted and error.remedy
            return
        used, lists = layout.ids.tolist(), (layout.rejected, layout.left_out)
        left_out = sorted(int(film) for table in lists for film in table.imageId)
        assert used == sorted(set(used)) and left_out == sorted(set(left_out))
        assert not set(used) & set(left_out)
        assert set(used) | set(left_out) == films | set(ages or {}) | set(genders or {})
        assert set(used) <= films
        nothing = np.full(len(used), np.nan, np.float32)
        age, gender = layout.labels.get("age", nothing), layout.labels.get("gender", nothing)
        assert np.all(np.isnan(age) | ((age >= 0) & (age <= 120)))
        assert np.all(np.isnan(gender) | (gender == 0) | (gender == 1))
        assert np.all(np.isfinite(age) | np.isfinite(gender))
        assert all(layout.rejected.reason) and set(layout.left_out.reason) <= {
            "no image file", "neither age nor gender", "no age", "no gender",
        }  # fmt: skip
        for film, years, sex in zip(used, age.tolist(), gender.tolist(), strict=True):
            assert math.isnan(years) == is_missing((ages or {}).get(film, ""))
            assert math.isnan(sex) == (is_missing(cell := (genders or {}).get(film, "")) or cell in "ouxOUX")

    @given(ages=st.lists(st.floats(0, 120, width=32), min_size=1, max_size=8))
    def test_ages_come_back_as_they_were_written(
        self, tmp_path_factory: pytest.TempPathFactory, ages: list[float]
    ) -> None:
        folder = film_folder(
            tmp_path_factory.mktemp("ages"),
            films=[f"{film}.png" for film in range(len(ages))],
            age=as_csv("age", [(str(film), repr(age)) for film, age in enumerate(ages)]),
            gender=None,
        )
        assert read_folder(folder).labels["age"].tolist() == ages
