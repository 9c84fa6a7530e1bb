"""Fold plans: what holds for any films (hypothesis), and how even they are on the real label files."""

from __future__ import annotations

import hashlib
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from xrays.arrays import XrayArrays, films_fingerprint
from xrays.errors import UserError
from xrays.folds import HOLD_OUT, UNUSED, FoldPlan, make_plan
from xrays.label_values import at_rows, decoded, groups_of
from xrays.labels import LABELS
from xrays.prepare import prepare
from xrays.sources._folder import read_folder
from xrays.splits import Splits

DATA = Path(__file__).parents[2] / "shared" / "data"


def films(age: Any, gender: Any, groups: Any = None) -> XrayArrays:
    """Arrays without pixels: a plan looks at labels and groups only."""
    ids = np.arange(len(age))
    names = [f"film {film}" for film in ids] if groups is None else [f"patient {group}" for group in groups]
    table = pd.DataFrame({"imageId": ids, "age": age, "gender": gender, "group": names})
    return XrayArrays(
        Path("nowhere"),
        np.zeros((len(age), 1, 1, 1), np.uint8),
        decoded(table),
        table.imageId.to_numpy(np.int64),
        table.group.to_numpy(np.str_),
        {"films": films_fingerprint(table)},
    )


def many(count: int = 600, patients: int = 450, seed: int = 0) -> XrayArrays:
    """Films of patients with several each; some without one of the labels, a few without both."""
    rng = np.random.default_rng(seed)
    groups = np.concatenate([np.arange(patients), rng.integers(0, patients, count - patients)])
    age, gender = rng.integers(18, 90, patients)[groups].astype(float), rng.integers(0, 2, patients)[groups]
    age[rng.random(count) < 0.05] = np.nan
    gender[rng.random(count) < 0.05] = -1
    return films(age, gender, groups)


def places(plan: FoldPlan) -> NDArray[np.int8]:
    return np.asarray(plan.assignment[0])


