"""Workers on a Ray cluster: messages, films, deaths and places. Networks are trained in test_ray_nodes.py."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import puppet
import pytest
import run_folders
from processes import of_session
from puppet import Puppet, Sleepy, play

from runners._inputs.weights import NO_WEIGHTS
from runners._ray import slot as ray_slot
from runners._ray import workers as ray_workers
from runners._ray.cluster import QUIET
from runners._ray.films import FILMS
from runners._ray.workers import RayWorkers
from runners._workers.messages import (
    Busy,
    Epoch,
    FoldDone,
    Preemption,
    Raised,
    Ready,
    Setup,
    Train,
    Verdict,
)
from runners._workers.protocol import Died
from xrays.arrays import XrayArrays
from xrays.errors import UserError

# A search on a cluster of this machine alone, by a driver that stands no warnings.
LOCAL = """
import os, sys
from pathlib import Path
import numpy as np
from processes import of_session
from puppet import Puppet, play
from run_folders import experiment
from runners._workers.messages import Setup, Train
from runners._inputs.weights import NO_WEIGHTS
from runners._ray.workers import RayWorkers

setup = Setup(Path(sys.argv[1]), np.zeros(60, np.int8), experiment(), 1, NO_WEIGHTS, 0)
with RayWorkers(setup, 1, "local", start=Puppet) as workers:
    while not (heard := workers.receive(1.0)):
        pass
    print(type(heard[0][1]).__name__)
    workers.send(0, Train(play("raise"), 0))
    print(type(workers.receive(10.0)[0][1]).__name__, any("raylet" in command for command in of_session(os.getpid())))
"""

# What a driver asks of a cluster for the workers of its job, started by a process that looks like `uv run`.
UNDER_UV = """
import subprocess, sys
sys.exit(subprocess.run(sys.argv[1:]).returncode)
"""
JOB = """
import json, sys
from runners._ray.cluster import connected
with connected(sys.argv[1]):
    import ray
    job = ray.get_runtime_context().runtime_env
    print(json.dumps({key: job[key] for key in job if key != "env_vars"}))
