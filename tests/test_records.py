"""What is known of a trial: its score, size and time, and which trial is the best."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from run_folders import fold_score, infeasible, trial
from strictly import strict

from trials.records import FoldScore, TrialResult, best_trial, ranked
from trials.typed import typed
from xrays.strict_json import as_json
from xrays.tasks import TASKS

AGE, GENDER = TASKS["age"], TASKS["gender"]


class TestRecords:
    def test_scores_are_of_complete_folds_in_their_order(self) -> None:
        folds = (fold_score(AGE, 2, 3.0), fold_score(AGE, 0, 1.0), fold_score(AGE, 1, 9.0, complete=False))
        result = replace(trial(0, [1.0]), folds=folds)
        assert result.fold_scores(AGE) == [1.0, 3.0]
        assert result.score(AGE) == 2.0
        assert replace(result, state="pruned").score(AGE) is None
        assert replace(result, state="failed").score(AGE) is None
        assert infeasible(0, "too large").score(AGE) is None

    def test_size_and_time_are_those_that_are_known(self) -> None:
        folds = [fold_score(AGE, number, 9.0, epochs=3) for number in range(4)]
        timed = [replace(fold, ms_per_film=ms) for fold, ms in zip(folds, (None, 4.0, 1.0, 90.0), strict=True)]
        known = replace(timed[1], parameters=77)
        result = replace(trial(0, [9.0]), folds=(timed[0], known, *timed[2:]))
        assert (result.parameters, result.ms_per_film, result.epochs) == (77, 4.0, 12)
        none = replace(result, folds=())
        assert (none.parameters, none.ms_per_film, none.epochs) == (None, None, 0)

    @pytest.mark.parametrize(("task", "order"), [(AGE, [2, 1, 3]), (GENDER, [1, 3, 2])])
    def test_ranked(self, task: Any, order: list[int]) -> None:
        results = [
            trial(3, [0.9], task=task.name),
            trial(2, [0.7], task=task.name),
            trial(1, [0.9], task=task.name),
            trial(4, [0.1], "pruned", task.name),
            trial(5, [], "failed", task.name),
            infeasible(6, "too large", task=task.name),
        ]
        assert [result.number for _, result in ranked(results, task)] == order
        best = best_trial(results, task)
        assert best is not None and best.number == order[0]
        unknown = trial(0, [math.nan, 0.5], task=task.name)
        assert ranked([unknown, *results], task) == ranked(results, task)
        assert best_trial(results[3:], task) is None and ranked([], task) == []

    @given(st.floats(), st.lists(st.floats(), max_size=4), st.booleans())
    def test_any_fold_survives_json(self, value: float, curve: list[float], complete: bool) -> None:
        """As null whatever is no finite number, which is read as NaN."""
        fold = FoldScore(0, {"mae": value}, 3, 1.5, tuple(curve), tuple(curve), complete, None, 2.0, 0, 9.0)
        result = replace(trial(0, [9.0]), folds=(fold,))
        (back,) = typed(TrialResult, strict(as_json(result))).folds
        given, found = ((each.metrics["mae"], *each.curve, *each.losses) for each in (fold, back))
        np.testing.assert_array_equal(found, [number if math.isfinite(number) else math.nan for number in given])
        assert replace(back, metrics={}, curve=(), losses=()) == replace(fold, metrics={}, curve=(), losses=())
