"""A search on a Ray cluster of two nodes, one of which is lost on the way."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fake_workers import SilentView, experiment, fits
from run_folders import provenance_of

from runners import load_runner
from runners._inputs.weights import NO_WEIGHTS
from runners._race.pruners import PRUNERS
from runners._ray.cluster import QUIET
from runners._ray.workers import RayWorkers
from runners._search.budget import Budget
from runners._search.loop import open_search
from runners._training.handler import training
from runners._workers.local import LocalWorkers
from runners._workers.messages import Ready, Setup
from runners._workers.protocol import Workers
from runners._workers.stop import Stop
from search_spaces import load_space
from search_spaces._narrow import narrow
from trials.films import Films
from trials.records import FoldScore, Trial
from trials.store import RunStore
from xrays.arrays import XrayArrays
from xrays.folds import make_plan
from xrays.tasks import TASKS

pytestmark = pytest.mark.long

TRIALS, FOLDS, EPOCHS = 3, 2, 3


@pytest.fixture
def nodes() -> Iterator[tuple[Any, list[Path]]]:
    """(cluster, temporary folder of each node). Two nodes with a core each, on one machine; what makes them two is
    that they run in the root folder, where a relative path of the driver's means nothing, and that each has a
    temporary folder of its own."""
    os.environ.update(QUIET)
    import ray
    from ray.cluster_utils import Cluster

    Path(ray._private.utils.get_ray_address_file(None)).parent.mkdir(exist_ok=True)  # where none has ever run
    folders = [Path(tempfile.mkdtemp(prefix="ray-", dir="/tmp")) for _ in range(2)]
    about = [{"num_cpus": 1, "temp_dir": str(folder), "env_vars": {"TMPDIR": str(folder)}} for folder in folders]
    with contextlib.chdir("/"):
        cluster = Cluster(initialize_head=True, head_node_args={**about[0], "include_dashboard": False})
        cluster.add_node(**about[1])
    yield cluster, folders
    cluster.shutdown()
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


class Watching(SilentView):
    """Does something at the end of the second fold."""

    def __init__(self, then: Callable[[], None]) -> None:
        super().__init__()
        self.then, self.folds, self.devices = then, 0, list[str]()

    def ready(self, reply: Ready) -> None:
        self.devices.append(reply.device)

    def fold_ends(self, trial: Trial, score: FoldScore) -> None:
        self.folds += 1
        if self.folds == 2:
            self.then()


def searched(run: Path, setup: Setup, films: Films, workers: Workers, view: SilentView) -> dict[int, Any]:
    """What came of every trial, but for clocks and order."""
    space = narrow(load_space("cnn"), ["filters=8", "depth=2..3"], [])
    searcher = load_runner("optuna").open_searcher(space, TASKS["age"], setup.experiment)
    store = RunStore.create(run, setup.experiment, films, provenance_of())
    search = open_search(
        store, space, searcher, workers, PRUNERS["none"], fits, Budget(TRIALS), view, Stop()
    )  # fmt: skip
    assert search.run().kind == "finished"
    assert not list((store.path / "open").iterdir())
    return {
        result.number: (result.state, result.params, [(fold.fold, fold.curve) for fold in result.folds])
        for result in store.trials()
    }


def test_a_node_that_is_lost_costs_its_fold_and_changes_nothing(
    nodes: tuple[Any, list[Path]], prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster, folders = nodes
    plan = make_plan(prepared, folds=FOLDS)
    films = Films(prepared.ids, prepared.groups, prepared.labels, plan.assignment)
    identity = experiment(folds=FOLDS, epochs=EPOCHS, size=prepared.size, sampler="random")
    setup = Setup(prepared.path, plan.assignment, identity, 1, NO_WEIGHTS, 0)

    monkeypatch.chdir(prepared.path.parent)
    lost = next(iter(cluster.worker_nodes))
    view = Watching(lambda: cluster.remove_node(lost, allow_graceful=False))
    elsewhere = replace(setup, arrays=Path(prepared.path.name))
    with RayWorkers(elsewhere, 2, cluster.address, start=partial(LocalWorkers, make=training)) as workers:
        found = searched(tmp_path / "ray", elsewhere, films, workers, view)
    assert all(list(folder.glob("cxr-automl-*/films-*/meta.json")) for folder in folders), "a copy on each node"
    (note,) = [note for note in view.notes if "once more" in note]
    assert "cannot be reached" in note or "node" in note

    with LocalWorkers(setup, make=training) as one:  # whose graphs are rewritten, as those of the nodes
        alone = searched(tmp_path / "local", setup, films, one, SilentView())
    assert found == alone and len(alone) == TRIALS
    assert all(state == "complete" and len(folds) == FOLDS for state, _, folds in found.values())
