"""A search and its final on one clock, which only what they do moves on: none of the time is lost between them."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from complete_runs import Honest

from runners._commands import final
from runners._commands.search import search
from runners._final import plan
from runners._search import resolved, session
from runners._search.options import Limits, Place, SearchOptions
from runners._workers.messages import FoldDone, Setup
from runners._workers.parts import STARTING
from trials.provenance import Chosen
from trials.records import ranked
from trials.seeds import finals_of
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.tasks import TASKS

TIMEOUT, MEASURING, USUAL = 900.0, 60.0, 8.0


class Clock:
    """seconds: of time.monotonic(); began: when the call did."""

    def __init__(self) -> None:
        self.seconds = self.began = 1000.0

    def __call__(self) -> float:
        return self.seconds

    @property
    def left(self) -> float:
        return self.began + TIMEOUT - self.seconds


class Timed(Honest):
    """A fold takes its seconds, as does a worker before its first. The better networks are the dearer ones."""

    def __init__(self, setup: Setup, arrays: XrayArrays, clock: Clock, dear: float) -> None:
        super().__init__(setup, arrays)
        self.clock, self.dear = clock, dear
        clock.seconds += STARTING

    def _done(self) -> FoldDone:
        done, job = super()._done(), self._job
        assert job is not None
        luck = random.Random(f"{job.trial.number} {job.fold} {job.seed}").gauss(0, 0.05)
        seconds = (self.dear if good(job.trial.params) else USUAL) * math.exp(luck)
        self.clock.seconds += seconds
        return replace(done, score=replace(done.score, seconds=seconds))


def good(params: Mapping[str, Any]) -> bool:
    return abs(math.log10(params["learning_rate"] / 2e-3)) < 0.15


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", clock)

    def measuring(*given: object) -> tuple[str, Chosen]:
        clock.seconds += MEASURING
        return "float32", Chosen(threads=1)

    monkeypatch.setattr(resolved, "choose", measuring)

    def tied(store: RunStore, most: int) -> list[Any]:
        """All complete ones: who is tied in truth is for test_final.py."""
        return [result for _, result in ranked(store.trials(), TASKS["age"])][:most]

    for module in (final, plan):
        monkeypatch.setattr(module, "finalists", tied)
    return clock


@pytest.mark.parametrize(("dear", "held"), [(10.0, (3, 2)), (20.0, (2, 2)), (40.0, (2, 1)), (90.0, None)])
def test_no_time_is_kept_for_a_final_that_is_not_held(
    dear: float,
    held: tuple[int, int] | None,
    clock: Clock,
    prepared: XrayArrays,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its finalists take what the better networks take, not the usual ones. A call ends with its time, the final and
    what is found out before the search included; no trial fits into what is left, of which less than a tenth of the
    final's was spare."""
    for module in (session, final):
        monkeypatch.setattr(
            module, "open_workers", lambda setup, *place, **given: nullcontext(Timed(setup, prepared, clock, dear))
        )
    said: list[str] = []
    options = SearchOptions(
        "age", prepared.path, 1000, sampler="random", pruner="none", folds=2, epochs=2, seed=1,
        limits=Limits(TIMEOUT, finalists=3), place=Place(1), name="mine", runs=tmp_path, portfolio=False,
    )  # fmt: skip
    store, outcome = search(options, said.append)
    assert outcome.kind == "paused" and len(store.trials()) > 15
    assert [(len(one.trials), len(one.seeds)) for one in finals_of(store.path)] == ([held] if held else [])
    about = [line for line in said if line.startswith("finalists")][-1]
    assert ("is the best over" if held else "2 with 1 further seed each take about 6 min") in about
    assert 0 < clock.left < 2 * 2 * USUAL + 0.1 * TIMEOUT / 4
