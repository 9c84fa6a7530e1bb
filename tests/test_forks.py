"""Forks: a search that differs from the one that is there learns from it, and says from which and what differs."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from fake_workers import FakeWorkers, learning_rate_score
from run_folders import experiment, mixed, run_folder

import trials.files
import trials.store
from runners._commands.search import search
from runners._search import session
from runners._search.forks import differences, fork_path, parent_of, similar_run
from runners._search.options import Place, SearchOptions
from runners._versions import versions
from runners._workers.messages import Setup
from trials.files import write_atomically
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.errors import UserError


class Calls:
    """Searches of random configurations on formulas. `said`: the lines of the last call."""

    def __init__(self, arrays: XrayArrays, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.arrays, self.runs, self.said = arrays, runs, ""
        monkeypatch.setattr(session, "open_workers", self.workers)

    def workers(self, setup: Setup, place: Place) -> Any:
        return nullcontext(FakeWorkers(setup.experiment, learning_rate_score, films=setup.assignment.shape[1]))

    def __call__(self, trials: int = 3, **given: Any) -> RunStore:
        lines: list[str] = []
        options = {"sampler": "random", "pruner": "none", "folds": 2, "epochs": 2, **given}
        store, _ = search(SearchOptions("age", self.arrays.path, trials, runs=self.runs, **options), say=lines.append)
        self.said = "\n".join(lines)
        return store

    def folders(self) -> list[str]:
        return sorted(path.name for path in self.runs.iterdir())

    def make_older(self, store: RunStore) -> None:
        """As if another version of Keras had written it, long ago."""
        file = store.path / "experiment.json"
        record = json.loads(file.read_text())
        record["about"]["versions"]["keras"] = "3.0"
        record["about"]["created"] = "2020-01-01T00:00:00+00:00"
        file.write_text(json.dumps(record))


@pytest.fixture
def calls(prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    return Calls(prepared, tmp_path / "runs", monkeypatch)


def test_a_fork_of_a_fork_knows_what_both_knew(calls: Calls) -> None:
    calls(3, name="mine")
    second = calls(2, name="mine", seed=1, fork=True)
    assert second.path.name == "mine-2" and len(second.known()) == 3
    assert "fork     of mine, another search: seed was 0, now 1" in calls.said
    third = calls(1, name="mine", seed=2, fork=True)
    assert third.path.name == "mine-3" and third.provenance.fork_of == "mine-2"
    assert [result.params for result in third.known()] == [
        result.params for result in (*second.known(), *second.trials())
    ]
    assert [result.number for result in third.known()] == [-1, -2, -3, -4, -5]
    again = calls(2, name="mine", seed=2, fork=True)
    assert again.path == third.path and len(again.trials()) == 2, "the same command goes on"
    assert calls.folders() == ["mine", "mine-2", "mine-3"]


def test_the_search_that_was_begun_without_it_is_forked_all_the_same(calls: Calls) -> None:
    """Whoever reads that --fork would learn from the older run has begun the new one already."""
    calls.make_older(calls(3))
    folds = calls(1, folds=3)
    assert folds.known() == [] and "--fork to learn from it" in calls.said
    fork = calls(1, folds=3, fork=True)
    assert fork.path.name == f"{folds.path.name}-2" and len(fork.known()) == 3


def test_another_version_is_another_search(calls: Calls) -> None:
    calls.make_older(calls(3, name="mine"))
    with pytest.raises(UserError, match=r"keras was 3\.0"):
        calls(3, name="mine")
    fork = calls(1, name="mine", fork=True)
    assert fork.path.name == "mine-2" and len(fork.known()) == 3


def test_without_a_name_the_newest_other_search_is_learnt_from(calls: Calls) -> None:
    """Its folder is named after the search, so the older one is never met there."""
    first = calls(3)
    for name, when in (("older", "2001"), ("newer", "2200")):
        run_folder(calls.runs, name, mixed("age"), provenance={"created": when})
    run_folder(calls.runs, "gender", mixed("gender"), task="gender", provenance={"created": "2300"})
    fork = calls(1, epochs=3, fork=True)
    assert fork.path.name != first.path.name and fork.provenance.fork_of == "newer"
    assert "fork     of newer, another search: " in calls.said and "epochs was 4, now 3" in calls.said
    assert "known    nothing: no trial of newer was trained in full and lies in this space" in calls.said


@pytest.mark.parametrize("name", ["mine", None])
def test_nothing_to_learn_from_is_refused_before_a_folder_is_made(name: str | None, calls: Calls) -> None:
    with pytest.raises(UserError, match="no other search for age in space cnn"):
        calls(1, name=name, fork=True)
    assert not calls.runs.exists()
    calls(1, name=name)
    with pytest.raises(UserError, match="without --fork: it goes on"):
        calls(1, name=name, fork=True)
    assert len(calls.folders()) == 1


def test_a_run_that_nothing_can_be_learnt_from_is_refused(calls: Calls) -> None:
    run_folder(calls.runs, "mine", mixed("gender"), task="gender", provenance={})
    calls(1, name="other")
    with pytest.raises(UserError, match=r"mine is a search for gender[\s\S]*--start-from mine"):
        calls(1, name="mine", seed=1, fork=True)


@pytest.mark.parametrize(
    ("sampler", "said"), [("tpe", "which the sampler learns from"), ("qmc", "qmc proposes the same without them")]
)
def test_it_is_said_whether_the_sampler_learns(sampler: str, said: str, calls: Calls) -> None:
    calls(2, name="mine")
    calls(1, name="mine", sampler=sampler, fork=True)
    assert f"known    2 trials of mine{',' if sampler == 'tpe' else ';'} {said}" in calls.said


def test_a_kill_while_the_fork_is_made_loses_nothing_of_what_it_knows(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls(3, name="mine")
    for last in ("plan.npz", "known.jsonl", "experiment.json"):

        def killed(path: Path, content: bytes, last: str = last) -> None:
            if path.name == last:
                raise KeyboardInterrupt
            write_atomically(path, content)

        with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
            for module in (trials.files, trials.store):
                patch.setattr(module, "write_atomically", killed)
            calls(1, name="mine", seed=1, fork=True)
    assert (calls.runs / "mine-2" / "known.jsonl").exists()
    assert len(calls(1, name="mine", seed=1, fork=True).known()) == 3


def test_a_new_search_beside_one_of_other_folds_says_so_once(calls: Calls) -> None:
    calls(1)
    calls(1, seed=1)
    assert "another search" not in calls.said, "what was asked for"
    calls(1, folds=3)
    assert "new      another search than " in calls.said and "other folds" in calls.said
    calls(2, folds=3)
    assert "another search" not in calls.said, "it goes on"
    calls(1, folds=4, name="mine")
    assert "another search" not in calls.said, "it was given a folder of its own"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"plan": "another"}, "other folds"),
        ({"pixels": "another"}, "other prepared pixels"),
        ({"ranges": "another"}, "another space"),
        ({"versions": {**versions(), "keras": "3.0"}}, "keras was 3.0"),
        ({"seed": 3}, ""),
        ({"plan": "another", "sampler": "qmc"}, ""),
        ({"plan": "another", "data": "others32"}, ""),
        ({"plan": "another", "format": 2}, ""),
    ],
)
def test_what_differs_beside_a_new_search(changes: dict[str, Any], said: str, tmp_path: Path) -> None:
    provenance = {"versions": changes.pop("versions", versions())}
    run_folder(tmp_path, "old", provenance=provenance, **changes)
    own = run_folder(tmp_path, "own", provenance={"versions": versions()})
    found = similar_run(own.path, own.experiment)
    assert (found and said in found and found.startswith(str(tmp_path / "old"))) if said else found is None


def test_differences_are_none_for_the_same_search(tmp_path: Path) -> None:
    run_folder(tmp_path, "run", provenance={"versions": versions()}, narrowing=("depth=3",))
    assert differences(tmp_path / "run", experiment(narrowing=("depth=3",), data="renamed")) == []
    assert differences(tmp_path / "run", experiment(narrowing=())) == ["narrowing was ['depth=3'], now []"]


def test_the_newest_of_a_chain_is_the_parent(tmp_path: Path) -> None:
    for name in ("mine", "mine-2", "mine-4"):
        run_folder(tmp_path, name, provenance={"versions": versions(), "created": "2020"})
    run_folder(tmp_path, "other", provenance={"versions": versions(), "created": "2030"})
    assert parent_of(tmp_path / "mine", experiment(seed=1)).name == "mine-2"
    assert parent_of(tmp_path / "free", experiment(seed=1)).name == "other"


def test_the_run_to_learn_from_can_be_named(calls: Calls) -> None:
    for seed, name in enumerate(("older", "newer", "newest")):
        calls(2, name=name, seed=seed)
    fork = calls(1, epochs=3, name="mine", fork_from="older")
    assert fork.path.name == "mine" and fork.provenance.fork_of == "older" and len(fork.known()) == 2
    assert calls(2, epochs=3, name="mine", fork_from="older").path == fork.path, "the same command goes on"
    other = calls(1, epochs=3, name="mine", fork_from="newer")
    assert (other.path.name, other.provenance.fork_of) == ("mine-2", "newer"), "another run, another fork"


def test_a_named_run_that_nothing_can_be_learnt_from_is_refused(calls: Calls) -> None:
    run_folder(calls.runs, "others", mixed("gender"), task="gender", provenance={})
    calls(2, name="mine")
    before = calls.folders()
    with pytest.raises(UserError, match=r"--fork-from: \S*others is a search for gender"):
        calls(1, name="mine", seed=1, fork_from="others")
    with pytest.raises(UserError, match="--fork-from mine: that is this very search"):
        calls(1, name="again", fork_from="mine")
    with pytest.raises(UserError, match="absent"):
        calls(1, name="again", fork_from="absent")
    assert calls.folders() == before


@pytest.mark.parametrize(
    "about", [{}, {"versions": ["keras"], "fork_of": None, "created": 2020}, {"versions": {"keras": 3}}]
)
def test_a_run_of_another_format_differs_whatever_it_says_of_itself(about: dict[str, Any], tmp_path: Path) -> None:
    """It is no damaged run, and what it lacks stops no search of the same name."""
    own = run_folder(tmp_path, "mine", provenance={"versions": versions()})
    file = own.path / "experiment.json"
    record = json.loads(file.read_text())
    record["experiment"]["format"] = 2
    file.write_text(json.dumps({**record, "about": about}))
    said = differences(own.path, own.experiment)
    assert (
        f"format was 2, now {own.experiment.format}" in said and f"keras was None, now {versions()['keras']}" in said
    )
    assert fork_path(own.path, own.experiment).name == "mine-2" and similar_run(own.path, own.experiment) is None
