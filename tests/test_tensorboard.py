"""Curves for TensorBoard: what lies there is what the run folder holds. The writer stands in for the library's."""

from __future__ import annotations

import sys
import uuid
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from drawing import SPACE, Script, new_store
from fake_workers import FakeWorkers, fits, learning_rate_score, raised
from run_folders import asked, fold_score, run_folder, trial

from runners._race.pruners import PRUNERS
from runners._search.budget import Budget
from runners._search.loop import open_search
from runners._terminal.tensorboard import TensorBoardView, check_tensorboard
from runners._workers.messages import Raised, Train
from runners._workers.stop import Stop
from trials.store import RunStore
from xrays.errors import UserError
from xrays.tasks import TASKS


class Writer:
    """One file of lines under a name of its own, as TensorBoard's."""

    def __init__(self, folder: str) -> None:
        Path(folder).mkdir(parents=True, exist_ok=True)
        self._file = Path(folder) / f"events.{uuid.uuid4().hex}"
        self._lines: list[str] = []

    def add_scalar(self, name: str, value: float, step: int) -> None:
        self._lines.append(f"{name} {step} {value:.6f}")

    def close(self) -> None:
        self._file.write_text("\n".join(self._lines))


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> None:
    summary = ModuleType("tensorboard.summary")
    summary.Writer = Writer  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "tensorboard", ModuleType("tensorboard"))
    monkeypatch.setitem(sys.modules, "tensorboard.summary", summary)


def searched(store: RunStore, misfortune: Callable[[Train], Raised | None] = lambda job: None) -> None:
    workers, task = FakeWorkers(store.experiment, learning_rate_score, misfortune), store.experiment.pruner
    with TensorBoardView(store, Budget(3), 1) as view:
        open_search(store, SPACE, Script(), workers, PRUNERS[task], fits, Budget(3), view, Stop()).run()


def curves(store: RunStore) -> dict[tuple[int, int], list[float]]:
    """By trial and fold. One file each."""
    found = {}
    for folder in store.path.glob("tensorboard/*/*"):
        (file,) = folder.iterdir()
        values = [float(line.split()[2]) for line in file.read_text().splitlines() if line.startswith("mae ")]
        found[int(folder.parent.name.removeprefix("trial_")), int(folder.name.removeprefix("fold_"))] = values
    return found


def recorded(store: RunStore) -> dict[tuple[int, int], list[float]]:
    folds = [(result.number, fold) for result in store.trials() for fold in result.folds]
    folds += [(one.number, fold) for one in store.open_trials() for fold, _ in store.unfinished.folds(one.number)]
    return {(number, fold.fold): pytest.approx(fold.curve, abs=1e-5) for number, fold in folds}


def test_every_fold_has_its_curve(tmp_path: Path) -> None:
    store = new_store(tmp_path / "run")
    searched(store)
    assert len(curves(store)) == 9 and curves(store) == recorded(store)


def test_a_trial_that_begins_again_leaves_one_curve_a_fold(tmp_path: Path) -> None:
    """Out of memory in its last fold; with half the batch it fails in its second one."""
    store, lost = new_store(tmp_path / "run"), []

    def unlucky(job: Train) -> Raised | None:
        if job.trial.number == 1 and job.fold == 2 and not lost:
            lost.append(set(curves(store)))
            return raised("no room", "out of memory")
        return raised("no good") if lost and job.trial.number == 1 and job.fold == 1 else None

    searched(store, unlucky)
    assert {(1, 0), (1, 1)} <= lost[0] and [len(result.folds) for result in store.trials()] == [3, 1, 3]
    assert curves(store) == recorded(store)


def test_what_a_kill_or_another_call_has_left_out_is_made_up_for(tmp_path: Path) -> None:
    store = run_folder(tmp_path, trials=[trial(0, [9.0, 9.5, 10.0]), trial(1, [12.0], "pruned")])
    store.unfinished.save(asked(2, {"depth": 3}))
    store.unfinished.save_fold(2, fold_score(TASKS["age"], 0, 9.0), np.zeros(12, np.float32))
    torn = store.path / "tensorboard" / "trial_00001" / ".fold_0"
    torn.mkdir(parents=True)
    (torn / "events.torn").write_text("mae 1 1.0")
    with TensorBoardView(store, Budget(3), 1):
        assert len(curves(store)) == 5 and curves(store) == recorded(store)
    before = sorted(store.path.glob("tensorboard/*/*/*"))
    with TensorBoardView(store, Budget(3), 1):
        assert sorted(store.path.glob("tensorboard/*/*/*")) == before, "nothing is written twice"


def test_without_the_library_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "tensorboard", None)
    with pytest.raises(UserError, match="dashboard"):
        check_tensorboard()
