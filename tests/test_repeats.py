"""Repeated cross-validation: what holds for any plan, what a search makes of it, and how sure its mean is."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from drawing import new_store
from fake_workers import experiment
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray
from simulated_search import flat
from test_folds import any_films, films, many
from test_search_calls import Calls, calls  # noqa: F401
from test_search_loop import essence, run

from runners._race.pruners import PRUNERS
from runners._race.race import MARGIN
from runners._race.standing import AfterFold
from runners._search.baselines import train_baselines
from runners._search.labels import check_labels
from runners._workers.messages import Train
from runners._workers.stop import Stop
from trials.records import TrialResult
from xrays.arrays import XrayArrays
from xrays.assignment import HOLD_OUT, beside_fold, every_fold
from xrays.errors import UserError
from xrays.folds import MOST, make_plan
from xrays.label_values import labelled
from xrays.splits import Splits
from xrays.statistics.resampled import standard_error
from xrays.tasks import TASKS


def division(row: NDArray[np.int8]) -> frozenset[frozenset[int]]:
    """The films of every fold, whatever its number is."""
    return frozenset(frozenset(np.flatnonzero(row == fold).tolist()) for fold in np.unique(row[row >= 0]))


class TestAnyPlan:
    @given(
        arrays=any_films(),
        folds=st.integers(2, 5),
        repeats=st.integers(1, 4),
        splits=st.builds(
            Splits,
            st.integers(0, 3),
            st.sampled_from([None, 0.0, 0.3]),
            st.just(""),
            st.sampled_from(["", "id-blocks"]),
        ),
    )
    def test_what_always_holds(self, arrays: XrayArrays, folds: int, repeats: int, splits: Splits) -> None:
        try:
            plan = make_plan(arrays, folds=folds, repeats=repeats, splits=splits)
        except UserError as error:
            assume("--repeats" in error.given)
            possible = int(error.remedy.split()[-1])
            assert 1 <= possible < repeats
            plan, repeats = make_plan(arrays, folds=folds, repeats=possible, splits=splits), possible
        assert plan.assignment.shape == (repeats, len(arrays.ids)) and plan.assignment.dtype == np.int8
        once = make_plan(arrays, folds=folds, splits=splits)
        np.testing.assert_array_equal(plan.assignment[0], once.assignment[0])
        assert (once.fingerprint == plan.fingerprint) == (repeats == 1)
        used = labelled(arrays.labels, len(arrays.ids)) & ~plan.hold_out()
        for number, row in enumerate(plan.assignment):
            np.testing.assert_array_equal(row[~used], plan.assignment[0][~used])
            assert set(row[used]) == set(range(number * folds, (number + 1) * folds)), "every film is in one fold"
            for group in np.unique(arrays.groups[used]):
                assert len(set(row[used & (arrays.groups == group)])) == 1
        assert len({division(row) for row in plan.assignment}) == repeats, "another division each time"

    def test_masks_of_folds(self) -> None:
        plan = make_plan(many(), folds=3, repeats=2)
        for fold in every_fold(plan.assignment):
            own, others = plan.fold(fold), beside_fold(plan.assignment, fold)
            np.testing.assert_array_equal(own, plan.assignment[fold // 3] == fold)
            assert not (own & others).any(), "a film is not trained on where it is scored"
            np.testing.assert_array_equal(own | others, plan.development())
        assert (plan.repeats, plan.folds, [*every_fold(plan.assignment)]) == (2, 3, [*range(6)])

    def test_a_split_that_comes_with_the_films_is_held_out_in_every_repeat(self) -> None:
        """It says what is held out, and nothing about folds."""
        arrays = many()
        test = np.isin(arrays.groups, np.unique(arrays.groups)[:80])
        given = replace(arrays, columns={"split": np.where(test, "test", "train")})
        plan = make_plan(given, folds=3, repeats=2, splits=Splits(column="split"))
        assert (plan.assignment[:, test & labelled(arrays.labels, len(test))] == HOLD_OUT).all()
        assert not plan.hold_out()[~test].any() and plan.repeats == 2

    def test_repeats_are_as_even_as_the_first(self) -> None:
        arrays = many(2000, 1500)
        plan = make_plan(arrays, folds=5, repeats=4)
        ages = [np.nanmean(arrays.labels["age"][plan.fold(fold)]) for fold in range(20)]
        assert max(ages) - min(ages) < 1

    def test_more_repeats_begin_with_fewer(self) -> None:
        for splits in (Splits(), Splits(stress="id-blocks")):
            five, two = (make_plan(many(), repeats=repeats, splits=splits) for repeats in (5, 2))
            np.testing.assert_array_equal(five.assignment[:2], two.assignment)


def test_baselines_are_those_of_the_same_folds() -> None:
    arrays = films(np.random.default_rng(0).uniform(20, 80, 60), np.arange(60) % 2)
    plan, task = make_plan(arrays, folds=2, repeats=2), TASKS["age"]
    (constant, probe), made = train_baselines(arrays, task, plan.assignment)
    assert made["constant"].shape == made["linear probe"].shape == (2, 60)
    assert [(fold.fold, fold.repeat) for fold in probe.folds] == [(0, 0), (1, 0), (2, 1), (3, 1)]
    for score in constant.folds:
        learned_from = beside_fold(plan.assignment, score.fold)
        said = made["constant"][plan.assignment == score.fold]
        assert set(said) == {np.float32(np.median(arrays.labels["age"][learned_from]))}
    np.testing.assert_array_equal(np.isfinite(made["linear probe"]), plan.assignment >= 0)


class TestRefused:
    @pytest.mark.parametrize(("repeats", "folds", "best"), [(0, 5, 1), (-3, 5, 1), (21, 5, 20), (999, 20, 5)])
    def test_number(self, repeats: int, folds: int, best: int) -> None:
        with pytest.raises(UserError, match=f"--repeats {repeats} with --folds {folds}") as caught:
            make_plan(many(), folds=folds, repeats=repeats)
        assert caught.value.remedy.endswith(f"--repeats {best}")
        assert make_plan(many(), folds=folds, repeats=best).assignment.max() < MOST

    def test_more_than_there_are_divisions(self) -> None:
        """Four patients are halved in three ways."""
        four, splits = films([50.0] * 4, [0] * 4), Splits(holdout=0.0)
        with pytest.raises(UserError, match="--repeats 9 with --folds 2: these films were divided in 3 ways only"):
            make_plan(four, folds=2, repeats=9, splits=splits)
        assert make_plan(four, folds=2, repeats=3, splits=splits).repeats == 3

    def test_what_a_later_repeat_cannot_score(self) -> None:
        """Each fold has one of the two women or the other, but for blocks that are moved on."""
        arrays = films(np.arange(20, 60), [int(n not in (12, 28)) for n in range(40)])
        blocks = Splits(holdout=0.0, stress="id-blocks")
        plan = make_plan(arrays, folds=2, repeats=2, splits=blocks)
        with pytest.raises(UserError, match=r"fold [23] of") as caught:
            check_labels(arrays, plan, "gender", blocks)
        assert caught.value.remedy.endswith("--folds 2 --holdout 0 --stress id-blocks")
        check_labels(arrays, make_plan(arrays, folds=2, splits=blocks), "gender", blocks)


TWICE = {"folds": 3, "repeats": 2}


class TestSearch:
    def test_a_trial_is_scored_on_all_folds_of_all_repeats(self, tmp_path: Path) -> None:
        store = new_store(tmp_path / "run", experiment(**TWICE))
        _, workers, _ = run(store, 2)
        assert workers.trained == [(trial, fold) for trial in (0, 1) for fold in range(6)]
        films, task = store.films(), TASKS["age"]
        for result in store.trials():
            assert [(fold.fold, fold.repeat) for fold in result.folds] == [(n, n // 3) for n in range(6)]
            assert result.score(task) == pytest.approx(np.mean([fold.metrics["mae"] for fold in result.folds]))
            made = store.out_of_fold(result.number)
            assert made is not None and made.shape == (2, len(films.ids)) and np.isfinite(made).all()
            for fold in result.folds:
                assert set(made[films.assignment == fold.fold]) == {np.float32(fold.metrics["mae"])}

    @pytest.mark.parametrize("pruner", ["none", "race"])
    def test_a_search_stopped_after_every_fold_is_the_unbroken_one(self, tmp_path: Path, pruner: str) -> None:
        whole = new_store(tmp_path / "whole", experiment(pruner=pruner, **TWICE))
        run(whole, 6)
        broken = new_store(tmp_path / "broken", experiment(pruner=pruner, **TWICE))
        for _ in range(6 * 6 + 1):
            stop = Stop()

            def one_fold(job: Train, stop: Stop = stop) -> None:
                stop.asked = 1

            if run(broken, 6, one_fold, stop)[0] == "finished":
                break
        assert list(map(essence, broken.trials())) == list(map(essence, whole.trials()))
        assert sum(len(result.folds) for result in whole.trials()) > 8
        for result in whole.trials():
            theirs, own = (store.out_of_fold(result.number) for store in (whole, broken))
            np.testing.assert_array_equal(theirs, own)

    def test_a_fold_of_another_repeat_is_damage(self, tmp_path: Path) -> None:
        store = new_store(tmp_path / "run", experiment(**TWICE))
        run(store, 1)
        file = store.path / "trials.jsonl"
        file.write_text(file.read_text().replace('"repeat": 1', '"repeat": 0', 1))
        with pytest.raises(UserError, match="trial 0 is none of this run"):
            store.trials()

    def test_another_number_is_refused_by_name_and_the_same_goes_on(self, calls: Calls) -> None:  # noqa: F811
        store, _ = calls(1, repeats=2)
        assert "folds    3 of about" in " ".join(calls.said) and "dealt 2 times" in " ".join(calls.said)
        assert len(store.trials()[0].folds) == 6
        with pytest.raises(UserError, match="repeats was 2, now 3"):
            calls(2, repeats=3)
        with pytest.raises(UserError, match=r"--repeats.*repeats was 2, now 1"):
            calls(2)
        assert len(calls(2, repeats=2)[0].trials()) == 2


def repeated(number: int, *losses: float) -> TrialResult:
    """losses: of three folds a repeat, in standard errors."""
    trial = flat(number, losses)
    return replace(trial, folds=tuple(replace(fold, repeat=fold.fold // 3) for fold in trial.folds))


class TestRace:
    def test_within_the_first_repeat_it_is_that_without_repeats(self) -> None:
        best, once = repeated(0, *[1.0] * 6), flat(0, [1.0] * 3)
        for count in (1, 2, 3):
            for more in np.linspace(0, 1, 41):
                losses = [1.0 + more] * count
                again = AfterFold(TASKS["age"], [best], repeated(1, *losses).folds)
                alone = AfterFold(TASKS["age"], [once], flat(1, losses).folds)
                assert PRUNERS["race"].lost_fold(again) == PRUNERS["race"].lost_fold(alone)

    def test_the_same_films_again_make_nothing_surer(self) -> None:
        """Behind by no more than luck with these films does: on all of them, and so it stays."""
        best, margin = repeated(0, *[1.0] * 6), MARGIN / math.sqrt(3)
        for count in (3, 4, 5):
            for more, lost in ((0.95 * margin, False), (1.05 * margin, True)):
                folds = repeated(1, *[1.0 + more] * count).folds
                assert PRUNERS["race"].lost_fold(AfterFold(TASKS["age"], [best], folds)) == lost

    def test_a_rank_test_judges_within_the_first_repeat(self) -> None:
        best, behind = repeated(0, *[1.0] * 6), repeated(1, *[2.0] * 5)
        lost = [
            PRUNERS["wilcoxon"].lost_fold(AfterFold(TASKS["age"], [best], behind.folds[:count]))
            for count in range(1, 6)
        ]
        assert lost == [False, True, True, False, False]


class TestStandardError:
    def test_by_hand(self) -> None:
        assert standard_error(2.0, 10, folds=5) == pytest.approx(2 * math.sqrt(1 / 10 + 1 / 4))
        assert math.isnan(standard_error(1.0, 1, folds=5))

    @pytest.mark.parametrize(("folds", "repeats"), [(5, 1), (5, 5), (3, 10)])
    def test_is_that_of_repeated_cross_validation(self, folds: int, repeats: int) -> None:
        """What is scored is a mean with noise in its label: trained on n films, scored on the others. Over many draws
        of the films the mean over folds varies by as much as is said, and by far more than the naive error says."""
        rng, films_drawn, means, told, naive = np.random.default_rng(0), 60, [], [], []
        for _ in range(400):
            values = rng.normal(size=films_drawn)
            scores = []
            for _ in range(repeats):
                fold = rng.permutation(films_drawn) % folds
                scores += [
                    np.abs(values[fold == number] - values[fold != number].mean()).mean() for number in range(folds)
                ]
            sd = float(np.std(scores, ddof=1))
            means.append(np.mean(scores))
            told.append(standard_error(sd, len(scores), folds))
            naive.append(sd / math.sqrt(len(scores)))
        true = float(np.std(means, ddof=1))
        assert 0.95 * true < np.sqrt(np.mean(np.square(told))) < 1.75 * true, "right, or on the safe side"
        if repeats > 1:
            assert np.sqrt(np.mean(np.square(naive))) < 0.7 * true
