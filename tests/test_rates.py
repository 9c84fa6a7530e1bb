"""What a search trains with where it was not told: measured once, recorded, and found again by whatever goes on."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from run_folders import experiment
from test_search_calls import Calls
from test_search_calls import calls as calls

from runners._search import chosen, rates
from runners._search.options import Place
from runners._search.place import settle
from runners._search.rates import Fastest, Rates, fastest
from runners._workers.conversation import JobFailed
from runners._workers.messages import Job, Raised, Rate, Rated, Reply, Verdict
from runners._workers.processor import has_bfloat16, processor
from runners._workers.protocol import Died
from search_spaces import load_space
from xrays.cores import usable_cores
from xrays.errors import UserError

BOTH = ("float32", "mixed")
FASTER = Rates({"float32": 1000.0, "mixed": 1500.0}, {2: 3000.0, 1: 2500.0})
SLOWER = Rates({"float32": 1000.0, "mixed": 900.0}, {2: 3000.0, 1: 2500.0})


class Fast:
    """As many slots, each of which answers to Rate at once; mixed is half as fast again."""

    def __init__(self, count: int, reply: Reply | None = None) -> None:
        self.slots, self._reply = range(count), reply
        self._waiting: deque[tuple[int, Reply | Died]] = deque()

    def send(self, slot: int, message: Job | Verdict) -> None:
        assert isinstance(message, Rate)
        speeds = {name: 1500.0 if name == "mixed" else 1000.0 for name in message.precisions}
        self._waiting.append((slot, self._reply or Rated(speeds, speeds)))

    def receive(self, timeout: float) -> list[tuple[int, Reply | Died]]:
        return [self._waiting.popleft()]

    def refresh(self, slot: int) -> bool:
        return False

    def replace(self, slot: int) -> None:
        raise AssertionError

    def end(self, slot: int) -> None:
        raise AssertionError


class Opened:
    """counts: of workers that were opened so far."""

    def __init__(self, reply: Reply | None = None) -> None:
        self.counts: list[int] = []
        self._reply = reply

    @contextmanager
    def __call__(self, count: int) -> Iterator[Fast]:
        self.counts.append(count)
        yield Fast(count, self._reply)


def measured(opened: Opened, folder: Path, size: int = 64) -> Rates:
    said: list[str] = []
    return rates.rates(load_space("cnn"), experiment(size=size), BOTH, (2, 1), opened, said.append, folder)


@pytest.mark.parametrize(
    ("mixed", "alone", "precision", "workers"),
    [(1500.0, 2500.0, "mixed", 2), (1050.0, 2500.0, "float32", 2), (1500.0, 2950.0, "mixed", 1)],
)
def test_what_is_clearly_faster_is_chosen(mixed: float, alone: float, precision: str, workers: int) -> None:
    found = fastest(Rates({"float32": 1000.0, "mixed": mixed}, {2: 3000.0, 1: alone}))
    assert (found.precision, found.workers) == (precision, workers)
    assert f"{mixed / 1000:.1f}× as fast as float32" in found.why and "as fast as 1 worker" in found.why


def test_what_was_not_compared_is_left_as_it_is() -> None:
    assert fastest(Rates({"float32": 1000.0}, {1: 1000.0})) == Fastest("float32", 0, "")


def test_it_is_measured_once_for_each_size(tmp_path: Path) -> None:
    opened = Opened()
    first = measured(opened, tmp_path)
    assert first == Rates({"float32": 1000.0, "mixed": 1500.0}, {2: 3000.0, 1: 1500.0})
    assert measured(opened, tmp_path) == first and opened.counts == [2, 1]
    measured(opened, tmp_path, size=128)
    assert measured(opened, tmp_path) == first and opened.counts == [2, 1] * 2


@pytest.mark.parametrize("content", ["{", "[]", '{"a": 3}', '{"a": {"precisions": {"mixed": 0}, "workers": {}}}'])
def test_a_kept_file_that_is_none_is_made_anew(content: str, tmp_path: Path) -> None:
    (tmp_path / "rates.json").write_text(content)
    opened = Opened()
    assert measured(opened, tmp_path) == measured(opened, tmp_path) and opened.counts == [2, 1]


def test_where_nothing_can_be_kept_it_is_measured_again(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    opened = Opened()
    assert measured(opened, tmp_path / "file") == measured(opened, tmp_path / "file")
    assert opened.counts == [2, 1] * 2


def test_workers_that_fail_choose_nothing(tmp_path: Path) -> None:
    with pytest.raises(JobFailed, match="no memory"):
        measured(Opened(Raised("no memory", "", "out of memory")), tmp_path)
    assert not list(tmp_path.iterdir())


class TestSearch:
    @pytest.fixture(autouse=True)
    def _machine(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """One with bfloat16, for which even these searches are long."""
        monkeypatch.setattr(chosen, "has_bfloat16", lambda: True)
        monkeypatch.setattr(chosen, "LEAST", 1)
        monkeypatch.setattr(chosen, "_busy", lambda: False)
        cnn = load_space("cnn")
        monkeypatch.setattr(f"search_spaces.{cnn.name}.SPACE", replace(cnn, precisions=BOTH))
        self.measure(monkeypatch, FASTER)

    def measure(self, monkeypatch: pytest.MonkeyPatch, found: Rates | None) -> None:
        def rated(space: object, experiment: object, precisions: Sequence[str], *given: object) -> Rates:
            assert found, "it is not measured again"
            return replace(found, precisions={name: found.precisions[name] for name in precisions})

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
