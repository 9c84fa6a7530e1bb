"""What the command line gives, read and refused."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest
from cli_process import invoked
from house import ROOT

from runners._search import session
from runners._search.engine import engine_of
from runners._search.options import Limits, Place, SearchOptions, seconds
from xrays.errors import UserError


@pytest.mark.parametrize(
    ("text", "expected"), [("90m", 5400), ("8h", 28800), ("45s", 45), ("2D", 172800), ("30", 30)]
)
def test_times_are_read(text: str, expected: float) -> None:
    assert seconds(text) == expected and seconds("") == float("inf")


@pytest.mark.parametrize("text", ["soon", "m", "-3m", "0", "inf", "nan", "3y", "1e999h"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UserError, match="90m"):
        seconds(text)


@pytest.mark.parametrize(
    ("place", "words"),
    [
        (Place(cpus=2), "--worker-cpus without a cluster"),
        (Place(gpus=0.5), "--ray auto --worker-gpus 0.5"),
        (Place(ray="local", cpus=0), "--worker-cpus 0"),
        (Place(ray="local", gpus=-1), "--worker-gpus -1"),
    ],
)
def test_shares_of_a_cluster_are_read_with_a_cluster(place: Place, words: str) -> None:
    with pytest.raises(UserError, match=words):
        engine_of(SearchOptions("age", Path("data"), 10, place=place))
    engine_of(SearchOptions("age", Path("data"), 10, place=Place(ray="auto", cpus=0.5, gpus=0)))


@pytest.mark.parametrize("epochs", [-5, 0])
def test_a_limit_of_no_epochs_is_refused(epochs: int) -> None:
    with pytest.raises(UserError, match=f"--max-fold-epochs {epochs}"):
        engine_of(SearchOptions("age", Path("data"), 10, limits=Limits(fold_epochs=epochs)))
    engine_of(SearchOptions("age", Path("data"), 10, limits=Limits(fold_epochs=1)))


def test_how_many_trials_are_trained_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Budget, as the number of workers is."""
    monkeypatch.setattr("runners._commands.sample.films_or_sample", lambda data, *_, say: data)
    with pytest.raises(UserError, match=r"--max-concurrent -1\n.*a number from 0\n.* --max-concurrent 1 "):
        invoked(["search", "--task", "age", "--data", "data", "--max-concurrent", "-1"])
    limited, usual = (SearchOptions("age", Path("data"), 10, place=Place(max_concurrent=number)) for number in (2, 0))
    budgets = [session._budget(options, math.inf, begun=0.0) for options in (limited, usual)]
    assert [budget.concurrent for budget in budgets] == [2, math.inf]


def test_what_proposes_and_computes_is_asked_for_in_one_file() -> None:
    """Everything else takes it from the search's identity: asked again elsewhere it might be answered otherwise."""
    asks = re.compile(r"options\.(runner|sampler)\b|backend_of_keras\(")
    asking = {
        file.name
        for room in ("_search", "_workers", "_ablation", "_terminal", "_ray", "_training")
        for file in (ROOT / "runners" / room).glob("*.py")
        if asks.search(file.read_text())
    }
    assert asking == {"engine.py"}