def recorded(seed: int, count: int, missing: float) -> XrayArrays:
    """Films of about count / 2 patients, a share of which lacks each label."""
    rng = np.random.default_rng(seed)
    age, gender = rng.integers(0, 100, count).astype(float), rng.integers(0, 2, count)
    age[rng.random(count) < missing] = np.nan
    gender = np.where(rng.random(count) < missing, -1, gender)
    return films(age, gender, rng.integers(0, max(1, count // 2), count))


@pytest.mark.parametrize(
    ("seed", "count", "missing", "folds", "assignment", "fingerprint"),
    [
        (0, 300, 0.0, 5, "ff70ad130d63838f", "ff9e6704dc05ab0b"),
        (1, 300, 0.3, 5, "d28ac620dd261459", "890b59f854f4fdc4"),
        (2, 1000, 0.1, 3, "2de133e45688e3a9", "002e0b574d78ef31"),
        (3, 90, 0.5, 2, "2b7957018b50d2e2", "f5c3eca6834a748f"),
        (4, 2000, 0.02, 10, "3b33f28edd83e482", "404bf3a755bd0621"),
    ],
)
def test_plans_are_those_of_recorded_searches(
    seed: int, count: int, missing: float, folds: int, assignment: str, fingerprint: str
) -> None:
    """To the byte: on other folds, a search that was begun before could not go on."""
    plan = make_plan(recorded(seed, count, missing), folds=folds, splits=Splits(seed=seed))
    assert hashlib.sha256(plan.assignment.tobytes()).hexdigest()[:16] == assignment
    assert plan.fingerprint[:16] == fingerprint


class TestPlan:
    def test_masks_are_the_assignment(self) -> None:
        arrays = many()
        plan = make_plan(arrays)
        assert plan.assignment.shape == (1, 600) and plan.assignment.dtype == np.int8
        np.testing.assert_array_equal(plan.hold_out(), places(plan) == HOLD_OUT)
        np.testing.assert_array_equal(plan.development(), places(plan) >= 0)
        folds = np.array([plan.fold(number) for number in range(5)])
        np.testing.assert_array_equal(folds.sum(0), plan.development())
        assert plan.folds == 5 and set(places(plan)) == {UNUSED, HOLD_OUT, 0, 1, 2, 3, 4}

    def test_films_without_any_label_are_unused(self) -> None:
        arrays = many()
        unlabelled = np.isnan(arrays.labels["age"]) & (np.isnan(arrays.labels["gender"]))
        assert unlabelled.any()
        np.testing.assert_array_equal(places(make_plan(arrays)) == UNUSED, unlabelled)

    def test_the_hold_out_is_the_same_for_any_number_of_folds(self) -> None:
        held = [make_plan(many(), folds=folds).hold_out() for folds in (2, 3, 5, 10, 20)]
        for other in held[1:]:
            np.testing.assert_array_equal(other, held[0])

    def test_the_plan_is_the_same_for_any_size(
        self, films_folder: Path, prepared: XrayArrays, tmp_path: Path
    ) -> None:
        half = prepare(read_folder(films_folder), tmp_path / "tiny16", size=16)
        assert half.pixels != prepared.pixels
        first, second = make_plan(prepared, folds=3), make_plan(half, folds=3)
        np.testing.assert_array_equal(first.assignment, second.assignment)
        assert first.fingerprint == second.fingerprint

    def test_no_patient_is_on_two_sides(self, prepared: XrayArrays) -> None:
        for arrays in (prepared, many()):
            plan = make_plan(arrays)
            used = places(plan) != UNUSED
            for group in np.unique(arrays.groups[used]):
                assert len(set(places(plan)[used & (arrays.groups == group)])) == 1

    def test_the_split_seed_changes_it_and_its_fingerprint(self) -> None:
        plans = [make_plan(many(), splits=Splits(seed=seed)) for seed in range(5)]
        assert len({plan.fingerprint for plan in plans}) == 5
        assert len({plan.hold_out().tobytes() for plan in plans}) == 5

    def test_the_folds_differ_in_more_than_their_number(self) -> None:
        """k = 4 is not k = 2 cut in halves: the shuffle depends on k."""
        two, four = make_plan(many(), folds=2), make_plan(many(), folds=4)
        assert two.fingerprint != four.fingerprint
        assert any(len(set(places(two)[four.fold(number)])) == 2 for number in range(4))

    def test_the_global_generator_has_no_part_in_it(self) -> None:
        np.random.seed(1)  # noqa: NPY002
        first = make_plan(many())
        np.random.seed(2)  # noqa: NPY002
        np.testing.assert_array_equal(make_plan(many()).assignment, first.assignment)

    def test_the_same_plan_as_when_this_was_written(self) -> None:
        """A change of the plan makes finished runs incomparable: it is to be noticed here, not by users."""
        plan = make_plan(films(np.arange(18, 48), np.arange(30) % 2), folds=3)
        assert "".join("h" if place < 0 else str(place) for place in places(plan)) == "1001102h21h22102100h12220112h0"

    def test_the_fingerprint_tells_labels_apart(self) -> None:
        arrays = many()
        other = replace(arrays, meta={"films": "other"})
        assert make_plan(other).fingerprint != make_plan(arrays).fingerprint


class TestRefused:
    @pytest.mark.parametrize("folds", [-1, 0, 1, 21])
    def test_number_of_folds(self, folds: int) -> None:
        with pytest.raises(UserError, match=f"--folds {folds} with"):
            make_plan(many(), folds=folds)

    def test_too_few_patients(self) -> None:
        arrays = films(np.arange(20, 60), np.arange(40) % 2, np.arange(40) % 11)
        with pytest.raises(UserError) as caught:
            make_plan(arrays, folds=5)
        assert "--folds 5 with 11 patients" in caught.value.given
        assert set(places(make_plan(arrays, folds=4))) == {-1, 0, 1, 2, 3}

    def test_films_without_labels_do_not_count(self) -> None:
        with pytest.raises(UserError, match="with 9 films of unknown patients"):
            make_plan(films([50.0] * 9 + [np.nan] * 40, [-1] * 49), folds=5)

    def test_split_seed(self) -> None:
        with pytest.raises(UserError, match="--split-seed -1"):
            make_plan(many(), splits=Splits(seed=-1))


@st.composite
def any_films(draw: st.DrawFn) -> XrayArrays:
    """Up to 90 films: any grouping, from one film a patient to one patient with nearly all."""
    count = draw(st.integers(12, 90))
    patients = draw(st.integers(6, count))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    skew = draw(st.sampled_from([0.0, 1.0, 3.0]))
    groups = (patients * rng.random(count) ** (1 + skew)).astype(int)
    age = rng.uniform(0, 120, count).round()
    age[rng.random(count) < draw(st.sampled_from([0.0, 0.2, 1.0]))] = np.nan
    gender = np.where(rng.random(count) < draw(st.sampled_from([0.0, 0.2, 1.0])), -1, rng.integers(0, 2, count))
    return films(age, gender, groups)


class TestAnyFilms:
    @given(arrays=any_films(), folds=st.integers(2, 6), seed=st.integers(0, 5))
    def test_what_always_holds(self, arrays: XrayArrays, folds: int, seed: int) -> None:
        try:
            plan = make_plan(arrays, folds=folds, splits=Splits(seed=seed))
        except UserError:
            assume(False)
        place = places(plan)
        usable = np.isfinite(arrays.labels["age"]) | (np.isfinite(arrays.labels["gender"]))
        np.testing.assert_array_equal(place == UNUSED, ~usable)
        assert set(place[usable]) == set(range(-1, folds)), "a fold or the hold-out is empty"
        for group in np.unique(arrays.groups[usable]):
            assert len(set(place[usable & (arrays.groups == group)])) == 1
        again = make_plan(arrays, folds=folds, splits=Splits(seed=seed))
        np.testing.assert_array_equal(again.assignment, plan.assignment)
        assert again.fingerprint == plan.fingerprint

    @given(arrays=any_films(), seed=st.integers(0, 2**32 - 1))
    def test_the_order_of_the_films_has_no_part_in_it(self, arrays: XrayArrays, seed: int) -> None:
        order = np.random.default_rng(seed).permutation(len(arrays.ids))
        shuffled = replace(
            arrays,
            labels=at_rows(arrays.labels, order),
            ids=arrays.ids[order],
            groups=arrays.groups[order],
        )
        try:
            plan = make_plan(arrays, folds=3)
        except UserError:
            assume(False)
        np.testing.assert_array_equal(places(make_plan(shuffled, folds=3)), places(plan)[order])

    @given(count=st.integers(40, 300), seed=st.integers(0, 2**32 - 1), folds=st.integers(2, 8))
    def test_one_film_a_patient_is_even_to_the_film(self, count: int, seed: int, folds: int) -> None:
        """In every stratum the folds differ by one film at most, and the hold-out from its share by less than one."""
        rng = np.random.default_rng(seed)
        arrays = films(rng.integers(0, 100, count), rng.integers(0, 2, count))
        plan = make_plan(arrays, folds=folds)
        stratum = groups_of(LABELS["age"], arrays.labels["age"]) * 2 + arrays.labels["gender"]
        for kind in np.unique(stratum):
            here = places(plan)[stratum == kind]
            per_fold = [int((here == fold).sum()) for fold in range(folds)]
            assert max(per_fold) - min(per_fold) <= 1
            assert abs((here == HOLD_OUT).sum() - 0.15 * len(here)) < 1


def even(arrays: XrayArrays, plan: FoldPlan, *, years: float, share: float, size: float) -> None:
    """Mean age and share of men of every fold and the hold-out are those of all films, sizes as they should be."""
    age, gender = arrays.labels["age"], arrays.labels["gender"]
    parts = {"hold-out": plan.hold_out(), **{f"fold {number}": plan.fold(number) for number in range(plan.folds)}}
    wanted = {"hold-out": 0.15}
    for name, part in parts.items():
        assert abs(age[part].mean() - age.mean()) < years, name
        assert abs(age[part].std() - age.std()) < years, name
        assert abs((gender[part] == 1).mean() - (gender == 1).mean()) < share, name
        assert abs(part.mean() - wanted.get(name, 0.85 / plan.folds)) < size, name


def column_of(folder: Path, name: str) -> pd.DataFrame:
    """By imageId."""
    return pd.read_csv(folder / f"train_{name}.csv").set_index("imageId")


@pytest.fixture(scope="module")
def spr() -> XrayArrays:
    """The 10,702 labels of the SPR set, without its films."""
    folder = DATA / "spr_labels"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    table = column_of(folder, "age").join(column_of(folder, "gender")).sort_index()
    return films(table.age, table.gender)


@pytest.fixture(scope="module")
def nih() -> XrayArrays:
    """760 labels of 532 patients."""
    folder = DATA / "nih"
    if not folder.is_dir():
        pytest.skip(f"needs {folder}")
    table = column_of(folder, "age").join(column_of(folder, "gender")).join(column_of(folder, "patient")).sort_index()
    return films(table.age, table.gender, table.patient)


class TestRealLabels:
    @pytest.mark.parametrize("folds", [3, 5, 10])
    def test_spr_is_even(self, spr: XrayArrays, folds: int) -> None:
        even(spr, make_plan(spr, folds=folds), years=0.35, share=0.004, size=0.002)

    def test_spr_is_not_split_by_order(self, spr: XrayArrays) -> None:
        """The order of the ids leaks the label: no fold may be a run of neighbours."""
        plan = make_plan(spr)
        for number in range(-1, 5):
            part = np.flatnonzero(places(plan) == number)
            assert np.median(np.diff(part)) < 20 and part[0] < 100 and part[-1] > 10_600

    @pytest.mark.parametrize("folds", [3, 5])
    def test_nih_is_even(self, nih: XrayArrays, folds: int) -> None:
        even(nih, make_plan(nih, folds=folds), years=1.5, share=0.04, size=0.01)

    def test_nih_keeps_patients_together(self, nih: XrayArrays) -> None:
        table = pd.DataFrame({"group": nih.groups, "place": places(make_plan(nih))})
        assert len(table.group.unique()) == 532
        assert (table.groupby("group").place.nunique() == 1).all()

    def test_a_plan_of_the_whole_set_is_quick(self, spr: XrayArrays) -> None:
        begun = time.process_time()
        make_plan(spr)
        assert time.process_time() - begun < 5
