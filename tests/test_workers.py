"""Real worker processes: what goes wrong in one is told, and costs no more than its job."""

from __future__ import annotations

import os
import signal
import time
from multiprocessing import Pipe
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import warm as warm_processes
from fake_workers import experiment
from material import on_hand
from run_folders import asked

from runners._inputs.weights import NO_WEIGHTS
from runners._models import reload
from runners._models.reload import ExportFailed, check_reloaded
from runners._training.handler import training
from runners._workers.local import LocalWorkers
from runners._workers.messages import Epoch, FoldDone, Measure, Measured, Raised, Ready, Refit, Setup, Train, Verdict
from runners._workers.protocol import Died
from search_spaces import load_space
from xrays.arrays import XrayArrays
from xrays.folds import make_plan

pytestmark = pytest.mark.slow

SPACE = load_space("cnn")
PARAMS = {**SPACE.first, "depth": 2, "filters": 8}


@pytest.fixture(scope="module")
def setup(prepared: XrayArrays) -> Setup:
    plan = make_plan(prepared, folds=2)
    identity = experiment(folds=2, epochs=3, size=prepared.size)
    return Setup(prepared.path, plan.assignment, identity, 2, NO_WEIGHTS, 0)


def answer(workers: LocalWorkers, go: int = 99) -> list[Any]:
    """Replies up to the one that ends the job; says go to the first `go` epochs."""
    replies: list[Any] = []
    end = time.monotonic() + 120
    while time.monotonic() < end:
        for slot, reply in workers.receive(1.0):
            replies.append(reply)
            if not isinstance(reply, Epoch):
                return replies
            workers.send(slot, Verdict(go=len(replies) < go))
    raise TimeoutError(replies)


def test_errors_stops_and_deaths_of_a_worker(setup: Setup, warm: None) -> None:
    with LocalWorkers(setup, make=training) as workers:
        assert isinstance(answer(workers)[-1], Ready)

        workers.send(0, Train(asked(0, {**PARAMS, "depth": 9}, 3), 0))
        raised = answer(workers)[-1]
        assert isinstance(raised, Raised) and raised.reason == "ValueError: depth=9 is not in 2…5 by 1"
        assert "Traceback" in raised.traceback and raised.failure == "raised"

        halved = {**PARAMS, "start_size": "half"}
        workers.send(0, Measure(asked(1, halved, 3)))
        cost = answer(workers)[-1]
        assert isinstance(cost, Measured) and cost.trial_seconds(folds=2) > cost.build_seconds > 0
        assert [stage.epochs for stage in cost.stages] == [1, 2]
        assert all(stage.steps >= 1 and stage.step_seconds > 0 for stage in cost.stages)

        workers.send(0, Train(asked(1, halved, 3), 1))
        replies = answer(workers)
        whole = replies[-1]
        assert isinstance(whole, FoldDone) and whole.score.complete and len(replies) == 3 + 1
        assert whole.score.curve == tuple(epoch.value for epoch in replies[:-1])
        scored = np.isfinite(whole.predictions)
        assert scored.any() and set(setup.assignment[0, scored]) == {1}

        for epochs in (2, 1):
            workers.send(0, Train(asked(1, halved, 3), 1))
            stopped = answer(workers, go=epochs)[-1]
            assert isinstance(stopped, FoldDone) and not stopped.score.complete and stopped.score.epochs == epochs
            assert stopped.score.curve == whole.score.curve[:epochs], "measuring and training before left no trace"
            assert (stopped.score.ms_per_film is None) == (epochs == 1), "of a halved film it says nothing"

        (pid,) = workers.pids
        os.kill(pid, signal.SIGKILL)
        died = answer(workers)[-1]
        assert isinstance(died, Died) and "SIGKILL" in died.reason
        workers.send(0, Train(asked(1, PARAMS, 3), 0))  # to nobody: no exception
        workers.replace(0)
        assert isinstance(answer(workers)[-1], Ready)
        (pid,) = workers.pids
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_worker_that_cannot_start_says_why(setup: Setup, tmp_path: Path) -> None:
    missing = Setup(tmp_path / "nothing", setup.assignment, setup.experiment, 1, NO_WEIGHTS, 0)
    with LocalWorkers(missing, make=training) as workers:
        died = answer(workers)[-1]
        assert isinstance(died, Died) and "exit code 1" in died.reason and "prepare" in died.reason


