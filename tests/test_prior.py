"""Which values are worth trying: every sampler proposes them as often as their weights say, and excludes none."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from fake_workers import experiment
from hypothesis import given
from hypothesis import strategies as st
from run_folders import trial

from runners import load_runner, runner_names
from runners._searcher import Ask, Searcher
from search_spaces import load_space
from search_spaces._domains import values
from search_spaces._hyperparameters import Choice, Domain, Integer, Real
from search_spaces._narrow import narrow
from search_spaces._portfolio import without_portfolio
from search_spaces._prior import Parts, Weights, drawn, normal, share_of
from search_spaces._space import Space
from xrays.tasks import TASKS

AGE = TASKS["age"]
WHOLE = without_portfolio(load_space("cnn"))
PRIOR: dict[str, Weights] = {
    "depth": {2: 6, 3: 1, 4: 1, 5: 2},
    "filters": {8: 1, 16: 1, 24: 6, 32: 1, 48: 1},
    "residual": {False: 1, True: 5},
    "learning_rate": Parts(2e-4, 1e-2, (1, 1, 6, 2)),
    "dropout": Parts(0.0, 0.6, (5, 1)),
}
KNOWN = replace(WHOLE, prior=PRIOR)
PAIRS = [
    (runner, sampler) for runner in runner_names() if runner != "grid" for sampler in load_runner(runner).SAMPLERS
]

# --- shares and values

DOMAINS: list[tuple[Domain, Weights]] = [
    (Integer(2, 5), PRIOR["depth"]),
    (Integer(3, 5), PRIOR["depth"]),
    (Choice((8, 16, 24, 32, 48)), PRIOR["filters"]),
    (Choice((24, 48)), PRIOR["filters"]),
    (Real(2e-4, 1e-2, log=True), PRIOR["learning_rate"]),
    (Real(1e-3, 3e-3, log=True), PRIOR["learning_rate"]),
    (Real(0.0, 0.6), PRIOR["dropout"]),
    (Real(0.5, 0.6), PRIOR["dropout"]),
]


@given(st.sampled_from(DOMAINS), st.floats(0, 1), st.floats(0, 1))
def test_values_rise_with_their_shares_and_lead_back(pair: tuple[Domain, Weights], one: float, other: float) -> None:
    domain, weights = pair
    low, high = (drawn(domain, weights, share) for share in sorted((one, other)))
    assert drawn(domain, weights, share_of(domain, weights, low)) == pytest.approx(low)
    if isinstance(domain, Real):
        assert domain.low <= float(low) <= float(high) <= domain.high
        assert share_of(domain, weights, low) == pytest.approx(min(one, other), abs=1e-9)
    else:
        assert list(values(domain)).index(low) <= list(values(domain)).index(high)


def test_the_ends_of_a_range_are_reached() -> None:
    for domain, weights in DOMAINS:
        ends = (domain.low, domain.high) if isinstance(domain, Real) else (values(domain)[0], values(domain)[-1])
        assert (drawn(domain, weights, 0.0), drawn(domain, weights, 1.0)) == pytest.approx(ends)


def test_a_part_has_its_share() -> None:
    even = [share / 1000 for share in range(1000)]
    depths = Counter(drawn(Integer(2, 5), PRIOR["depth"], share) for share in even)
    assert depths == {2: 600, 3: 100, 4: 100, 5: 200}
    assert Counter(drawn(Integer(3, 5), PRIOR["depth"], share) for share in even) == {3: 250, 4: 250, 5: 500}
    low = sum(float(drawn(Real(0.0, 0.6), PRIOR["dropout"], share)) < 0.3 for share in even)
    assert low == pytest.approx(1000 * 5 / 6, abs=1)
    third = [math.log(2e-4) + math.log(50) * part for part in (0.5, 0.75)]
    rates = [math.log(float(drawn(Real(2e-4, 1e-2, True), PRIOR["learning_rate"], share))) for share in even]
    assert sum(third[0] <= rate < third[1] for rate in rates) == pytest.approx(600, abs=1), "on its own scale"


def test_even_weights_are_as_wide_as_the_range() -> None:
    middle, width = normal(Real(1e-4, 1e-2, log=True), Parts(1e-4, 1e-2, (1, 1, 1)))
    assert (middle, width) == pytest.approx((math.log(1e-3), math.log(100)), rel=1e-2)
    middle, width = normal(Real(0.0, 0.6), PRIOR["dropout"])
    assert middle < 0.25 and width < 0.6


# --- samplers


def open_searcher(runner: str, sampler: str, space: Space) -> Searcher:
    for library in getattr(load_runner(runner).SAMPLERS[sampler], "needs", ()):
        pytest.importorskip(library, reason=f"--sampler {sampler} takes an extra of ours")
    identity = experiment(runner=runner, sampler=sampler, seed=3)
    found: Searcher = load_runner(runner).open_searcher(space, AGE, identity)
    return found


def proposed(searcher: Searcher, count: int, first: int = 1) -> list[Any]:
    asks = [searcher.ask(number) for number in range(first, first + count)]
    assert all(isinstance(ask, Ask) for ask in asks)
    return [ask.params for ask in asks if isinstance(ask, Ask)]


def shares(params: list[Any]) -> list[float]:
    """Of proposals with the value that weighs most, of each weighted parameter."""
    middle, high = 2e-4 * 50**0.5, 2e-4 * 50**0.75
    return [
        sum(hit) / len(params)
        for hit in (
            [one["depth"] == 2 for one in params],
            [one["filters"] == 24 for one in params],
            [one["residual"] is True for one in params],
            [middle <= one["learning_rate"] < high for one in params],
            [one["dropout"] < 0.3 for one in params],
        )
    ]


@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_what_a_sampler_draws_follows_the_weights_and_excludes_nothing(runner: str, sampler: str) -> None:
    """Its first draws, of one that learns later; five standard deviations of 150 draws are 0.2."""
    params = proposed(open_searcher(runner, sampler, KNOWN), 150)
    assert shares(params) == pytest.approx([0.6, 0.6, 5 / 6, 0.6, 5 / 6], abs=0.15)
    assert {one["depth"] for one in params} == {2, 3, 4, 5}
    assert {one["filters"] for one in params} == {8, 16, 24, 32, 48}
    assert {one["residual"] for one in params} == {False, True}
    rates = [one["learning_rate"] for one in params]
    assert min(rates) < 4e-4 and max(rates) > 7e-3
    assert len({one["kernel"] for one in params}) == 2, "of what nothing is known"


@pytest.mark.parametrize(("runner", "sampler"), PAIRS)
def test_a_narrowed_space_keeps_the_weights_of_what_is_left(runner: str, sampler: str) -> None:
    smaller = narrow(KNOWN, ["depth=3..5", "learning_rate=1e-3..4e-3", "filters=24,48"], ["residual=true"])
    params = proposed(open_searcher(runner, sampler, smaller), 100)
    of_depth = Counter(one["depth"] for one in params)
    assert set(of_depth) == {3, 4, 5} and 0.35 < of_depth[5] / 100 < 0.65
    assert all(1e-3 <= one["learning_rate"] <= 4e-3 and one["residual"] is True for one in params)
    assert sum(one["filters"] == 24 for one in params) > 75


def test_points_stay_evenly_spread_by_weight() -> None:
    """Of 16 points of a Sobol sequence one in every sixteenth of the weight."""
    params = proposed(open_searcher("optuna", "qmc", KNOWN), 16, first=0)
    for name, domain in (("learning_rate", Real(2e-4, 1e-2, True)), ("dropout", Real(0.0, 0.6))):
        places = [int(16 * share_of(domain, PRIOR[name], one[name])) for one in params]
        assert sorted(places) == list(range(16))


@pytest.mark.long
def test_the_model_of_tpe_allows_by_weight_what_trials_say_nothing_of() -> None:
    """After nine trials of one loss. With weights in its density of bad trials, too, it would go the other way."""

    def after_nine(space: Space) -> list[Any]:
        found = []
        for seed in range(30, 60):
            searcher, blind = (
                load_runner("optuna").open_searcher(of, AGE, experiment(sampler=sampler, seed=seed))
                for of, sampler in ((space, "tpe"), (WHOLE, "random"))
            )
            for number, params in enumerate(proposed(blind, 9, first=0)):
                searcher.tell(trial(number, [9.0] * 3, params=params))
            found += proposed(searcher, 1, first=9)
        return found

    even, known = Counter(), Counter()
    for counted, space in ((even, WHOLE), (known, KNOWN)):
        counted.update(one["filters"] for one in after_nine(space))
    assert known[24] > 2 * even[24] + 3, (known, even)
    assert len(known) > 2, "and nothing is excluded"


def test_the_process_of_keras_tuner_looks_where_the_weight_is() -> None:
    """Values and places in its unit cube lead to each other, and a place is a share."""
    pytest.importorskip("keras_tuner")
    from runners._samplers.keras_tuner_space import Parameters

    declared = Parameters(KNOWN).declared
    for one in declared.space:
        if one.name in PRIOR:
            for share in (0.05, 0.5, 0.93):
                value = one.prob_to_value(share)
                assert value == drawn(*weighted(one.name), share)
                assert one.value_to_prob(value) == share_of(*weighted(one.name), value)


def weighted(name: str) -> tuple[Domain, Weights]:
    from search_spaces._space import domains

    return domains(KNOWN)[name], PRIOR[name]
