"""Films for every test: a small folder in the SPR layout, and the same folder prepared. Written once a session.

def test_something(prepared: XrayArrays) -> None: …
"""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import warm as warm_processes
from devtools import Browser
from hypothesis import settings
from numpy.typing import NDArray
from plain_graphs import plain_graphs

from runners._search import baselines, session
from xrays.arrays import XrayArrays
from xrays.prepare import prepare
from xrays.sources._folder import read_folder
from xrays.tasks import Task

# Before anything loads a backend, and for the processes that tests start.
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
# Tests run side by side, a core each: threads of theirs would only get in each other's way. Workers have as many as
# they are told to have.
for threads in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(threads, "1")

plain_graphs()

# What runs in the background of a shell ignores Ctrl-C, and so would all processes that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# The same examples on every machine, and no folder of found ones beside the code.
settings.register_profile("project", derandomize=True, deadline=None, database=None, max_examples=60)
settings.load_profile("project")

# A file that begins last is one in which the other core waits, for minutes where tests are long.
LONG_FIRST = (("chaos", "long"), ("slow",))
SHARING = ("test_formats_made.py", "test_other_keras.py", "test_portable.py")  # the networks of every_model.py


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """For `--dist loadfile`, which hands out files as their first tests come."""
    for marks in reversed(LONG_FIRST):
        items.sort(key=lambda item: not any(item.get_closest_marker(mark) for mark in marks))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """As `--dist loadfile`, but for files that share networks, which are as one file."""
    from xdist.scheduler import LoadFileScheduling

    class Sharing(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file: str = super()._split_scope(nodeid)
            return SHARING[0] if file.endswith(SHARING) else file

    return Sharing(config, log) if config.getoption("dist") == "loadfile" else None


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Libraries are loaded meanwhile, which makes no garbage: looking for it takes a third of the time. What they
    have made stays: looking through it later takes a second each time."""
    gc.disable()
    yield
    gc.freeze()
    gc.enable()


FILMS, PATIENTS = 60, 40  # too few patients for 20 folds, which tests of the command line rely on


def draw(rng: np.random.Generator, age: float, gender: int) -> NDArray[np.uint8]:
    """A disc that grows with age on a ground that is brighter for men, and noise; not always square."""
    height, width = 48, int(rng.integers(38, 59))
    y, x = np.mgrid[:height, :width]
    radius = 4 + 14 * age / 90
    disc = np.hypot(y - height / 2, x - width / 2) < radius
    ground = 70 + 50 * gender + 80 * disc + rng.normal(0, 20, (height, width))
    return np.asarray(np.clip(ground, 0, 255), np.uint8)


def write_films(folder: Path) -> Path:
    """60 films of 40 patients aged 18 to 89; the age of film 7 and the gender of film 11 are empty."""
    rng = np.random.default_rng(20)
    patients = np.concatenate([np.arange(PATIENTS), rng.choice(PATIENTS, FILMS - PATIENTS, replace=False)])
    ages, genders = rng.integers(18, 90, PATIENTS), rng.permutation(PATIENTS) % 2
    (folder / "train").mkdir(parents=True)
    cells: dict[str, list[str]] = {"age": [], "gender": [], "patient": []}
    for film, patient in enumerate(patients):
        age, gender = int(ages[patient]), int(genders[patient])
        cv2.imwrite(str(folder / "train" / f"{film:06d}.png"), draw(rng, age, gender))
        cells["age"].append("" if film == 7 else f"{age}.0")
        cells["gender"].append("" if film == 11 else str(gender))
        cells["patient"].append(str(patient))
    for name, texts in cells.items():
        lines = [f"imageId,{name}", *(f"{film},{text}" for film, text in enumerate(texts))]
        (folder / f"train_{name}.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="session")
def films_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SPR layout, `train/` form. Read only: a test that changes it copies it first."""
    return write_films(tmp_path_factory.mktemp("films") / "spr")


@pytest.fixture(scope="session")
def prepared(films_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> XrayArrays:
    """`films_folder` at 32×32 px."""
    out = tmp_path_factory.mktemp("data") / "tiny32"
    return prepare(replace(read_folder(films_folder), synthetic=True), out, size=32)


@pytest.fixture(scope="session", autouse=True)
def _baselines_once() -> Iterator[None]:
    """Searches of this process on the same films and folds have the same baselines, whose penalty is a fixed one: of
    28 fits for a fold one is left. tests/test_baselines.py trains its own."""
    kept: dict[object, Any] = {}
    train = session.train_baselines

    def trained(
        arrays: XrayArrays, task: Task, assignment: NDArray[np.int8], vectors: NDArray[np.float32] | None
    ) -> Any:
        key = (
            arrays.meta["pixels"],
            arrays.targets(task).tobytes(),
            task.kind,
            assignment.shape,
            assignment.tobytes(),
            None if vectors is None else vectors.tobytes(),
        )
        if key not in kept:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(baselines, "_inner", lambda *films: [])
                kept[key] = train(arrays, task, assignment, vectors)
        return kept[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "train_baselines", trained)
        yield


@pytest.fixture(scope="session", autouse=True)
def _no_power_fails() -> Iterator[None]:
    """What this process syncs is not waited for, which takes milliseconds each time: tests sync thousands of files of
    which nobody reads after the machine has died. That files are synced, and when, is for tests/dying.py to see;
    processes that tests start do it as always."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", _synced)
        yield


def _synced(descriptor: int) -> None:
    os.fstat(descriptor)  # raises where it is closed, as fsync does


@pytest.fixture
def warm() -> Iterator[None]:
    """Processes of ours begin with the backend loaded, see warm.py."""
    with warm_processes.starts():
        yield


@pytest.fixture(scope="session")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """One browser for all tests of a process."""
    with Browser(tmp_path_factory.mktemp("chromium")) as browser:
        yield browser


@pytest.fixture
def browser(chromium: Browser) -> Browser:
    """With an empty window; its start takes longer than what tests do with it."""
    chromium.renew()
    return chromium
