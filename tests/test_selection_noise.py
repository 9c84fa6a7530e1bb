"""Noise of the seed: from those on record alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pages import words
from run_folders import add_seed, mixed, run_folder

from reports._page.build import build_report
from trials.noise import seed_noise, seeds_of
from trials.seeds import SeedPart


def test_the_spread_between_seeds_pooled_over_trials(tmp_path: Path) -> None:
    one, other = (run_folder(tmp_path, name, mixed("age")) for name in ("a", "b"))
    assert seed_noise([one, other]) is None
    add_seed(one, 0, 1, (9.0, 9.0, 9.0))
    assert seed_noise([one, other]) is None, "one seed alone has no spread"
    add_seed(one, 0, 1, (9.0, 9.0, 9.0))
    assert seed_noise([one, other]) is None, "the same seed twice is one seed"
    add_seed(one, 0, 2, (8.0, 9.0, 10.0))
    add_seed(one, 0, 3, (10.0, 10.0, 10.0))
    noise = seed_noise([one, other])
    assert noise is not None and (noise.trials, noise.seeds) == (1, 3)
    assert noise.sd == pytest.approx(3**-0.5)  # of 9, 9, 10
    for seed, score in ((1, 9.0), (2, 11.0)):
        add_seed(other, 0, seed, (score, score, score))
    noise = seed_noise([one, other])
    assert noise is not None and (noise.trials, noise.seeds) == (2, 5)
    assert noise.sd == pytest.approx(((2 / 3 + 2) / 3) ** 0.5)


@pytest.mark.parametrize("wild", [4000.0, 1e6, float("nan")])
def test_a_seed_that_diverged_is_counted_by_itself(wild: float, tmp_path: Path) -> None:
    """Of three seeds within a year one more that diverged makes thousands of years."""
    run = run_folder(tmp_path, trials=mixed("age"))
    for seed, score in ((1, 9.0), (2, 9.5), (3, 10.0)):
        add_seed(run, 0, seed, (score, score, score))
    calm = seed_noise([run])
    add_seed(run, 0, 4, (9.0, 9.0, wild))
    noise = seed_noise([run])
    assert calm is not None and noise is not None
    assert (noise.sd, noise.seeds, noise.diverged) == (calm.sd, 3, 1) and calm.diverged == 0
    assert noise.difference == pytest.approx(calm.difference) and noise.difference < 4
    seeds = seeds_of(run)[0]
    assert list(seeds.scores) == [1, 2, 3] and list(seeds.diverged) == [4]
    assert "1 more seed diverged" in words(build_report([run], tmp_path / "report.html"))


def test_a_weak_network_has_not_diverged(tmp_path: Path) -> None:
    """Between seeds it may fall behind the constant, which is its noise."""
    run = run_folder(tmp_path, trials=mixed("gender"), task="gender")
    for seed, score in ((1, 0.6), (2, 0.5), (3, 0.4)):
        add_seed(run, 0, seed, (score, score, score))
    noise = seed_noise([run])
    assert noise is not None and (noise.seeds, noise.diverged) == (3, 0) and noise.sd == pytest.approx(0.1)


@pytest.mark.long
def test_equal_trials_differ_by_more_than_is_said_in_one_of_twenty_cases(tmp_path: Path) -> None:
    rng, beyond, run = np.random.default_rng(0), [], run_folder(tmp_path, trials=mixed("age"))
    for _ in range(150):
        for trial in range(4):
            for seed in (1, 2):
                add_seed(run, trial, seed, [float(rng.normal())] * 3)
        noise = seed_noise([run])
        assert noise is not None
        assert (noise.trials, noise.seeds) == (4, 8), "of this turn alone"
        beyond.append(abs(rng.normal() - rng.normal()) > noise.difference)
        (run.path / SeedPart.lines).unlink()
    assert 0.01 < np.mean(beyond) < 0.1
