"""Real processes killed at random moments: the search that comes out is the unbroken one.

The workers train nothing, so that a search takes seconds; tests/test_kill.py kills the real thing, and
tests/test_every_write.py leaves no moment out, without processes.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from drawing import SPACE, new_store
from fake_workers import SilentView, experiment, fits
from processes import child_of
from quick_bench import Bench
from test_kill import folds_on_disk, kill, wait_until

from runners import load_runner
from runners._inputs.weights import NO_WEIGHTS
from runners._race.pruners import PRUNERS
from runners._search.budget import Budget
from runners._search.loop import open_search
from runners._workers.local import LocalWorkers
from runners._workers.messages import Setup
from runners._workers.stop import Stop
from trials.files import locked
from trials.store import RunStore
from xrays.tasks import task_named

pytestmark = pytest.mark.chaos

TRIALS, SEED = 12, 5
# Who is killed, and whether while the driver and its worker start or after some folds.
KILLS = [(victim, begun) for begun in (False, True) for victim in ("worker", "driver", "both")]
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
        setup = Setup(path, store.films().assignment, identity, 1, NO_WEIGHTS, 0)
        searcher = load_runner("optuna").open_searcher(SPACE, task_named(identity.task), identity)
        with LocalWorkers(setup, make=Slow) as workers:
            print("begun", flush=True)
            open_search(
                store, SPACE, searcher, workers, PRUNERS["race"], fits, Budget(TRIALS), SilentView(), Stop()
            ).run()


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
        found.append((result.number, result.state, result.params, result.results_known, folds))
        found.append(None if predictions is None else predictions.tobytes())
    return found


def gone(pid: int) -> bool:
    """Ended, or waiting for nobody to ask how it ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def test_kills_leave_the_unbroken_search(tmp_path: Path) -> None:
    begun, whole = time.monotonic(), begin(tmp_path / "whole")
    assert wait_until(lambda: said_by(tmp_path / "whole").read_text().startswith("begun"))
    starting = time.monotonic() - begun
    assert whole.wait(300) == 0, said_by(tmp_path / "whole").read_text()
    rng, broken = random.Random(SEED), tmp_path / "broken"
    driver = begin(broken)
    for victim, at_work in KILLS:
        folds = folds_on_disk(broken)
        if at_work:
            assert wait_until(lambda folds=folds: folds_on_disk(broken) > folds)  # type: ignore[misc]
            time.sleep(rng.uniform(0, 0.1))
        elif victim == "worker":
            assert wait_until(lambda pid=driver.pid: child_of(pid, "spawn_main") is not None)  # type: ignore[misc]
        else:
            time.sleep(rng.uniform(0.1, starting))
        assert driver.poll() is None, said_by(broken).read_text()
        worker = child_of(driver.pid, "spawn_main")
        kill(worker if victim != "driver" else None, driver.pid if victim != "worker" else None)
        if victim != "worker":  # else the driver goes on with another one
            driver.wait()
            assert wait_until(lambda pid=worker: pid is None or gone(pid), 30), "a worker has outlived its driver"  # type: ignore[misc]
            driver = begin(broken)
    assert driver.wait(300) == 0, said_by(broken).read_text()
    assert essence(broken) == essence(tmp_path / "whole")
    store = RunStore.open(broken)
    assert {result.state for result in store.trials()} == {"complete", "pruned"}
    assert not list((broken / "open").iterdir()) and not list(broken.rglob("*.tmp"))
    assert np.isfinite(store.out_of_fold(store.trials()[0].number)).all()
