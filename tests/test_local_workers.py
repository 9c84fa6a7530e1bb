"""Worker processes as such, with nothing to train: shares, limits, deaths, and several of them in one search."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import time
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawing import SPACE, Script, at, listed, new_store
from fake_workers import SilentView, experiment, fits
from quick_bench import Bench, NeverReady
from run_folders import asked

from runners._inputs.weights import NO_WEIGHTS
from runners._race.pruners import PRUNERS
from runners._search.budget import Budget
from runners._search.loop import Search, open_search
from runners._workers.devices import Gpu
from runners._workers.local import LocalWorkers
from runners._workers.memory import resident
from runners._workers.messages import Epoch, FoldDone, Raised, Ready, Reply, Setup, Train, Verdict
from runners._workers.protocol import Died
from runners._workers.stop import Stop
from trials.records import Scalar

pytestmark = pytest.mark.slow


def setup(threads: int = 4) -> Setup:
    return Setup(Path("none"), (np.arange(40) % 3).astype(np.int8)[None], experiment(), threads, NO_WEIGHTS, 0)


def answers(workers: LocalWorkers, slots: Sequence[int] = (0,)) -> dict[int, Reply | Died]:
    """The reply that ends each slot's job; says go to every epoch."""
    found: dict[int, Reply | Died] = {}
    end = time.monotonic() + 60
    while set(found) != set(slots) and time.monotonic() < end:
        for slot, reply in workers.receive(0.2):
            if isinstance(reply, Epoch):
                workers.send(slot, Verdict(go=True))
            else:
                found[slot] = reply
    return found


def job(number: int = 0, **params: Scalar) -> Train:
    return Train(asked(number, params, max_epochs=3), 0)


def death(workers: LocalWorkers, slot: int = 0) -> Died:
    died = answers(workers, [slot])[slot]
    assert isinstance(died, Died)
    return died


def test_cores_are_shared_and_gpus_are_dealt_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._workers.local.gpus", lambda backend: (Gpu("4"), Gpu("GPU-7")))
    with LocalWorkers(setup(threads=6), count=3, make=Bench) as workers:
        ready = answers(workers, range(3))
    devices = [reply.device for _, reply in sorted(ready.items()) if isinstance(reply, Ready)]
    assert devices == [f"quick, 2 threads, {gpu}, tensorflow" for gpu in ("4", "GPU-7", "4")]


class Wrapped(Bench):
    """Says of the time while the worker starts, and once it has started, whether scikit-learn can be had, whether
    garbage is collected and whether anything is left out of that."""

    def __init__(self, setup: Setup, connection: Connection) -> None:
        super().__init__(setup, connection)
        self.then = self._state()

    def ready(self) -> Ready:
        return Ready(f"{self.then}; {self._state()}")

    @staticmethod
    def _state() -> str:
        return f"{_has('sklearn.metrics')}, {gc.isenabled()}, {gc.get_freeze_count() > 10_000}"


def _has(module: str) -> bool:
    try:
        return bool(importlib.import_module(module))
    except ImportError:
        return False


def test_a_worker_starts_without_scikit_learn_and_garbage_collection_and_has_both_afterwards() -> None:
    with LocalWorkers(setup(), make=Wrapped) as workers:
        assert answers(workers)[0] == Ready("False, False, False; True, True, True")


