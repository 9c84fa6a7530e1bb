"""A search called again and again: what it is told of its end, and what stays the same from call to call."""

from __future__ import annotations

import shlex
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from fake_workers import FakeWorkers, learning_rate_score

from runners._commands.search import search
from runners._outcome import Outcome
from runners._search import session
from runners._search.budget import trial_count
from runners._search.loop import Search
from runners._search.options import Limits, Place, SearchOptions
from runners._search.place import SettledPlace
from runners._workers.messages import Setup
from trials.store import RunStore
from xrays.arrays import XrayArrays


class Calls:
    """The same search with other budgets, its workers of formulas; `places` keeps where they would have been."""

    def __init__(self, arrays: XrayArrays, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.given: dict[str, Any] = {"data": arrays.path, "runs": runs, "name": "mine", "folds": 3, "epochs": 4}
        self.places: list[SettledPlace] = []
        self.said: list[str] = []
        monkeypatch.setattr(session, "open_workers", self.workers)

    def workers(self, setup: Setup, settled: SettledPlace) -> Any:
        self.places.append(settled)
        return nullcontext(FakeWorkers(setup.experiment, learning_rate_score, films=setup.assignment.shape[1]))

    def __call__(self, trials: int, **given: Any) -> tuple[RunStore, Outcome]:
        self.said = []
        options = SearchOptions("age", trials=trials, pruner="none", **{"sampler": "random", **self.given, **given})
        return search(options, say=self.said.append)


@pytest.fixture
def calls(prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(prepared, tmp_path, monkeypatch)


def test_what_is_suggested_goes_on(calls: Calls) -> None:
    _, outcome = calls(30, limits=Limits(patience=2))
    assert "--patience" in outcome.reason
    store, again = calls(30, limits=Limits(patience=2))
    had = len(store.trials())
    assert again == outcome and "is finished: no better" in " ".join(calls.said) and had < 30
    option, number = shlex.split(outcome.remedy)
    assert option == "--patience"
    store, _ = calls(30, limits=Limits(patience=int(number)))
    assert len(store.trials()) > had


def test_the_end_of_every_call_is_on_record(calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
    store, _ = calls(3, limits=Limits(fold_epochs=12))
    assert store.budget()["ended"] == "finished" and "--max-fold-epochs" in store.budget()["reason"]
    store, _ = calls(4)
    assert (store.budget()["ended"], store.budget()["reason"]) == ("finished", "4 trials")
    calls(2)
    assert store.budget()["ended"] == "finished" and store.budget()["trials"] == 2

    def killed(search: object) -> Outcome:
        raise KeyboardInterrupt

    monkeypatch.setattr(Search, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        calls(5)
    assert "ended" not in store.budget() and store.budget()["trials"] == 5


def test_a_resume_has_the_workers_and_the_memory_of_the_whole_search(calls: Calls) -> None:
    """What is too large for its share must be so in every call."""
    few = {"sets": ("batch_size=16,32",), "place": Place(workers=3)}
    for trials in (5, 6):
        store, _ = calls(trials, **few)
    first, last = calls.places
    assert trial_count(store.trials()) == 6 and first == last and first.place.workers == 3
