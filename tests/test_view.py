"""What a search shows on a terminal."""

from __future__ import annotations

import io
import math
import re
import time
from pathlib import Path

import pytest
from rich.console import Console
from rich.live import Live
from run_folders import asked, experiment, infeasible, trial

from runners._search.budget import Budget
from runners._terminal.view import TerminalView
from runners._words import score_with_interval
from runners._workers.messages import Busy, Epoch, Measured, StageCost
from trials.records import TrialResult
from xrays.tasks import TASKS

OF = experiment()


class Screen(TerminalView):
    """On a terminal of text."""

    def __init__(self, budget: Budget, results: list[TrialResult], workers: int, terminal: bool = True) -> None:
        super().__init__(OF, budget, results, workers)
        self._console = Console(file=io.StringIO(), force_terminal=terminal, width=200, highlight=False)
        self._live, self._interactive = Live(console=self._console, auto_refresh=False), terminal

    @property
    def lines(self) -> list[str]:
        return str(self._live.renderable).splitlines()

    @property
    def said(self) -> str:
        file = self._console.file
        assert isinstance(file, io.StringIO)
        return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", file.getvalue())


def test_what_takes_long_before_an_epoch_is_its_own_trial_s_line() -> None:
    screen = Screen(Budget(9), [], 2)
    first, second = asked(0, {"depth": 3}), asked(1, {"depth": 4})
    for one in (first, second):
        screen.fold_begins(one, 0)
    screen.epoch(first, 0, Epoch(2, 9.5, 1.0))
    screen.progress(Busy("features of densenet121", 10, 40), second)
    assert screen.lines[0].startswith("trial 2 of 9")
    assert screen.lines[1:] == [
        "  trial 0  ·  fold 0 (of 3)  ·  epoch 2/4  ·  now MAE 9.50 years",
        "  trial 1  ·  features of densenet121: 10/40",
    ]
    screen.progress(Busy("features of densenet121", 40, 40), second)
    assert screen.lines[2] == "  trial 1  ·  fold 0 (of 3)  ·  epoch 0/4"
    screen.progress(Busy("features of densenet121", 10, 40), second)
    screen.epoch(second, 0, Epoch(1, 9.0, 1.0))
    assert "features" not in "\n".join(screen.lines)


def test_what_no_trial_waits_for_has_a_line_until_it_is_done() -> None:
    screen = Screen(Budget(9), [], 2)
    screen.fold_begins(asked(0, {"depth": 3}), 0)
    screen.progress(Busy("places", 1, 2))
    assert "epoch 0/4" in screen.lines[0] and screen.lines[1:] == ["  places: 1/2"]
    screen.progress(Busy("places", 2, 2))
    assert len(screen.lines) == 1


def test_a_trial_that_is_only_measured_may_take_long_too() -> None:
    screen = Screen(Budget(9), [], 1)
    screen.progress(Busy("features of densenet121", 1, 40), asked(0, {"depth": 3}))
    assert screen.lines == ["trial 1 of 9  ·  features of densenet121: 1/40"]
    screen.fold_begins(asked(0, {"depth": 3}), 0)
    assert "epoch 0/4" in screen.lines[0]


def test_a_log_hears_when_it_is_done() -> None:
    screen = Screen(Budget(9), [], 1, terminal=False)
    for done in (1, 40):
        screen.progress(Busy("features", done, 40), asked(0, {"depth": 3}))
    assert screen.said == "  features: done\n"


def test_an_untrained_trial_leaves_what_was_measured() -> None:
    """12 epochs of 5 s are a minute a trial."""
    screen = Screen(Budget(10), [], 1)
    screen.measured(Measured((StageCost("train", 4, 4, 1.0, 1.0),), 0.0))
    assert "about 60 s for the first trial" in screen.said and "10 min for all if none" in screen.said
    screen.trial_ends(infeasible(0, "too large"), [infeasible(0, "too large")])
    screen.fold_begins(asked(1, {"depth": 3}), 0)
    assert screen.lines[0].endswith("about 9 min left")


def test_nothing_is_said_of_the_time_left_while_nothing_is_known() -> None:
    screen = Screen(Budget(10), [trial(0, [], "failed")], 1)
    screen.cost_so_far()
    screen.fold_begins(asked(1, {"depth": 3}), 0)
    assert "left" not in screen.lines[0] and not screen.said


@pytest.mark.parametrize("seconds", [math.inf, 100.0])
def test_limits_are_part_of_the_cost(seconds: float) -> None:
    """A thousand trials of a minute, and features once: 18 hours, unless the clock ends it."""
    screen = Screen(Budget(1000, deadline=time.monotonic() + seconds + 0.5), [], 1)
    screen.measured(Measured((StageCost("train", 4, 4, 1.0, 1.0),), 0.0, feature_seconds=3600.0))
    assert "1000 min" not in screen.said and "17 h 40 min for all" in screen.said
    assert ("its limits end the search" in screen.said) == (seconds < math.inf)
    assert ("over 12 hours" in screen.said) == (seconds == math.inf)


def test_a_resume_knows_the_cost(tmp_path: Path) -> None:
    screen = Screen(Budget(4), [trial(0, [9.0] * 3), trial(1, [9.0] * 3)], 2)
    screen.cost_so_far()
    assert "about 22 s a trial so far" in screen.said and "about 22 s to go" in screen.said


def test_a_trial_that_ends_says_how_many_there_are_and_what_is_left() -> None:
    screen = Screen(Budget(6), [], 1, terminal=False)
    results = [trial(number, [9.0, 9.5, 10.0]) for number in range(6)]
    for number, result in enumerate(results):
        screen.trial_ends(result, results[: number + 1])
    lines = screen.said.splitlines()
    assert lines[2].endswith("(22 s; 3 of 6, about 68 s left)") and lines[5].endswith("(22 s; 6 of 6)")


def test_who_stops_a_search_hears_how_long_the_running_folds_take() -> None:
    """Of 7.5 s for four epochs, as in the trial that is there: one fold has three of them to go, the other one."""
    silent, screen = Screen(Budget(9), [], 2), Screen(Budget(9), [trial(0, [9.0] * 3)], 2)
    for view in (silent, screen):
        view.fold_begins(asked(1, {"depth": 3}), 0)
        view.epoch(asked(1, {"depth": 3}), 0, Epoch(1, 9.5, 1.0))
        view.fold_begins(asked(2, {"depth": 4}), 1)
        view.epoch(asked(2, {"depth": 4}), 1, Epoch(3, 9.5, 1.0))
        view.stopping()
    assert "stopping after the running folds, in about 6 s; Ctrl-C again" in screen.said
    assert "stopping after the running folds; Ctrl-C again stops at once and loses them" in silent.said


def test_a_score_and_its_interval_have_one_unit() -> None:
    assert score_with_interval(TASKS["age"], 9.812, (9.1, 10.52)) == "MAE 9.81 years (95 % interval 9.10 to 10.52)"
    assert score_with_interval(TASKS["gender"], 0.9, [0.81, 0.944]) == "accuracy 90.0 % (95 % interval 81.0 to 94.4)"
    assert score_with_interval(TASKS["age"], 9.812, None) == "MAE 9.81 years"
