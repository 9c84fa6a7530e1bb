"""What a search trains with where it was not told: measured once, recorded, and found again by whatever goes on."""

from __future__ import annotations

import itertools
import math
import os
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from run_folders import experiment
from test_search_calls import Calls
from test_search_calls import calls as calls

from runners._search import chosen, measuring, rates
from runners._search.options import Place
from runners._search.place import settle
from runners._search.rates import Fastest, Rates, fastest
from runners._workers.conversation import JobFailed
from runners._workers.messages import Job, Raised, Rate, Rated, Ready, Reply, Verdict
from runners._workers.processor import has_bfloat16, processor
from runners._workers.protocol import Died
from search_spaces import load_space
from trials.provenance import Chosen
from xrays.cores import usable_cores
from xrays.errors import UserError

BOTH = ("float32", "mixed")
FASTER = Rates({"float32": 1000.0, "mixed": 1500.0}, {2: 3000.0, 1: 2500.0})
SLOWER = Rates({"float32": 1000.0, "mixed": 900.0}, {2: 3000.0, 1: 2500.0})


@dataclass
class Machine:
    """What its workers answer to Rate: films a second by precision, of which a worker without others loses nothing.
    cores: that each worker gets; answers: before all fall silent; counts: of workers that were opened so far; asked:
    (workers, precisions) of every job; ended: how; reply: to everything, instead."""

    mixed: float = 1500.0
    cores: float = 1.0
    answers: float = math.inf
    reply: Reply | None = None
    counts: list[int] = field(default_factory=list)
    asked: list[tuple[int, tuple[str, ...]]] = field(default_factory=list)
    ended: list[type[BaseException] | None] = field(default_factory=list)

    @contextmanager
    def __call__(self, count: int) -> Iterator[Fast]:
        self.counts.append(count)
        try:
            yield Fast(count, self)
        finally:
            self.ended.append(sys.exc_info()[0])


class Fast:
    """As many slots, each of which answers to Rate at once."""

    def __init__(self, count: int, machine: Machine) -> None:
        self.slots, self._machine = range(count), machine
        self._waiting: deque[tuple[int, Reply | Died]] = deque((slot, Ready("fake")) for slot in self.slots)

    def send(self, slot: int, message: Job | Verdict) -> None:
        assert isinstance(message, Rate)
        own = self._machine
        own.asked.append((len(self.slots), message.precisions))
        speeds = {name: own.mixed if name == "mixed" else 1000.0 for name in message.precisions}
        films = {name: own.cores * speed for name, speed in speeds.items()}
        if len(own.asked) <= own.answers:
            self._waiting.append((slot, own.reply or Rated(films, speeds)))

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        return [self._waiting.popleft()] if self._waiting else []

    def refresh(self, slot: int) -> bool:
        return False

    def replace(self, slot: int) -> None:
        raise AssertionError

    def end(self, slot: int) -> None:
        raise AssertionError


def measured(machine: Machine, folder: Path, size: int = 64, **first: Any) -> Rates:
    said: list[str] = []
    cnn = load_space("cnn")
    space = replace(cnn, first={**cnn.first, **first})
    return rates.rates(space, experiment(size=size), BOTH, (2, 1), machine, said.append, folder)


@pytest.mark.parametrize(
    ("mixed", "alone", "precision", "workers"),
    [(1500.0, 2500.0, "mixed", 2), (1050.0, 2500.0, "float32", 2), (1500.0, 2950.0, "mixed", 1)],
)
def test_what_is_clearly_faster_is_chosen(mixed: float, alone: float, precision: str, workers: int) -> None:
    found = fastest(Rates({"float32": 1000.0, "mixed": mixed}, {2: 3000.0, 1: alone}), "float32")
    assert (found.precision, found.workers) == (precision, workers)
    assert f"{mixed / 1000:.1f}× as fast as float32" in found.why and "as fast as 1 worker" in found.why


@pytest.mark.parametrize("usual", BOTH)
def test_what_was_not_compared_is_left_as_it_is(usual: str) -> None:
    assert fastest(Rates({}, {}), usual) == Fastest(usual, 0, "")
    assert fastest(Rates({}, {}, "no time"), usual) == Fastest(usual, 0, "no time")
    assert fastest(Rates({"float32": 1000.0}, {}), "float32") == Fastest("float32", 0, ""), "the other was not tried"


def test_it_is_measured_once_for_each_size_and_network(tmp_path: Path) -> None:
    machine = Machine()
    first = measured(machine, tmp_path)
    assert first == Rates({"float32": 1000.0, "mixed": 1500.0}, {2: 3000.0, 1: 1500.0})
    assert measured(machine, tmp_path) == first and machine.counts == [2, 1]
    measured(machine, tmp_path, size=128)
    assert measured(machine, tmp_path) == first and machine.counts == [2, 1] * 2
    measured(machine, tmp_path, filters=8)
    assert measured(machine, tmp_path) == first and machine.counts == [2, 1] * 3, "--fix filters=8 says nothing here"


