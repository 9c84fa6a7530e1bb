"""Searches that would try nothing, or not what was asked for, say so before they begin; a stop before the first trial
has its sentence, too."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from cli_process import called
from conftest import FILMS
from fake_workers import FakeWorkers, learning_rate_score

from runners._commands.search import search
from runners._outcome import Outcome
from runners._search import session
from runners._search.fits import check_fits
from runners._search.options import Limits, Place, SearchOptions
from search_spaces import load_space
from trials.files import in_use
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError


class Calls:
    """Searches on formulas. `said`: the lines of the last call."""

    def __init__(self, arrays: XrayArrays, runs: Path) -> None:
        self.arrays, self.runs, self.said = arrays, runs, ""

    def __call__(self, trials: int, **given: Any) -> tuple[RunStore, Outcome]:
        lines: list[str] = []
        options = {"sampler": "random", "pruner": "none", "folds": 2, "epochs": 2, "name": "mine", **given}
        found = search(SearchOptions("age", self.arrays.path, trials, runs=self.runs, **options), say=lines.append)
        self.said = "\n".join(lines)
        return found


@pytest.fixture
def calls(prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    monkeypatch.setattr(
        session, "open_workers",
        lambda setup, place: nullcontext(FakeWorkers(setup.experiment, learning_rate_score, films=FILMS)),
    )  # fmt: skip
    return Calls(prepared, tmp_path / "runs")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"max_params": 10}, r"--max-params 10: the smallest network of cnn at 32 px has [\d,]+ parameters"),
        ({"place": Place(memory_gb=0.0001)}, r"--worker-memory 0.0001: the smallest network .* takes [\d.]+ GB"),
    ],
)
def test_limits_within_which_nothing_can_be_trained_are_refused(given: Any, said: str, calls: Calls) -> None:
    with pytest.raises(UserError, match=said) as caught:
        calls(3, **given)
    assert caught.value.remedy and not calls.runs.exists()


def test_what_the_smallest_network_fits_into_is_enough() -> None:
    """The number that is named is that of the space: one less is refused, it is not."""
    space, shape = load_space("cnn"), (32, 32, 1)
    with pytest.raises(UserError) as caught:
        check_fits(space, shape, 10, None, 0)
    least = int(caught.value.accepted.split()[0].replace(",", ""))
    check_fits(space, shape, least, None, 0)
    with pytest.raises(UserError):
        check_fits(space, shape, least - 1, None, 0)
    with pytest.raises(UserError, match="for a worker here: the smallest network"):
        check_fits(space, shape, None, 10**5, 0)


def test_given_configurations_that_do_not_come_within_the_trials_are_said(calls: Calls, tmp_path: Path) -> None:
    file = tmp_path / "mine.json"
    file.write_text(json.dumps([{"depth": 2}, {"depth": 3}]))
    for trials, left_out in ((1, 1), (2, 0), (3, 0)):
        store, _ = calls(trials, enqueue=file)
        assert ("CAUTION  " in calls.said) == (left_out > 0)
        if left_out:
            assert f"{left_out} of the given configurations" in calls.said and "--trials 2" in calls.said
    assert [result.params["depth"] for result in store.trials()][:2] == [2, 3], (
        "what the space begins with comes after"
    )
    file.write_text(json.dumps({"depth": 5}))  # on a search that is finished
    calls(3, enqueue=file)
    assert "1 of the given configurations" in calls.said and "--trials 4" in calls.said
    store, _ = calls(4, enqueue=file)
    assert store.trials()[-1].params["depth"] == 5


def test_given_configurations_on_a_search_that_another_limit_has_ended_are_said(calls: Calls, tmp_path: Path) -> None:
    file, epochs = tmp_path / "mine.json", Limits(fold_epochs=8)
    file.write_text(json.dumps([{"depth": 2}]))
    calls(20, limits=epochs)
    store, _ = calls(20, limits=epochs, enqueue=file)
    assert "1 of the given configurations are not tried: the search has ended" in calls.said
    assert "that takes --max-fold-epochs 16" in calls.said and len(store.trials()) == 2
    store, _ = calls(3, limits=Limits(fold_epochs=16), enqueue=file)
    assert store.trials()[2].params["depth"] == 2 and "CAUTION" not in calls.said


def test_ctrl_c_while_the_baselines_are_trained_is_a_stop_like_any_other(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*asked: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(session, "train_baselines", interrupted)
        store, outcome = calls(3)
    assert outcome.kind == "stopped" and "baselines" in outcome.reason
    assert store.budget()["ended"] == "stopped" and not in_use(store.path)
    store, outcome = calls(3)
    assert outcome.kind == "finished" and len(store.trials()) == 3 and store.baselines()


@pytest.mark.slow
def test_the_command_line_tells_it_and_exits_with_two(prepared: XrayArrays, tmp_path: Path) -> None:
    words = ["search", "--task", "age", "--data", prepared.path, "--trials", 3, "--folds", 2, "--epochs", 1]
    for option in (("--max-params", 10), ("--worker-memory", 0.0001)):
        done = called(*words, *option, cwd=tmp_path)
        assert done.returncode == 2 and f"{option[0]} {option[1]}: the smallest network" in done.stderr
        assert not (tmp_path / "runs").exists()


def test_ctrl_c_is_never_without_a_word() -> None:
    """Wherever it comes; a stop that a command tells of itself is told once."""
    program = """
import cli, typer
@cli.app.command()
def interrupted(): raise KeyboardInterrupt
@cli.app.command()
def told(): raise typer.Exit(130)
cli.main()
"""
    for word, said in (("interrupted", "stopped: what was finished is kept"), ("told", "")):
        done = subprocess.run(
            [sys.executable, "-c", program, word], cwd=Path(__file__).parents[1], capture_output=True, text=True
        )
        assert done.returncode == 130 and done.stderr.startswith(said) and bool(done.stderr) == bool(said)
