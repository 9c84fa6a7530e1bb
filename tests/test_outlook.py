"""What more of a search would bring: by hand, in simulations, and the page and its check in the same words."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from pages import group_of, rows_of
from predicted_runs import predicted_run

from reports import load
from reports._drawing.outlook import forecast
from reports.checks import load as load_check
from trials.outlook import outlook_of
from trials.store import RunStore
from xrays.statistics.further import first_best, gain_of_more


def test_who_is_the_best_of_those_that_come_first() -> None:
    """Of the six pairs of four draws the best is in three, the second leads two more, the third the last."""
    assert first_best(4, 2, 4).tolist() == pytest.approx([3 / 6, 2 / 6, 1 / 6, 0])
    assert first_best(4, 2, 2).tolist() == pytest.approx([3 / 5, 2 / 5])
    assert first_best(4, 4, 3).tolist() == [1, 0, 0] and first_best(9, 1, 9).tolist() == pytest.approx([1 / 9] * 9)


def test_the_gain_of_twice_as_many_is_that_over_half_of_them() -> None:
    """By the scores the first is the best, on the other part the last is."""
    inside, outside = np.array([[1.0, 2, 3, 4]]), np.array([[5.0, 7, 9, 0]])
    gain = gain_of_more(inside, outside, draws=4, more=4)
    assert gain.mean == pytest.approx(0 * 3 / 6 + 2 * 2 / 6 + 4 * 1 / 6) and gain.chance == 0.5
    assert gain_of_more(inside[:, ::-1], outside, 4, 4).mean == pytest.approx(9 * 2 / 6 + 7 * 1 / 6)
    assert math.isnan(gain_of_more(inside, np.full((1, 4), np.nan), 4, 4).mean)
    with pytest.raises(ValueError, match="9 more than 4"):
        gain_of_more(inside, outside, 4, 9)


def simulated(spread: float, luck: float, bounded: bool, searches: int = 200) -> tuple[float, float]:
    """(what is foretold of 40 more trials after 40, what they have brought), as means over searches."""
    rng = np.random.default_rng(0)
    told, came = [], []
    for number in range(searches):
        true = 10 + spread * (rng.uniform(-1, 1, 80) if bounded else rng.normal(size=80))
        seen = true[:40] + luck * rng.normal(size=(2, 60, 40))
        told.append(gain_of_more(seen[0], seen[1], 40, 40, seed=number).mean)
        scores = true + luck * rng.normal(size=80)
        came.append(true[scores[:40].argmin()] - true[scores.argmin()])
    return float(np.mean(told)), float(np.mean(came))


@pytest.mark.parametrize("bounded", [False, True])
def test_what_is_foretold_comes_or_a_little_less(bounded: bool) -> None:
    told, came = simulated(1.0, 0.5, bounded)
    assert came > 0.03 and 0.8 * came < told < 2.2 * came


def test_nothing_comes_of_trials_that_are_all_alike() -> None:
    """The best score would get better by a quarter of its luck."""
    told, came = simulated(0.0, 1.0, False)
    assert came == 0 and abs(told) < 0.02


def noisy(parent: Path, name: str = "run", seed: int = 0, pruned: int = 10) -> RunStore:
    """Thirty trials, a minute each after the first hour: 5340 s by the clock; the first two are the best."""
    noises = [0.3, 0.3, *np.linspace(0.9, 2.0, 28)]
    return predicted_run(
        parent, "age", noises, name=name, films=300, pruned={5 + number: 1 for number in range(pruned)}, seed=seed
    )


def test_an_hour_at_the_pace_so_far(tmp_path: Path) -> None:
    outlook = outlook_of(noisy(tmp_path))
    assert (outlook.trials, outlook.complete, outlook.more) == (30, 20, 20) and outlook.seconds == 3560
    assert outlook.gain is not None and outlook.gain.chance == pytest.approx(0.4)
    assert outlook.gain.interval.low <= outlook.gain.mean <= outlook.gain.interval.high
    further = outlook_of(noisy(tmp_path, "again"), ahead=9 * 3600.0)
    assert (further.more, further.seconds) == (30, 5340), "no further than as much again"
    assert (slow := outlook_of(noisy(tmp_path, "slow"), ahead=20.0)).more == 1 and slow.seconds == 178, "a trial"


def test_few_trials_tell_nothing(tmp_path: Path) -> None:
    assert outlook_of(predicted_run(tmp_path, "age", [0.5] * 19, name="few")).gain is None
    assert outlook_of(noisy(tmp_path, "raced", pruned=25)).gain is not None
    assert (
        outlook_of(
            predicted_run(tmp_path, "age", [0.5] * 24, name="stopped", pruned=dict.fromkeys(range(4, 24), 1))
        ).gain
        is None
    )


def test_the_page_and_its_check_say_the_same(tmp_path: Path) -> None:
    group = group_of(noisy(tmp_path, "age-0"), noisy(tmp_path, "age-1", seed=1))
    table = load("outlook").data(group)
    said, numbers = map(str, load("outlook").show(table))
    finding = load_check("gaining").look(group)
    assert finding.found.startswith("The search has long stopped gaining")
    for sentence in (finding.found, finding.more.split(". ")[0]):
        assert sentence in said
    assert "Another hour, about 20 trials, would be expected to bring" in said
    assert [row[1:3] for row in rows_of(numbers)[1:]] == [["30, 20 complete", "20 in 59.3 min"]] * 2
    assert table["verdict"].ne("").sum() == 1, "ties are known of the best trial alone"


@pytest.mark.parametrize(
    ("task", "words"), [("age", "years less MAE"), ("gender", "percentage points more accuracy")]
)
def test_a_gain_in_words(task: str, words: str, tmp_path: Path) -> None:
    """The later, the better: in that order more will come than in any."""
    run = predicted_run(tmp_path, task, np.geomspace(8.0, 1.0, 24).tolist(), films=400)
    said = str(load("outlook").show(load("outlook").data(group_of(run)))[0])
    assert words in said and "on other patients (95 %:" in said and "more if trials go on" in said


@pytest.mark.parametrize(
    ("seconds", "more", "words"),
    [
        (3560.0, 20, "Another hour, about 20 trials"),
        (1500.0, 30, "Another 25.0 min, as long as it has taken so far, about 30 trials"),
        (9000.0, 1, "Another 2.5 h, about one trial"),
    ],
)
def test_how_far_it_looks_in_words(seconds: float, more: int, words: str) -> None:
    row = {"task": "age", "trials": 30, "more": more, "seconds": seconds, "gain": 0.5, "low": -0.25, "high": 1.0}
    expected = f"{words}, would be expected to bring 0.50 years less MAE on other patients (95 %: −0.25 to 1.00)."
    assert forecast({**row, "verdict": "luck"}) == expected


def test_without_a_forecast_it_says_why(tmp_path: Path) -> None:
    panels = load("outlook").show(load("outlook").data(group_of(predicted_run(tmp_path, "age", [0.5, 0.6]))))
    assert [str(panel) for panel in panels] == [
        "<p>What more would bring is not known from 2 trials, 2 complete: it takes 20 trials, 5 of them complete.</p>"
    ]
    run = noisy(tmp_path, "lost")
    for file in (run.path / "oof").glob("*.npy"):
        file.unlink()
    assert "30 trials, 20 complete: their predictions are gone" in str(
        load("outlook").show(load("outlook").data(group_of(run)))[0]
    )