@pytest.mark.parametrize(("mixed", "winner", "together"), [(1500.0, "mixed", 3000.0), (900.0, "float32", 2000.0)])
def test_numbers_of_workers_are_compared_in_the_precision_that_won(
    mixed: float, winner: str, together: float, tmp_path: Path
) -> None:
    machine = Machine(mixed)
    assert measured(machine, tmp_path).workers == {2: together, 1: together / 2}
    assert {names for count, names in machine.asked if count == 1} == {(winner,)}
    assert machine.asked[-1] == (1, (winner,)) and machine.asked[0] == (2, BOTH), "what is asked for first is all"


@pytest.mark.parametrize(
    ("answers", "precisions", "workers"), [(0, False, False), (9, True, False), (12, True, True), (99, True, True)]
)
def test_measuring_ends_when_its_time_is_up(
    answers: int, precisions: bool, workers: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """8 answers are about precisions, one builds the other crew's network, each further turn takes three."""
    now = itertools.count(0.0, 0.1)
    monkeypatch.setattr(measuring, "time", SimpleNamespace(monotonic=lambda: next(now)))
    monkeypatch.setattr(measuring, "SECONDS", 20.0)
    machine = Machine(answers=answers)
    found = measured(machine, tmp_path)
    assert (bool(found.precisions), bool(found.workers)) == (precisions, workers)
    assert bool(found.lacking) == (answers < 99) == (not list(tmp_path.iterdir())), "the next search measures it anew"
    assert next(now) < 60 and machine.ended == [TimeoutError if answers < 99 else None] * 2


def test_numbers_of_workers_are_not_compared_while_others_use_the_processor(tmp_path: Path) -> None:
    found = measured(Machine(cores=0.6), tmp_path)
    assert found.precisions["mixed"] == 1.5 * found.precisions["float32"] == 1500, "by seconds of the processor"
    assert not found.workers and "others use the processor" in fastest(found, "float32").why
    assert not list(tmp_path.iterdir()) and measured(Machine(cores=0.9), tmp_path).workers, "the next search finds it"


@pytest.mark.parametrize(
    ("cores", "counts"),
    [(1, [1]), (2, [2, 1]), (3, [3, 1]), (4, [4, 2]), (16, [16, 2]), (20, [10, 2]), (64, [16, 2]), (96, [16, 2])],
)
def test_few_processes_are_started_and_as_many_trained_in_as_were_compared(
    cores: int, counts: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chosen, "usable_cores", lambda: cores)
    monkeypatch.setattr("runners._search.place.usable_cores", lambda: cores)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    monkeypatch.setattr(chosen, "memory_limit", lambda cards: None)
    assert chosen._counts(load_space("cnn"), 64) == counts
    assert [settle(Place(), 99, "tensorflow", cores // count).place.workers for count in counts] == counts


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 3}', '{"a": {"precisions": {"mixed": 0}, "workers": {}}}'])
def test_a_kept_file_that_is_none_is_made_anew(content: str, tmp_path: Path) -> None:
    (tmp_path / "rates.json").write_text(content)
    machine = Machine()
    assert measured(machine, tmp_path) == measured(machine, tmp_path) and machine.counts == [2, 1]


def test_where_nothing_can_be_kept_it_is_measured_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    machine = Machine()
    assert measured(machine, tmp_path / "file") == measured(machine, tmp_path / "file")
    assert machine.counts == [2, 1] * 2


def test_workers_that_fail_choose_nothing(tmp_path: Path) -> None:
    with pytest.raises(JobFailed, match="no memory"):
        measured(Machine(reply=Raised("no memory", "", "out of memory")), tmp_path)
    assert not list(tmp_path.iterdir())


class TestSearch:
    @pytest.fixture(autouse=True)
    def _machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One with bfloat16 and all the memory that is wanted, for which even these searches are long."""
        monkeypatch.setattr(chosen, "has_bfloat16", lambda: True)
        monkeypatch.setattr(chosen, "memory_limit", lambda cards: None)
        monkeypatch.setattr(chosen, "LEAST", 1)
        cnn = load_space("cnn")
        monkeypatch.setattr(f"search_spaces.{cnn.name}.SPACE", replace(cnn, precisions=BOTH))
        self.measure(monkeypatch, FASTER)

    def measure(self, monkeypatch: pytest.MonkeyPatch, found: Rates | None) -> None:
        def rated(space: object, experiment: object, precisions: Sequence[str], *given: object) -> Rates:
            assert found, "it is not measured again"
            return replace(found, precisions={n: films for n, films in found.precisions.items() if n in precisions})

        monkeypatch.setattr(chosen, "rates", rated)

    @pytest.mark.parametrize("name", ["mine", None])
    @pytest.mark.parametrize("fork", [False, True])
    def test_a_resume_takes_what_was_recorded(
        self, name: str | None, fork: bool, calls: Calls, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if fork:
            calls(2, name=name, precision="float32")
        store, _ = calls(2, name=name, fork=fork)
        assert store.experiment.precision == "mixed"
        assert store.provenance.chosen.threads == usable_cores() // 2
        assert [line for line in calls.said if line.startswith("trains   mixed: bfloat16 is 1.5×")]
        self.measure(monkeypatch, None)
        again, _ = calls(4, name=name, fork=fork)
        assert again.path == store.path and len(again.trials()) == 4
        assert calls.places[-1] == calls.places[-2]

    def test_of_two_searches_that_which_was_chosen_goes_on(
        self, calls: Calls, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        store, _ = calls(2, name=None)
        other, _ = calls(2, name=None, precision="float32")
        assert other.path != store.path
        self.measure(monkeypatch, SLOWER)
        again, _ = calls(3, name=None)
        assert again.path == store.path and again.experiment.precision == "mixed"

    def test_a_named_search_goes_on_in_the_precision_that_was_typed_once(self, calls: Calls) -> None:
        calls(2, precision="float32")
        store, _ = calls(3)
        assert store.experiment.precision == "float32" and len(store.trials()) == 3
        with pytest.raises(UserError, match="precision was float32, now mixed"):
            calls(3, precision="mixed")

    def test_what_fails_ends_no_search(self, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
        def failed(*given: object) -> Rates:
            raise JobFailed("not timed", Raised("no memory", "", "out of memory"))

        monkeypatch.setattr(chosen, "rates", failed)
        store, _ = calls(2)
        assert store.experiment.precision == "float32" and store.provenance.chosen.threads == 0
        assert "no memory" in store.provenance.chosen.why

    def test_why_something_was_not_measured_stands_in_the_run(
        self, calls: Calls, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.measure(monkeypatch, Rates({}, {}, "others use the processor"))
        store, _ = calls(2)
        assert store.provenance.chosen == Chosen(precision=True, why="others use the processor")
        assert "trains   others use the processor" in calls.said

    @pytest.mark.parametrize("slow", ["no bfloat16", "few films", "told", "not known to be as good"])
    def test_what_cannot_pay_is_not_measured(self, slow: str, calls: Calls, monkeypatch: pytest.MonkeyPatch) -> None:
        self.measure(monkeypatch, None)
        given = {"precision": "mixed"} if slow == "told" else {}
        if slow == "no bfloat16":
            monkeypatch.setattr(chosen, "has_bfloat16", lambda: False)
        if slow == "few films":
            monkeypatch.setattr(chosen, "LEAST", 10**9)
        if slow == "not known to be as good":
            monkeypatch.setattr("search_spaces.cnn.SPACE", replace(load_space("cnn"), precisions=("float32",)))
        store, _ = calls(2, place=Place(workers=1), **given)
        assert store.experiment.precision == given.get("precision", "float32") and not store.provenance.chosen.why

    @pytest.mark.parametrize("least", [1, 10**9])
    @pytest.mark.parametrize("has", [False, True])
    def test_it_is_said_that_a_processor_imitates_what_was_given(
        self, has: bool, least: int, calls: Calls, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chosen, "has_bfloat16", lambda: has)
        monkeypatch.setattr(chosen, "LEAST", least)
        store, _ = calls(2, precision="mixed")
        said = [line for line in calls.said if line.startswith("CAUTION  --precision mixed: this processor only")]
        assert store.experiment.precision == "mixed" and len(said) == (not has)


def test_as_many_workers_as_have_the_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._search.place.usable_cores", lambda: 8)
    counts = {threads: settle(Place(), 50, "tensorflow", threads).place.workers for threads in (0, 1, 2, 8, 16)}
    assert counts == {0: 2, 1: 8, 2: 4, 8: 1, 16: 1}


@pytest.mark.parametrize(
    ("cpuinfo", "has"),
    [
        ("model name\t: A\nflags\t\t: fpu avx512_bf16 x\nmodel name\t: A\nflags\t\t: avx512_bf16\n", True),
        ("model name\t: A\nflags\t\t: avx512_bf16\n\nflags\t\t: avx2\n", False),
        ("processor\t: 0\nFeatures\t: fp asimd bf16\n", True),
        ("model name\t: A\nflags\t\t: avx512f\n", False),
        ("", False),
    ],
)
def test_bfloat16_where_every_core_has_it(cpuinfo: str, has: bool, tmp_path: Path) -> None:
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/cpuinfo").write_text(cpuinfo)
    assert has_bfloat16(tmp_path) is has
    assert processor(tmp_path) == ("A" if "model name" in cpuinfo else os.uname().machine)