def test_a_loss_that_is_no_number_ends_the_fold(tmp_path: Path) -> None:
    from runners._training.network import TrainingDiverged
    from runners._training.trainer import Trainer
    from xrays.tasks import TASKS

    material = on_hand(np.zeros((32, 16, 16, 1), np.uint8), tmp_path)
    trainer = Trainer(SPACE, SPACE.recipe(PARAMS), TASKS["age"], material, steps=1, epochs=3, seed=0, trial=0)
    for wrong in (np.nan, np.inf):
        labels = np.full(32, wrong, np.float32)
        with pytest.raises(TrainingDiverged, match="step 1"):
            trainer.fit(labels, np.arange(32), fold=0, watch=lambda epoch, loss: True)


def test_predictions_that_are_no_numbers_end_the_fold(
    setup: Setup, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The last step of an epoch may break a network whose loss was still a number."""
    import keras

    from runners._training.jobs import TrainingJobs
    from runners._training.trainer import Trainer
    from runners._workers.main import _answer

    driver, line = Pipe()
    driver.send(Verdict(go=True))
    jobs = TrainingJobs(setup, line)
    monkeypatch.setattr(Trainer, "predict", lambda self, rows: np.full(len(rows), np.inf, np.float32))
    monkeypatch.setattr(keras.Model, "predict_on_batch", lambda self, films: np.full((len(films), 1), np.nan))
    for job in (Train(asked(1, PARAMS, 1), 0), Refit(asked(1, PARAMS, 1), tmp_path / "model.h5")):
        raised = _answer(jobs, job)
        assert isinstance(raised, Raised) and raised.failure == "NaN" and "prediction" in raised.reason


def test_a_model_that_not_every_keras_would_open_is_refused_before_it_is_trained(
    setup: Setup, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As if a later Keras had a layer or a key of its own: the driver hears of no epoch."""
    from runners._training import portable
    from runners._training.jobs import TrainingJobs
    from runners._workers.main import _answer

    driver, line = Pipe()
    known = {name: keys for name, keys in portable.LAYERS.items() if name != "Flatten"}
    monkeypatch.setattr(portable, "LAYERS", known)
    job = Refit(asked(1, {**PARAMS, "head": "flatten"}, 1), tmp_path / "model.h5")
    raised = _answer(TrainingJobs(setup, line), job)
    assert isinstance(raised, Raised) and raised.reason.startswith("NotPortable: layer head (Flatten)")
    assert not driver.poll()


def test_an_exported_file_that_predicts_something_else_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import keras

    from xrays.tasks import TASKS

    keras.utils.set_random_seed(1)
    model = SPACE.build(SPACE.recipe(PARAMS), TASKS["age"], (16, 16, 1))
    model.save(tmp_path / "model.h5", include_optimizer=False)
    films = np.random.default_rng(0).integers(0, 256, (3, 16, 16, 1), dtype=np.uint8)
    expected = np.asarray(model.predict_on_batch(films.astype(np.float32) / 255))[:, 0]
    check_reloaded(tmp_path / "model.h5", "tensorflow", films, expected, tmp_path)
    monkeypatch.setattr(reload, "subprocess", SimpleNamespace(run=warm_processes.run))  # that was the real start
    with pytest.raises(ExportFailed, match="predicts something else"):
        check_reloaded(tmp_path / "model.h5", "tensorflow", films, expected + [0, 0.5, 0], tmp_path)
    never = "import keras\nkeras.layers.Dropout.call = lambda self, x, training=False: x\n"
    with monkeypatch.context() as patched:
        patched.setattr(reload, "RELOAD", never + reload.RELOAD)
        with pytest.raises(ExportFailed, match="dropout is asleep in training: dropout"):
            check_reloaded(tmp_path / "model.h5", "tensorflow", films, expected, tmp_path)
    (tmp_path / "model.h5").write_bytes(b"no model")
    with pytest.raises(ExportFailed, match="cannot be loaded"):
        check_reloaded(tmp_path / "model.h5", "tensorflow", films, expected, tmp_path)
