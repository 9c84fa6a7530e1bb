"""Thirty kills at random moments: the search that comes out is the unbroken one.

The workers are real processes that train nothing, so that a search takes seconds; tests/test_kill.py kills the real
thing.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from drawing import SPACE, new_store
from fake_workers import SilentView, experiment, fits
from quick_bench import Bench

from runners import load_runner
from runners._inputs.weights import NO_WEIGHTS
from runners._race.race import PRUNERS
from runners._search.budget import Budget
from runners._search.loop import Search, Stop
from runners._workers.local import LocalWorkers
from runners._workers.messages import Setup
from trials.files import locked
from trials.store import RunStore
from xrays.tasks import task_named

pytestmark = pytest.mark.chaos

KILLS, TRIALS, SEED = 30, 24, 5
DRIVER = (
    "import sys; sys.path[:0] = sys.argv[2:]; import pathlib, test_chaos; test_chaos.drive(pathlib.Path(sys.argv[1]))"
)


def drive(path: Path) -> None:
    """What a search's driver does, in a process of its own."""
    path.mkdir(exist_ok=True)
    with locked(path):
        identity = experiment(pruner="race", epochs=12)
        whole = (path / "experiment.json").exists()
        store = RunStore.open(path) if whole else new_store(path, identity)
        setup = Setup(path, store.films().assignment[0], identity, 1, NO_WEIGHTS, 0)
        searcher = load_runner("optuna").open_searcher(SPACE, task_named(identity.task), identity)
        with LocalWorkers(setup, make=Slow) as workers:
            print("pid", workers.pids[0], flush=True)
            Search(store, SPACE, searcher, workers, PRUNERS["race"], fits, Budget(TRIALS), SilentView(), Stop()).run()


class Slow(Bench):
    """Thirty milliseconds an epoch, so that kills fall into folds, too."""

    pause = 0.03


def begin(path: Path) -> subprocess.Popen[bytes]:
    """What it says goes to a file beside its folder."""
    here = Path(__file__).parent
    command = [sys.executable, "-c", DRIVER, str(path), str(here), str(here.parent)]
    with said_by(path).open("wb") as log:
        return subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT)


def said_by(path: Path) -> Path:
    return path.with_suffix(".log")


def essence(path: Path) -> list[object]:
    store, found = RunStore.open(path), list[object]()
    for result in store.trials():
        folds = [(fold.fold, fold.metrics, fold.curve, fold.complete) for fold in result.folds]
        predictions = store.out_of_fold(result.number)
        found.append((result.number, result.state, result.params, result.told, folds))
        found.append(None if predictions is None else predictions.tobytes())
    return found


def gone(pid: int) -> bool:
    """Ended, or waiting for nobody to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_thirty_kills_leave_the_unbroken_search(tmp_path: Path) -> None:
    begun, whole = time.monotonic(), begin(tmp_path / "whole")
    while whole.poll() is None and not said_by(tmp_path / "whole").read_text().startswith("pid"):
        time.sleep(0.02)
    starting = time.monotonic() - begun
    assert whole.wait(300) == 0
    working = time.monotonic() - begun - starting
    rng, kills, where = random.Random(SEED), 0, set[str]()
    broken = tmp_path / "broken"
    while kills < KILLS:
        driver = begin(broken)
        # Some kills fall into the start, most into the work, of which they leave some for the next ones however fast
        # the machine is; a driver that got through is done.
        time.sleep(rng.uniform(0.1, starting) if kills % 3 == 0 else starting + rng.uniform(0, working / 10))
        victim = rng.choice(["driver", "worker", "both"])
        if driver.poll() is not None:
            assert driver.returncode == 0, said_by(broken).read_text()
            break
        said = said_by(broken).read_text()
        worker = int(said.split()[1]) if said.startswith("pid") else None
        if victim in ("worker", "both") and worker is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
        if victim in ("driver", "both") or worker is None or rng.random() < 0.5:
            driver.kill()
        else:
            time.sleep(rng.uniform(0, 1))  # the driver goes on with another worker for a while
            driver.kill()
        driver.wait()
        kills += 1
        where.add(victim)
        end = time.monotonic() + 30
        while worker is not None and not gone(worker) and time.monotonic() < end:
            time.sleep(0.05)
        assert worker is None or gone(worker), "a worker has outlived its driver"
    assert begin(broken).wait(300) == 0
    assert kills >= KILLS // 2 and where == {"driver", "worker", "both"}, f"only {kills} kills"
    assert essence(broken) == essence(tmp_path / "whole")
    store = RunStore.open(broken)
    assert {result.state for result in store.trials()} == {"complete", "pruned"}
    assert not list((broken / "open").iterdir()) and not list(broken.rglob("*.tmp"))
    assert np.isfinite(store.out_of_fold(store.trials()[0].number)).all()
