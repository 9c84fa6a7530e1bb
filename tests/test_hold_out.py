"""The hold-out: as many films as can be, of every label its share, whatever the patients are like."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from test_folds import films, nih, places  # noqa: F401

from xrays.arrays import XrayArrays
from xrays.errors import UserError
from xrays.folds import FoldPlan, make_plan
from xrays.label_values import groups_of
from xrays.labels import LABELS
from xrays.splits import Splits

SEEDS = range(23)


def labelled(count: int, groups: NDArray[np.int64] | None = None, seed: int = 0) -> XrayArrays:
    """Films with both labels, one a patient where nothing else is given."""
    rng = np.random.default_rng(seed)
    return films(rng.integers(18, 90, count), rng.integers(0, 2, count), groups)


def beside(large: int, count: int = 100) -> NDArray[np.int64]:
    """Groups of films: one patient with `large` of them, the others with one each."""
    return np.maximum(np.arange(count) - large + 1, 0)


class TestShare:
    @pytest.mark.parametrize("seed", [0, 1, 2])
    @pytest.mark.parametrize(
        ("count", "groups", "wanted"),
        [
            *((100, beside(large), 15) for large in (10, 20, 40, 60)),
            *((count, None, count * 15 // 100) for count in (20, 40, 60, 200)),
            (100, np.arange(100) // 5, 15),
        ],
        ids=["one of 10", "one of 20", "one of 40", "one of 60", "20", "40", "60", "200", "twenty of 5"],
    )
    def test_it_is_met(self, count: int, groups: NDArray[np.int64] | None, wanted: int, seed: int) -> None:
        plan = make_plan(labelled(count, groups, seed), splits=Splits(seed=seed))
        assert plan.hold_out().sum() == wanted

    def test_of_real_films(self, nih: XrayArrays) -> None:  # noqa: F811
        assert [make_plan(nih, splits=Splits(seed=seed)).hold_out().sum() for seed in range(5)] == [114] * 5

    @given(
        sizes=st.one_of(
            st.lists(st.integers(1, 60), min_size=6, max_size=60),
            st.lists(st.sampled_from([1, 1, 1, 2, 3, 40]), min_size=6, max_size=120),
            st.lists(st.sampled_from([7, 12, 31]), min_size=6, max_size=40),
        ),
        seed=st.integers(0, 2**32 - 1),
    )
    @settings(max_examples=300)
    def test_no_choice_of_patients_comes_nearer(self, sizes: list[int], seed: int) -> None:
        groups = np.repeat(np.arange(len(sizes)), sizes)
        arrays = labelled(len(groups), groups, seed)
        try:
            held = make_plan(arrays, folds=2, splits=Splits(seed=seed)).hold_out().sum()
        except UserError:  # one patient has nearly all films
            assume(False)
        sums = {0}
        for size in sizes:
            sums |= {total + size for total in sums}
        wanted = 0.15 * len(groups)
        assert abs(held - wanted) == pytest.approx(min(abs(total - wanted) for total in sums - {0}))

    def test_patients_with_more_films_are_in_it_too(self) -> None:
        """Patients of two and three films have their share; those who would be a large part of it have none."""
        sizes = np.repeat([1, 2, 3, 30], [200, 60, 40, 4])
        arrays = labelled(sizes.sum(), np.repeat(np.arange(len(sizes)), sizes))
        held = set(arrays.groups[make_plan(arrays).hold_out()])
        number = {size: sum(f"patient {n}" in held for n in np.flatnonzero(sizes == size)) for size in (1, 2, 3, 30)}
        assert number[30] == 0
        assert number[1] / 200 == pytest.approx(number[2] / 60, abs=0.05)
        assert number[1] / 200 == pytest.approx(number[3] / 40, abs=0.05)

    def test_one_patient_with_nearly_all_films(self) -> None:
        arrays = labelled(100, beside(95))
        with pytest.raises(UserError, match="--folds 2 with 1 patient beside those of the hold-out"):
            make_plan(arrays, folds=2)


def genders(plan: FoldPlan, arrays: XrayArrays, gender: int) -> list[int]:
    """Films of a gender in the hold-out and in every fold."""
    its = arrays.labels["gender"] == gender
    return [int((its & part).sum()) for part in (plan.hold_out(), *map(plan.fold, range(plan.folds)))]


class TestRareLabels:
    @pytest.mark.parametrize(("count", "known"), [(60, 6), (80, 6), (100, 8), (200, 10), (300, 30)])
    def test_few_films_with_a_gender(self, count: int, known: int) -> None:
        """The hold-out has its share of them to the film, and no fold two more than another one."""
        for seed in SEEDS:
            arrays = labelled(count, seed=seed)
            arrays.labels["gender"][np.random.default_rng(seed).permutation(count)[known:]] = np.nan
            plan = make_plan(arrays, splits=Splits(seed=seed))
            held, *folds = np.add(genders(plan, arrays, 0), genders(plan, arrays, 1))
            assert held > 0 and abs(held - 0.15 * known) < 1
            assert max(folds) - min(folds) <= 2

    @pytest.mark.parametrize(("women", "wanted"), [(1, 0), (2, 0), (4, 1), (8, 1), (14, 2)])
    def test_few_women(self, women: int, wanted: int) -> None:
        for seed in SEEDS:
            arrays = labelled(60, seed=seed)
            arrays.labels["gender"][:] = np.random.default_rng(seed).permutation(60) >= women
            held, *folds = genders(make_plan(arrays, splits=Splits(seed=seed)), arrays, 0)
            assert held == wanted
            assert max(folds) <= -(-(women - wanted) // 5) + 1

    @pytest.mark.parametrize("films_each", [1, 3])
    def test_few_women_with_several_films(self, films_each: int) -> None:
        """As many as their share, whether they have one film or three."""
        for seed in SEEDS:
            groups = np.arange(180) // films_each
            arrays = labelled(180, groups, seed)
            women = np.random.default_rng(seed).permutation(groups.max() + 1)[: 18 // films_each]
            arrays.labels["gender"][:] = ~np.isin(groups, women)
            assert genders(make_plan(arrays, splits=Splits(seed=seed)), arrays, 0)[0] == 3

    def test_few_films_with_an_age(self) -> None:
        for seed in SEEDS:
            arrays = labelled(100, seed=seed)
            arrays.labels["age"][np.random.default_rng(seed).permutation(100)[10:]] = np.nan
            known = np.isfinite(arrays.labels["age"])
            assert (known & make_plan(arrays, splits=Splits(seed=seed)).hold_out()).sum() in (1, 2)

    def test_the_only_film_of_a_stratum_stays_in_development(self) -> None:
        """One boy, one woman of 90 among two hundred of middle age."""
        for seed in SEEDS:
            arrays = labelled(200, seed=seed)
            arrays.labels["age"][:] = np.random.default_rng(seed).integers(40, 70, 200)
            arrays.labels["age"][:2], arrays.labels["gender"][:2] = (12, 91), (1, 0)
            assert not make_plan(arrays, splits=Splits(seed=seed)).hold_out()[:2].any()

    @given(count=st.integers(40, 300), seed=st.integers(0, 2**32 - 1))
    def test_a_label_has_its_share_to_the_film(self, count: int, seed: int) -> None:
        rng = np.random.default_rng(seed)
        arrays = films(rng.normal(50, 20, count).clip(0, 100), rng.random(count) < rng.random())
        held = make_plan(arrays, splits=Splits(seed=seed % 7)).hold_out()
        for label in (arrays.labels["gender"], groups_of(LABELS["age"], arrays.labels["age"])):
            for value in np.unique(label):
                assert abs(held[label == value].sum() - 0.15 * (label == value).sum()) < 1


class TestAnotherSeed:
    @pytest.mark.parametrize("groups", [None, np.arange(100) // 5, beside(40)])
    def test_it_holds_out_others(self, groups: NDArray[np.int64] | None) -> None:
        plans = [make_plan(labelled(100, groups), splits=Splits(seed=seed)) for seed in range(8)]
        assert len({plan.hold_out().tobytes() for plan in plans}) >= 3
        assert all(set(places(plan)) == {-1, 0, 1, 2, 3, 4} for plan in plans)