@pytest.mark.parametrize("set_here", ["tensorflow", "torch", None])
def test_a_worker_computes_with_the_backend_of_its_run(set_here: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    if set_here:
        monkeypatch.setenv("KERAS_BACKEND", set_here)
    else:
        monkeypatch.delenv("KERAS_BACKEND")
    of_jax = replace(setup(threads=2), experiment=experiment(backend="jax"))
    with LocalWorkers(of_jax, make=Bench) as workers:
        (ready,) = answers(workers, [0]).values()
    assert isinstance(ready, Ready) and ready.device.endswith(", jax")


def test_the_size_of_a_process() -> None:
    before, kept = resident(os.getpid()), bytearray(os.urandom(1000) * 100_000)
    assert 50e6 < resident(os.getpid()) - before < 300e6 and len(kept) == 10**8
    assert resident(2**22 + 12345) == 0


def test_pages_of_mapped_files_do_not_count(tmp_path: Path) -> None:
    np.save(tmp_path / "films.npy", np.ones(200_000_000, np.uint8))
    films, before = np.load(tmp_path / "films.npy", mmap_mode="r"), resident(os.getpid())
    assert films[::4096].sum() > 0 and resident(os.getpid()) - before < 20e6


@pytest.fixture
def always_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """How large a worker is, whenever something is received: after its first epoch, when it has grown, it is waited
    for while it sleeps."""
    monkeypatch.setattr("runners._workers.local.LOOK", 0.0)


@pytest.mark.long
def test_a_worker_that_outgrows_its_memory_is_ended(always_looked_at: None) -> None:
    with LocalWorkers(setup(), memory=400e6, make=Bench) as workers:
        answers(workers)
        workers.send(0, job(grow=600, sleep=1))
        died = death(workers)
        assert died.failure == "out of memory" and "--worker-memory 0.4" in died.reason and died.begun


@pytest.mark.long
def test_what_grew_over_several_trials_is_no_fault_of_the_last(always_looked_at: None) -> None:
    with LocalWorkers(setup(), memory=400e6, make=Bench) as workers:
        answers(workers)
        for number, params in enumerate(({}, {"grow": 600, "sleep": 1})):
            workers.send(0, job(number, **params))
            ended = answers(workers)[0]
        assert isinstance(ended, Died) and ended.failure == "killed" and "--worker-memory 0.4" in ended.reason
        workers.replace(0)
        answers(workers)
        workers.send(0, job(1, grow=600, sleep=4))
        assert death(workers).failure == "out of memory"


def test_whom_the_kernel_kills_is_out_of_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    kills = 5
    monkeypatch.setattr("runners._workers.local.oom_kills", lambda: kills)
    with LocalWorkers(setup(), count=3, make=Bench) as workers:
        answers(workers, range(3))
        kills = 6
        workers.send(0, job(die=1))
        died = death(workers, 0)
        assert died.failure == "out of memory" and "kernel" in died.reason and died.begun
        workers.send(1, job(die=1))
        assert death(workers, 1).failure == "killed", "the kernel has killed one, and that was another"
        kills = 7
        workers.send(2, job(sleep=60))
        workers.end(2)
        assert death(workers, 2).failure == "killed"


def test_a_grown_worker_is_replaced_between_trials() -> None:
    with LocalWorkers(setup(), memory=900e6, make=Bench) as workers:
        answers(workers)
        first = workers.pids
        workers.refresh(0)
        assert workers.pids == first
        workers.send(0, job(grow=600))
        assert isinstance(answers(workers)[0], FoldDone)
        workers.refresh(0)
        assert workers.pids != first and isinstance(answers(workers)[0], Ready)


def test_a_dead_worker_is_replaced_between_trials() -> None:
    with LocalWorkers(setup(), make=Bench) as workers:
        answers(workers)
        (pid,) = workers.pids
        os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 20
        while not workers.refresh(0):
            assert time.monotonic() < end
        assert isinstance(answers(workers)[0], Ready)


def test_a_death_is_not_that_of_a_job_sent_too_late() -> None:
    with LocalWorkers(setup(), make=Bench) as workers:
        answers(workers)
        workers.send(0, job(0))
        epochs, end = 0, time.monotonic() + 60
        while epochs < 3 and time.monotonic() < end:
            for slot, reply in workers.receive(0.2):
                assert isinstance(reply, Epoch), "that the job has begun is not passed on"
                workers.send(slot, Verdict(go=True))
                epochs += 1
        time.sleep(0.5)  # the fold is done, and nobody has heard of it
        (pid,) = workers.pids
        os.kill(pid, signal.SIGKILL)
        assert isinstance(answers(workers)[0], FoldDone)
        workers.send(0, job(1))
        assert not death(workers).begun
        assert workers.receive(0.1) == [], "a death is told once"


def test_a_job_that_was_sent_to_a_worker_in_the_making_has_not_begun() -> None:
    with LocalWorkers(setup(), make=NeverReady) as workers:
        workers.send(0, job())
        workers.end(0)
        assert not death(workers).begun


def test_a_worker_that_does_not_start_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._workers.local.START_LIMIT", 1.0)
    with LocalWorkers(setup(), make=Bench) as workers:
        assert workers._slots[0].connection.poll(30)
        time.sleep(1.0)  # it is ready, and nobody has heard of it
        assert isinstance(answers(workers)[0], Ready)
    with LocalWorkers(setup(), make=NeverReady) as workers:
        died = death(workers)
        assert died.failure == "killed" and died.reason == "the worker did not start within 1 s"


def test_a_worker_may_die_in_the_middle_of_a_message() -> None:
    with LocalWorkers(setup(), make=Bench) as workers:
        answers(workers)
        workers.send(0, job(**{"break": True}))
        assert "SIGKILL" in death(workers).reason


@pytest.mark.parametrize("aside", [{}, {"aside": True}])
def test_of_a_fatal_signal_the_last_words_and_the_stack_are_kept(tmp_path: Path, aside: dict[str, bool]) -> None:
    """Twice, as the fold is tried once more; the search goes on. A numerical library dies in a thread of its own."""
    script = listed([at(0.001, abort=2, **aside), at(0.003)])
    found = search(tmp_path, 1, 3, script)
    failed = found.recorder.results[1]
    assert (failed.state, failed.failure, failed.error) == ("failed", "killed", "the worker was killed by SIGABRT")
    assert [result.state for result in found.recorder.results] == ["complete", "failed", "complete"]
    kept = found.store.error(1)
    for told in ("free(): invalid pointer", "Fatal Python error: Aborted", 'quick_bench.py", line', "in do"):
        assert told in kept
    assert kept.startswith(failed.error) and len(kept) < 20_000 and max(map(len, kept.splitlines())) <= 300
    assert [found.store.error(number) for number in (0, 2)] == ["", ""]


def test_the_end_of_a_file_is_not_the_end_of_the_driver() -> None:
    with LocalWorkers(setup(), make=Bench) as workers:
        answers(workers)
        workers.send(0, job(empty=True))
        raised = answers(workers)[0]
        assert isinstance(raised, Raised) and raised.failure == "raised" and "EOFError" in raised.traceback
        workers.send(0, job())
        assert isinstance(answers(workers)[0], FoldDone)


def test_workers_in_the_middle_of_a_fold_are_not_waited_for() -> None:
    with LocalWorkers(setup(), count=3, make=Bench) as workers:
        answers(workers, range(3))
        for slot in (0, 1):
            workers.send(slot, job(sleep=60))
        pids, begun = workers.pids, time.monotonic()
    assert time.monotonic() - begun < 1.5
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_a_worker_that_is_ended_says_so_and_can_be_replaced() -> None:
    with LocalWorkers(setup(), make=Bench) as workers:
        answers(workers)
        workers.send(0, job(sleep=60))
        workers.end(0)
        assert death(workers).reason == "the worker was ended"  # before it has the job, or after
        workers.replace(0)
        assert isinstance(answers(workers)[0], Ready)


def search(path: Path, count: int, trials: int, script: Script | None = None, **identity: Any) -> Search:
    store = new_store(path, experiment(**identity))
    with LocalWorkers(setup(), count=count, make=Bench) as workers:
        found = open_search(
            store, SPACE, script or Script(), workers, PRUNERS[store.experiment.pruner], fits, Budget(trials),
            SilentView(), Stop(),
        )  # fmt: skip
        found.run()
    return found


def test_two_workers_find_what_one_finds(tmp_path: Path) -> None:
    one, two = (search(tmp_path / str(count), count, 8).store for count in (1, 2))
    scores = [{r.number: [f.metrics for f in r.folds] for r in store.trials()} for store in (one, two)]
    assert scores[0] == scores[1] and len(scores[0]) == 8
    for number in range(8):
        np.testing.assert_array_equal(one.out_of_fold(number), two.out_of_fold(number))
    assert {result.results_known for result in two.trials()} != set(range(8)), (
        "some were asked for before others had finished"
    )


def test_what_repeats_a_running_trial_waits_for_it(tmp_path: Path) -> None:
    script = Script(lambda number: at(1e-3 if number < 3 else 1e-3 * number))
    found = search(tmp_path / "run", 3, 4, script)
    states = {result.number: (result.state, result.duplicate_of) for result in found.recorder.results}
    assert states[2] == ("duplicate", 1) and len(states) == 5
    assert [result.state for result in script.told].count("complete") == 5
