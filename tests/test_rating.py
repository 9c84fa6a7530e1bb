"""A worker that is asked how fast it trains in each precision."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import pytest
from run_folders import asked, experiment

from runners._training import rating
from runners._training.jobs import TrainingJobs
from runners._workers.messages import Rate, Rated
from runners._workers.setup import setup_of
from search_spaces import load_space
from xrays.arrays import XrayArrays
from xrays.folds import make_plan


class Nobody:
    def send(self, message: Any) -> None:
        raise AssertionError(message)


BOTH = ("float32", "mixed")


@pytest.mark.parametrize(
    ("has", "asked_for", "rated"),
    [(True, BOTH, BOTH), (False, BOTH, ("float32",)), (False, ("mixed",), ("mixed",))],
)
def test_only_what_may_win_or_was_given_is_rated_and_the_worker_s_own_policy_stays(
    has: bool,
    asked_for: tuple[str, ...],
    rated: tuple[str, ...],
    prepared: XrayArrays,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """`--precision mixed` was given where a processor only imitates bfloat16, too: numbers of workers are compared in
    it."""
    monkeypatch.setattr(rating, "has_bfloat16", lambda: has)
    monkeypatch.setattr(rating, "TURN", 0.01)
    plan = make_plan(prepared, folds=2)
    jobs = TrainingJobs(setup_of(prepared.path, plan.assignment, experiment(folds=2)), Nobody())  # type: ignore[arg-type]
    space = load_space("cnn")
    params = {**space.first, "depth": 2, "filters": 8}
    before = keras.config.dtype_policy().name
    replies = [jobs.do(Rate(asked(0, params), asked_for)) for _ in range(2)]
    for reply in replies:
        assert isinstance(reply, Rated)
        assert tuple(reply.films) == tuple(reply.of_processor) == rated
        assert np.isfinite([*reply.films.values(), *reply.of_processor.values()]).all()
    assert keras.config.dtype_policy().name == before
