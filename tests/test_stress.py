"""`--stress id-blocks`: folds are blocks of neighbouring ids, the hold-out is as ever, and every score says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from pages import words
from run_folders import experiment, mixed, run_folder
from test_folds import films, many, nih, places, spr  # noqa: F401
from test_search_calls import Calls, calls  # noqa: F401

from reports._page.build import build_report
from runners._ablation.repeats import repeat_of
from runners._models.card import _note
from runners._search.labels import check_labels
from runners._terminal.summary import summary
from trials.films import Films
from trials.final import leading
from xrays.arrays import XrayArrays
from xrays.dealing import dealt_in_blocks, outside
from xrays.errors import UserError
from xrays.folds import HOLD_OUT, make_plan
from xrays.splits import Splits

BLOCKS = Splits(stress="id-blocks")


def runs_of(values: NDArray[np.int8]) -> list[int]:
    """[0, 0, 1, 1, 0] -> [0, 1, 0]."""
    return [int(values[0]), *(int(value) for value in values[1:][np.diff(values) != 0])]


def even(arrays: XrayArrays, folds: int) -> float:
    """By how many years the mean ages of ordinary folds, or of blocks, differ."""
    return spread(arrays, places(make_plan(arrays, folds=folds)))


def spread(arrays: XrayArrays, assignment: NDArray[np.int8]) -> float:
    means = [np.nanmean(arrays.labels["age"][assignment == fold]) for fold in range(assignment.max() + 1)]
    return float(max(means) - min(means))


class TestPlan:
    @pytest.mark.parametrize("folds", [2, 3, 5, 10])
    def test_every_fold_is_a_block_of_neighbouring_ids(self, folds: int) -> None:
        arrays = films(np.arange(101) % 60 + 20, np.arange(101) % 2)
        plan = make_plan(arrays, folds=folds, splits=BLOCKS)
        dealt = places(plan)[plan.development()]
        assert runs_of(dealt) == list(range(folds))
        sizes = np.bincount(dealt)
        assert sizes.max() - sizes.min() <= 1

    def test_the_order_of_the_rows_has_no_part_in_it(self) -> None:
        arrays, order = films(np.arange(60) + 20, np.arange(60) % 2), np.random.default_rng(0).permutation(60)
        shuffled = dealt_in_blocks(arrays.ids[order], arrays.groups[order], np.zeros(60, np.int8), folds=4)
        np.testing.assert_array_equal(shuffled, np.arange(60)[order] // 15)

    def test_the_hold_out_is_that_of_ordinary_folds(self) -> None:
        for splits in (Splits(), Splits(seed=3, holdout=0.3)):
            ordinary = make_plan(many(), splits=splits)
            blocks = make_plan(many(), splits=replace(splits, stress="id-blocks"))
            np.testing.assert_array_equal(blocks.hold_out(), ordinary.hold_out())
            assert blocks.fingerprint != ordinary.fingerprint
        nothing = make_plan(many(), splits=Splits(holdout=0.0, stress="id-blocks"))
        assert not nothing.hold_out().any()

    def test_a_patient_lies_where_its_first_film_does(self) -> None:
        groups = np.arange(40) // 2
        groups[39] = 0
        dealt = dealt_in_blocks(np.arange(40), groups.astype(np.str_), np.zeros(40, np.int8), folds=4)
        assert dealt[39] == dealt[0] == 0 and runs_of(dealt[:39]) == [0, 1, 2, 3]
        assert outside(np.arange(40), dealt) == 1 and outside(np.arange(39), dealt[:39]) == 0

    def test_no_fold_is_empty_where_one_patient_has_most_films(self) -> None:
        for large in range(4):
            groups = np.repeat(np.arange(4), [30 if number == large else 1 for number in range(4)]).astype(np.str_)
            dealt = dealt_in_blocks(np.arange(33), groups, np.zeros(33, np.int8), folds=4)
            assert runs_of(dealt) == [0, 1, 2, 3]

    def test_equal_folds_are_another_plan_all_the_same(self) -> None:
        """Otherwise a page would show the one among runs of the other."""
        arrays = films(np.full(4, 50), np.zeros(4))
        found = [
            (make_plan(arrays, folds=2, splits=ordinary), make_plan(arrays, folds=2, splits=blocks))
            for seed in range(30)
            for ordinary in [Splits(seed, 0.0)]
            for blocks in [replace(ordinary, stress="id-blocks")]
        ]
        equal = [pair for pair in found if (pair[0].assignment == pair[1].assignment).all()]
        assert equal and all(one.fingerprint != other.fingerprint for one, other in equal)

    @given(
        sizes=st.lists(st.integers(1, 30), min_size=4, max_size=30),
        folds=st.integers(2, 4),
        turn=st.floats(0, 1),
        seed=st.integers(0, 99),
    )
    def test_whatever_the_patients_are(self, sizes: list[int], folds: int, turn: float, seed: int) -> None:
        """No fold is empty, patients are whole, what is in no fold stays out, and blocks go round at most once."""
        groups = np.repeat(np.arange(len(sizes)), sizes).astype(np.str_)
        assignment = np.where(np.random.default_rng(seed).random(len(groups)) < 0.2, HOLD_OUT, 0).astype(np.int8)
        used = np.flatnonzero(assignment >= 0)
        if len(np.unique(groups[used])) < folds:
            return
        dealt = dealt_in_blocks(np.arange(len(groups)), groups, assignment, folds=folds, turn=turn)
        np.testing.assert_array_equal(dealt[assignment < 0], HOLD_OUT)
        assert set(dealt[used]) == set(range(folds))
        assert all(len(set(dealt[used][groups[used] == group])) == 1 for group in set(groups[used]))
        order = runs_of(dealt[used])
        assert len(order) <= folds + 1 and (len(order) == folds or order[0] == order[-1] == folds - 1)


class TestRealLabels:
    def test_blocks_of_spr_differ_in_age_by_13_years(self, spr: XrayArrays) -> None:  # noqa: F811
        """The order of its ids leaks the age: that is what the test is for."""
        blocks = make_plan(spr, splits=BLOCKS)
        assert even(spr, 5) < 1 and spread(spr, places(blocks)) > 13

    def test_patients_of_nih_stay_whole(self, nih: XrayArrays) -> None:  # noqa: F811
        plan = make_plan(nih, splits=BLOCKS)
        assert all(len(set(places(plan)[nih.groups == group])) == 1 for group in np.unique(nih.groups))
        sizes = np.bincount(places(plan)[plan.development()])
        assert sizes.max() - sizes.min() < 10


class TestRefused:
    def test_a_word_that_is_none(self) -> None:
        with pytest.raises(UserError, match="--stress blocks"):
            make_plan(many(), splits=Splits(stress="blocks"))

    def test_blocks_of_one_class(self) -> None:
        """What is proposed works: fewer blocks, where these are mixed, and else another task."""
        arrays = films(np.arange(20, 80), (np.arange(60) >= 20).astype(int))
        with pytest.raises(UserError) as caught:
            check_labels(arrays, make_plan(arrays, splits=BLOCKS), "gender", BLOCKS)
        assert "fold 0" in caught.value.given
        assert caught.value.remedy == "python cli.py search --task age --data nowhere --folds 5 --stress id-blocks"
        two = films(np.arange(20, 80), (np.arange(60) % 29 > 14).astype(int))
        with pytest.raises(UserError, match=r"--task gender .*--folds 4 --stress id-blocks"):
            check_labels(two, make_plan(two, splits=BLOCKS), "gender", BLOCKS)
        check_labels(two, make_plan(two, folds=4, splits=BLOCKS), "gender", BLOCKS)
        alone = replace(two, labels={"gender": (np.arange(60) > 50).astype(np.float32)})
        with pytest.raises(UserError) as caught:
            check_labels(alone, make_plan(alone, splits=BLOCKS), "gender", BLOCKS)
        assert caught.value.remedy == "the same command without --stress"


def test_an_ablation_is_a_stress_test_too() -> None:
    """Its folds are blocks with other ends, and the hold-out is left."""
    arrays = films(np.arange(120) % 60 + 20, np.arange(120) % 2)
    plan = make_plan(arrays, folds=3, splits=BLOCKS)
    own = Films(arrays.ids, arrays.groups, arrays.labels, plan.assignment)
    made = [repeat_of(experiment(seed=3), own, repeat, "id-blocks")[1] for repeat in (0, 1, 0)]
    np.testing.assert_array_equal(made[0], made[2])
    assert (made[0] != made[1]).any()
    for dealt in made:
        assert ((dealt[0] == HOLD_OUT) == plan.hold_out()).all() and (dealt != plan.assignment).any()
        assert runs_of(dealt[dealt >= 0]) == [2, 0, 1, 2]


def test_a_search_says_what_its_scores_are_of(calls: Calls, tmp_path: Path) -> None:  # noqa: F811
    store, _ = calls(1, splits=BLOCKS)
    said = " ".join(calls.said)
    assert "folds    3, each a block of neighbouring ids, of about" in said
    assert "CAUTION  scores are of a STRESS TEST (id-blocks)" in said
    assert "best trials, in a stress test (id-blocks)" in summary(store)
    own = store.films()
    _, first = np.unique(own.groups, return_index=True)
    dealt = own.assignment[0, np.sort(first)]
    assert runs_of(dealt[dealt >= 0]) == [0, 1, 2]
    apart = (
        f"outside of their fold's block of ids, with the rest of their patient: {outside(own.ids, own.assignment[0])}"
    )
    assert apart in said and apart in store.provenance.split_notes[0]
    page = words(build_report([store], tmp_path / "report.html"))
    assert "Stress test. Scores are of a STRESS TEST (id-blocks)" in page and "3 folds, stress test" in page
    assert "in a stress test, the best of 1 trial" in page
    best = leading(store)
    assert best and "STRESS TEST" in _note(store.films(), store.provenance.splits, best)
    calls(2, splits=BLOCKS)
    with pytest.raises(UserError, match="--stress"):
        calls(2)


def test_ordinary_folds_are_no_stress_test(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=mixed("age"))
    page = words(build_report([store], tmp_path / "report.html"))
    assert "stress" not in page.lower() and "stress" not in summary(store)
