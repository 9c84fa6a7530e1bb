"""Whether a prior is found out that speaks for what does well elsewhere, and one that was luck."""

from __future__ import annotations

import math
import random
import statistics
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from run_folders import trial

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from _prior_checked import Search, checked, log_ratio, show_checked

from search_spaces import load_space
from search_spaces._cost import draw
from search_spaces._hyperparameters import Scalar
from search_spaces._portfolio import without_portfolio
from search_spaces._prior import Parts
from search_spaces._space import domains
from trials.records import TrialResult
from xrays.tasks import TASKS

SPACE, AGE = without_portfolio(load_space("cnn")), TASKS["age"]


def tried(**changes: Scalar) -> TrialResult:
    params = {**SPACE.first, **changes}
    return replace(trial(0, [9.0] * 3, params=params), recipe=SPACE.recipe(params).active(AGE))


def search(group: str, best: int, seed: int) -> Search:
    """60 random trials, of which those with so many filters are good."""
    rng, found = random.Random(seed), []
    for _ in range(60):
        params: dict[str, Scalar] = {name: draw(domain, rng) for name, domain in domains(SPACE).items()}
        found.append((rng.random() + (params["filters"] != best), tried(**params)))
    return Search(group, AGE, found)


def test_how_much_more_likely_a_configuration_is() -> None:
    """By the parameters that have an effect; of a range by its part."""
    prior = {
        "filters": {8: 1.0, 16: 2.0, 24: 1.0, 32: 0.5, 48: 0.5},
        "dropout": Parts(0.0, 0.6, (1.0, 1.0, 1.0, 3.0)),
        "augment_rotation_strength": Parts(0.0, 1.0, (3.0, 1.0, 1.0, 1.0)),
    }
    assert log_ratio(SPACE, AGE, tried(filters=16, dropout=0.5), prior) == pytest.approx(math.log(2) + math.log(2))
    assert log_ratio(SPACE, AGE, tried(filters=48, dropout=0.1), prior) == pytest.approx(math.log(0.5 / 1.5))


def test_a_prior_that_helps_elsewhere_and_one_that_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    """Found without the group: what is good in one group alone is bad news there."""
    same = list(checked(SPACE, [search("a", 24, 1), search("a", 24, 2), search("b", 24, 3), search("b", 24, 4)]))
    assert [row.group for row in same] == ["a", "b"] and all(row.parameters for row in same)
    assert all(statistics.fmean(row.good) > 0.1 > statistics.fmean(row.rest) for row in same)
    other = list(checked(SPACE, [search("a", 24, 1), search("a", 24, 2), search("c", 8, 5), search("c", 8, 6)]))
    assert all(statistics.fmean(row.good) < 0 for row in other)
    assert all(len(row.good) == 40 and len(row.rest) == 80 for row in (*same, *other))
    show_checked(same)
    assert len(capsys.readouterr().out.splitlines()) == 6
