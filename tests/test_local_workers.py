"""Worker processes as such, with nothing to train: shares, limits, deaths, and several of them in one search."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from drawing import SPACE, Script, at, new_store
from fake_workers import SilentView, experiment, fits
from quick_bench import Bench
from run_folders import asked

from runners._budget import Budget
from runners._machine import gpus, resident
from runners._messages import Epoch, FoldDone, Ready, Reply, Setup, Train, Verdict
from runners._pretrained import NO_WEIGHTS
from runners._race.race import PRUNERS
from runners._search import Search, Stop
from runners._workers import Died, LocalWorkers
from trials.records import Scalar

pytestmark = pytest.mark.slow


def setup(threads: int = 4) -> Setup:
    return Setup(Path("none"), (np.arange(40) % 3).astype(np.int8), experiment(), threads, NO_WEIGHTS, 0)


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


def job(**params: Scalar) -> Train:
    return Train(asked(0, params, planned=3), 0)


def test_cores_are_shared_and_gpus_are_dealt_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4,GPU-7")
    with LocalWorkers(setup(threads=6), count=3, make=Bench) as workers:
        ready = answers(workers, range(3))
    devices = [reply.device for _, reply in sorted(ready.items()) if isinstance(reply, Ready)]
    assert devices == ["quick, 2 threads, 4", "quick, 2 threads, GPU-7", "quick, 2 threads, 4"]


def test_which_gpus_there_are(tmp_path: Path) -> None:
    smi = tmp_path / "smi"
    smi.write_text("#!/bin/sh\necho 0; echo 1\n")
    smi.chmod(0o755)
    assert gpus({}, (str(smi),)) == ["0", "1"] and gpus({}, ("no such program",)) == []
    assert gpus({"CUDA_VISIBLE_DEVICES": "2, 3"}) == ["2", "3"]
    assert gpus({"CUDA_VISIBLE_DEVICES": ""}) == gpus({"CUDA_VISIBLE_DEVICES": "-1"}) == []


def test_the_size_of_a_process() -> None:
    before, kept = resident(os.getpid()), bytearray(os.urandom(1000) * 100_000)
    assert 50e6 < resident(os.getpid()) - before < 300e6 and len(kept) == 10**8
    assert resident(2**22 + 12345) == 0


def test_a_worker_that_outgrows_its_memory_is_ended() -> None:
    with LocalWorkers(setup(), memory=400e6, make=Bench) as workers:
        answers(workers)
        workers.send(0, job(grow=600, sleep=2.5))
        died = answers(workers)[0]
        assert isinstance(died, Died) and died.failure == "out of memory" and "--worker-memory 0.4" in died.reason


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


def test_a_worker_that_is_ended_says_so_and_can_be_replaced() -> None:
    with LocalWorkers(setup(), make=Bench) as workers:
        answers(workers)
        workers.send(0, job(sleep=60))
        workers.end(0)
        died = answers(workers)[0]
        assert isinstance(died, Died) and died.failure == "killed" and "SIGKILL" in died.reason
        workers.replace(0)
        assert isinstance(answers(workers)[0], Ready)


def search(path: Path, count: int, trials: int, script: Script | None = None, **identity: Any) -> Search:
    store = new_store(path, experiment(**identity))
    with LocalWorkers(setup(), count=count, make=Bench) as workers:
        found = Search(
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
    assert {result.told for result in two.trials()} != set(range(8)), "some were asked for before others had finished"


def test_what_repeats_a_running_trial_waits_for_it(tmp_path: Path) -> None:
    script = Script(lambda number: at(1e-3 if number < 3 else 1e-3 * number))
    found = search(tmp_path / "run", 3, 4, script)
    states = {result.number: (result.state, result.duplicate_of) for result in found.results}
    assert states[2] == ("duplicate", 1) and len(states) == 5
    assert [result.state for result in script.told].count("complete") == 5
