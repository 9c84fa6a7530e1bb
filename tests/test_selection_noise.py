"""Noise of the seed: from repeats on record alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from run_folders import mixed, run_folder

from trials.noise import seed_noise


def test_the_spread_between_seeds_pooled_over_trials(tmp_path: Path) -> None:
    one, other = (run_folder(tmp_path, name, mixed("age")) for name in ("a", "b"))
    assert seed_noise([one, other]) is None
    one.add_repeat({"trial": 0, "seed": 1, "folds": [9.0, 9.0, 9.0]})
    assert seed_noise([one, other]) is None, "one seed alone has no spread"
    one.add_repeat({"trial": 0, "seed": 1, "folds": [9.0, 9.0, 9.0]})
    assert seed_noise([one, other]) is None, "the same seed twice is one seed"
    one.add_repeat({"trial": 0, "seed": 2, "folds": [8.0, 9.0, 10.0]})
    one.add_repeat({"trial": 0, "seed": 3, "folds": [10.0, 10.0, 10.0]})
    noise = seed_noise([one, other])
    assert noise is not None and (noise.trials, noise.seeds) == (1, 3)
    assert noise.sd == pytest.approx(3**-0.5)  # of 9, 9, 10
    for seed, score in ((1, 9.0), (2, 11.0)):
        other.add_repeat({"trial": 0, "seed": seed, "folds": [score] * 3})
    noise = seed_noise([one, other])
    assert noise is not None and (noise.trials, noise.seeds) == (2, 5)
    assert noise.sd == pytest.approx(((2 / 3 + 2) / 3) ** 0.5)


def test_equal_trials_differ_by_more_than_is_said_in_one_of_twenty_cases(tmp_path: Path) -> None:
    rng, beyond = np.random.default_rng(0), []
    for number in range(150):
        run = run_folder(tmp_path, str(number), mixed("age"))
        for trial in range(4):
            for seed in (1, 2):
                run.add_repeat({"trial": trial, "seed": seed, "folds": [float(rng.normal())]})
        noise = seed_noise([run])
        assert noise is not None
        beyond.append(abs(rng.normal() - rng.normal()) > noise.difference)
    assert 0.01 < np.mean(beyond) < 0.1
