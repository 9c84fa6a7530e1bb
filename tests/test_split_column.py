"""`--split COLUMN`: a division that comes with the films is kept, and no patient is on both of its sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from pages import words
from test_folds import films, places
from test_search_calls import Calls, calls  # noqa: F401

from reports._page.build import build_report
from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import HOLD_OUT, UNUSED, make_plan
from xrays.prepare import prepare
from xrays.sources._folder import read_folder
from xrays.split_column import given_split, split_columns
from xrays.splits import Splits

BY_COLUMN = Splits(column="split")
EVERY = np.ones(40, np.bool_)


def divided(parts: Sequence[str], groups: Sequence[int] | None = None, name: str = "split") -> XrayArrays:
    """A film a word, one a patient where nothing else is given."""
    count = len(parts)
    arrays = films(np.arange(20, 20 + count), np.arange(count) % 2, groups)
    return replace(arrays, columns={name: np.array(parts, np.str_)})


def split_of(*counts: tuple[str, int]) -> list[str]:
    return [word for word, count in counts for _ in range(count)]


USUAL = split_of(("train", 24), ("val", 6), ("test", 10))


class TestPlan:
    def test_test_is_held_out_and_everything_else_is_dealt_to_folds(self) -> None:
        plan = make_plan(divided(USUAL), folds=3, splits=BY_COLUMN)
        assert (places(plan)[30:] == HOLD_OUT).all() and plan.hold_out().sum() == 10
        assert [int(plan.fold(number).sum()) for number in range(3)] == [10, 10, 10]
        assert plan.notes == ("films of val are dealt to folds with those of train",)
        other = make_plan(divided(USUAL), folds=3, splits=Splits(seed=1, column="split"))
        np.testing.assert_array_equal(other.hold_out(), plan.hold_out())
        assert (places(other) != places(plan)).any(), "the folds are our own"

    @pytest.mark.parametrize(
        ("train", "val", "test"),
        [("Train", "VAL", "Test"), ("training", "valid", "testing"), (" train_val ", "validate", "holdout")],
    )
    def test_words_of_many_collections(self, train: str, val: str, test: str) -> None:
        spelled = {"train": train, "val": val, "test": test}
        plan = make_plan(divided([spelled[word] for word in USUAL]), folds=3, splits=BY_COLUMN)
        np.testing.assert_array_equal(places(plan), places(make_plan(divided(USUAL), folds=3, splits=BY_COLUMN)))

    def test_a_patient_on_both_sides_stays_in_test_alone(self) -> None:
        """Films 0 and 1 are of the patient of film 30, which is of test; film 2 is of that of film 24, of val."""
        groups = list(range(40))
        groups[0] = groups[1] = 30
        groups[2] = 24
        plan = make_plan(divided(USUAL, groups), folds=3, splits=BY_COLUMN)
        assert (places(plan)[:2] == UNUSED).all() and places(plan)[30] == HOLD_OUT
        assert places(plan)[2] == places(plan)[24] >= 0, "train and val are one side"
        assert plan.notes[1] == (
            "patients on both sides of the split: 1; their films beside those of test, which are not used: 2"
        )

    def test_films_without_a_word_or_a_label_are_not_used(self) -> None:
        arrays = divided([*USUAL, "", " "])
        age = arrays.labels["age"].copy()
        age[39] = np.nan
        gender = np.where(np.isnan(age), np.float32(np.nan), arrays.labels["gender"])
        plan = make_plan(replace(arrays, labels={"age": age, "gender": gender}), folds=3, splits=BY_COLUMN)
        assert (places(plan)[39:] == UNUSED).all() and (places(plan)[:39] != UNUSED).all()
        assert plan.notes[1] == "films without a word in column split, which are not used: 2"

    def test_the_column_decides_the_fingerprint(self) -> None:
        plans = [make_plan(divided(parts), folds=3, splits=BY_COLUMN) for parts in (USUAL, USUAL[::-1])]
        assert plans[0].fingerprint != plans[1].fingerprint


class TestRefused:
    @pytest.mark.parametrize(
        ("parts", "given", "accepted"),
        [
            (
                split_of(("train", 30), ("val", 10)),
                "no film with a label is of test (30 of train, 10 of val)",
                "test",
            ),
            (split_of(("test", 40)), "no film with a label is of train or val (40 of test)", "of train or val"),
            (split_of(("", 40)), "no film with a label is of test (the column is empty)", "test"),
            (split_of(("train", 20), ("fold 1", 15), ("?", 5)), "15 films have 'fold 1' there, and 1 more", "train"),
        ],
    )
    def test_what_divides_nothing(self, parts: list[str], given: str, accepted: str) -> None:
        with pytest.raises(UserError) as caught:
            make_plan(divided(parts), splits=BY_COLUMN)
        assert given in caught.value.given and accepted in caught.value.accepted
        assert "without --split" in caught.value.remedy

    def test_a_column_that_is_not_there(self) -> None:
        arrays = divided(USUAL, name="official")
        with pytest.raises(UserError) as caught:
            make_plan(arrays, splits=BY_COLUMN)
        assert "no such column" in caught.value.given and "(official)" in caught.value.accepted
        assert caught.value.remedy == "the same command with --split official"
        with pytest.raises(UserError, match=r"\(none\)"):
            make_plan(replace(arrays, columns={}), splits=BY_COLUMN)

    def test_a_share_beside_it(self) -> None:
        with pytest.raises(UserError, match=r"--holdout 0\.2 with --split split"):
            make_plan(divided(USUAL), splits=Splits(holdout=0.2, column="split"))

    def test_too_few_patients_outside_of_test(self) -> None:
        groups = [*(number % 7 for number in range(30)), *range(30, 40)]
        with pytest.raises(UserError) as caught:
            make_plan(divided(USUAL, groups), folds=5, splits=BY_COLUMN)
        assert caught.value.given == "--folds 5 with 7 patients outside of test"
        assert caught.value.remedy == "the same command with --folds 3"
        make_plan(divided(USUAL, groups), folds=3, splits=BY_COLUMN)


def test_no_film_and_no_patient_is_on_both_sides() -> None:
    """Whatever the words and patients are."""
    for seed in range(20):
        rng = np.random.default_rng(seed)
        arrays = divided(rng.choice(["train", "val", "test", ""], 40).tolist(), rng.integers(0, 25, 40).tolist())
        given = given_split(arrays, "split", EVERY)
        assert not (given.held_out & given.development).any()
        assert not set(arrays.groups[given.held_out]) & set(arrays.groups[given.development])
        np.testing.assert_array_equal(given.held_out, arrays.columns["split"] == "test")


def test_columns_that_divide_films() -> None:
    words = {"split": USUAL, "view": ["PA", "AP"] * 20, "half": ["train"] * 40, "more": [*USUAL[:39], "other"]}
    arrays = replace(divided(USUAL), columns={name: np.array(texts, np.str_) for name, texts in words.items()})
    assert split_columns(arrays) == ["split"]


def test_a_search_keeps_to_it_and_its_page_says_so(
    films_folder: Path,
    calls: Calls,  # noqa: F811
    tmp_path: Path,
) -> None:
    layout = read_folder(films_folder)
    parts = np.array([("train", "val", "test")[min(number % 5, 2)] for number in range(len(layout.ids))], np.str_)
    arrays = prepare(replace(layout, columns={"split": parts}), tmp_path / "data", size=16)
    store, _ = calls(1, data=arrays.path, splits=BY_COLUMN)
    held = store.films().hold_out()
    known = np.isfinite(arrays.labels["age"]) | np.isfinite(arrays.labels["gender"])
    np.testing.assert_array_equal(held, (arrays.columns["split"] == "test") & known)
    said = " ".join(calls.said)
    assert "split    films of test in column split are held out; " in said and "films of val are dealt" in said
    calls(2, data=arrays.path, splits=BY_COLUMN)
    with pytest.raises(UserError, match="--split"):
        calls(2, data=arrays.path)
    calls(1, data=arrays.path, name="own")
    assert "split    of column split is not kept to; --split split would do so" in calls.said
    page = words(build_report([store], tmp_path / "report.html"))
    assert "films of test in column split are held out; " in page and "films of val are dealt" in page