"""

pytestmark = pytest.mark.long


@pytest.fixture
def setup(prepared: XrayArrays) -> Setup:
    assignment = np.arange(len(prepared.ids), dtype=np.int8)[None] % 3
    return Setup(prepared.path, assignment, run_folders.experiment(), 2, NO_WEIGHTS, 0)


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """A cluster of one node with two cores, which runs in the root folder: relative paths mean nothing there."""
    os.environ.update(QUIET)
    import ray
    from ray.cluster_utils import Cluster

    ray.cloudpickle.register_pickle_by_value(puppet)
    ray.cloudpickle.register_pickle_by_value(run_folders)
    folder = tempfile.mkdtemp(prefix="ray-", dir="/tmp")  # sockets have short names
    Path(ray._private.utils.get_ray_address_file(None)).parent.mkdir(exist_ok=True)  # where none has ever run
    with contextlib.chdir("/"):
        cluster = Cluster(
            initialize_head=True,
            head_node_args={
                "num_cpus": 2, "include_dashboard": False, "temp_dir": folder, "env_vars": {"TMPDIR": folder},
            },
        )  # fmt: skip
    yield cluster.address
    cluster.shutdown()
    shutil.rmtree(folder, ignore_errors=True)


def replies(workers: RayWorkers, *kinds: type, limit: float = 60.0, go: int = 99) -> list[tuple[int, Any]]:
    """What comes until there was one of each of these; says go to the first `go` epochs."""
    found: list[tuple[int, Any]] = []
    wanted, end = list(kinds), time.monotonic() + limit
    while wanted:
        assert time.monotonic() < end, found
        for slot, reply in workers.receive(1.0):
            found.append((slot, reply))
            if isinstance(reply, Epoch):
                workers.send(slot, Verdict(go=reply.epoch < go))
            if type(reply) in wanted:
                wanted.remove(type(reply))
    return found


def test_jobs_films_and_files_go_there_and_back(
    setup: Setup, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(setup.arrays.parent)
    elsewhere = replace(setup, arrays=Path(setup.arrays.name))
    with RayWorkers(elsewhere, None, address, start=Puppet, memory=1e12) as workers:
        assert list(workers.slots) == [0, 1], "as many as there is room for"
        workers.send(0, Train(play("epochs", 3), 0))  # before it is ready
        heard = replies(workers, Ready, Ready, FoldDone)
        assert [reply for slot, reply in heard if slot == 0][-1].predictions[0] == 3
        devices = [reply.device.split() for _, reply in heard if isinstance(reply, Ready)]
        paths = {Path(words[0]) for words in devices}
        assert len(paths) == 1, "one copy a node"
        assert FILMS in paths.pop().name
        pixels = int(XrayArrays.open(setup.arrays).images.sum())
        assert all(words[1:4] == [str(pixels), "1", "1000000000000.0"] for words in devices)

        workers.send(1, Train(play("epochs", 9), 0))
        heard = replies(workers, FoldDone, go=2)
        # A place that came late was given to the other slot: then one more says that it is ready.
        said = [type(reply) for _, reply in heard if not isinstance(reply, Ready | Preemption)]
        assert said == [Busy, Epoch, Epoch, FoldDone] and heard[-1][0] == 1

        workers.send(1, Train(play("raise"), 0))
        assert replies(workers, Raised)[-1][1].traceback == "Traceback"
        workers.refresh(1)  # is small
        workers.send(1, Train(play("raise"), 0))
        replies(workers, Raised)


def test_deaths_are_told_and_cost_no_more_than_the_job(
    setup: Setup, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_slot, "BEAT", 0.3)
    monkeypatch.setattr(ray_workers, "SILENCE", 3.0)
    with RayWorkers(setup, 1, address, start=Puppet, memory=10.0) as workers:
        replies(workers, Ready)
        for act, words in (
            ("die", "the puppet fell (on "),
            ("kill", "its worker process has died"),
            ("hang", "the worker was ended"),
            ("stop", "nothing was heard from"),
        ):
            workers.send(0, Train(play(act), 0))
            if act == "hang":
                assert workers.receive(0.5) == []
                workers.end(0)
            ((slot, died),) = replies(workers, Died, limit=20)
            assert slot == 0 and words in died.reason
            assert died.failure == ("out of memory" if act == "die" else "killed")
            workers.send(0, Train(play("epochs"), 0))  # to nobody
            assert workers.receive(0.2) == []
            workers.replace(0)
            workers.send(0, Train(play("epochs"), 0))
            # On a busy machine the cluster first says that there is no room yet.
            heard = [reply for _, reply in replies(workers, FoldDone) if not isinstance(reply, Busy)]
            assert isinstance(heard[0], Ready)
        workers.send(0, Train(play("raise"), 0))
        before = replies(workers, Raised)[-1][1].reason
        workers.refresh(0)  # has grown beyond its ten bytes
        workers.send(0, Train(play("raise"), 0))
        assert replies(workers, Ready, Raised)[-1][1].reason != before, "another process"


def test_a_node_that_unpacks_for_long_is_not_taken_for_lost(
    setup: Setup, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_slot, "BEAT", 0.3)
    monkeypatch.setattr(ray_workers, "SILENCE", 2.0)
    with RayWorkers(setup, 1, address, start=Sleepy) as workers:
        workers.send(0, Train(play("raise"), 0))
        heard = [type(reply) for _, reply in replies(workers, Raised)]
        # A loaded machine may be waited for first, which is told.
        assert [kind for kind in heard if kind is not Busy] == [Ready, Raised]


def test_a_cluster_of_this_machine_is_quiet_and_leaves_nothing(setup: Setup, tmp_path: Path) -> None:
    tests = Path(__file__).parent
    environment = {
        **os.environ,
        "HOME": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(tests), str(tests.parent)]),
    }
    process = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", LOCAL, str(setup.arrays)],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    said, wrong = process.communicate(timeout=120)
    assert (said, wrong) == ("Ready\nRaised True\n", "")
    assert of_session(process.pid) == []
    assert list(Path("/tmp").glob(f"cxr-automl-*/session_*_{process.pid}")) == []
    assert not (tmp_path / ".ray").exists()


def test_a_trial_without_a_place_is_trained_where_there_is_nothing_to_do(
    setup: Setup, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ray_workers, "ROOM", 1.0)
    with RayWorkers(setup, 3, address, start=Puppet) as workers:
        for slot in workers.slots:
            workers.send(slot, Train(play("epochs"), 0))
        heard = replies(workers, FoldDone, FoldDone, FoldDone)
        assert {slot for slot, reply in heard if isinstance(reply, FoldDone)} == {0, 1, 2}
        assert any(isinstance(reply, Preemption) for _, reply in heard), "who gave its place away is told"
        waiting = [reply for _, reply in heard if isinstance(reply, Busy) and reply.what != "films"]
        assert waiting and all(busy.done < busy.total == 3 and "1 CPU each" in busy.what for busy in waiting)


def test_a_share_that_no_node_has(setup: Setup, address: str) -> None:
    with pytest.raises(UserError, match="no room for a worker with 64 CPU"):
        RayWorkers(setup, None, address, cpus=64, start=Puppet)


def test_a_cluster_that_is_not_there_and_a_ray_that_is_not_installed(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    for address in ("127.0.0.1:1", "ray://127.0.0.1:1", "nonsense"):
        with pytest.raises(UserError, match=f"--ray {address}: "):
            RayWorkers(setup, 1, address, start=Puppet)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError) as raised:
        RayWorkers(setup, 1, "local", start=Puppet)
    assert "pip install -e '.[ray]'" in raised.value.remedy and "uv run --extra ray" in raised.value.remedy


@pytest.mark.parametrize("where", ["local", "cluster"])
def test_under_uv_run_nothing_of_the_working_directory_leaves(where: str, address: str, tmp_path: Path) -> None:
    """Ray has a hook that sends it, found by a parent process with this command line."""
    (tmp_path / "patient.png").write_bytes(b"a film")
    (tmp_path / "run").write_text(UNDER_UV)
    root = str(Path(__file__).parents[1])
    driver = [sys.executable, "-c", JOB, "local" if where == "local" else address]
    done = subprocess.run(
        ["uv", "run", *driver], executable=sys.executable, cwd=tmp_path, capture_output=True, text=True, timeout=120,
        env={**os.environ, "PYTHONPATH": root},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    sent = json.loads(done.stdout)
    assert set(sent) <= {"py_modules"}, "no working directory, and workers are not started by uv"
    for package in sent.get("py_modules", []):
        assert package.startswith("gcs://")
    assert len(sent.get("py_modules", [])) == (0 if where == "local" else 4)
