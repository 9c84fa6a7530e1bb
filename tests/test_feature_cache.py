"""The cache of frozen features: computed once, keyed by all that decides them, bounded, whole or not there."""

from __future__ import annotations

import errno
import fcntl
import multiprocessing
import os
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from conftest import FILMS
from fake_workers import FakeWorkers, learning_rate_score

from runners._commands.search import search
from runners._inputs.features import features_folder
from runners._search import session
from runners._search.options import SearchOptions
from runners._training.feature_cache import Compute, FeatureCache, FeatureKey
from runners._training.reopened import reopen
from xrays.arrays import XrayArrays

SHAPE = (2, 10, 4)
BYTES = 4 * 2 * 10 * 4 + 128  # with the header of the file
KEY = FeatureKey("densenet121", "abc", "pixels", "standard", "float32", "tensorflow")


def filled(value: float, calls: list[float]) -> Compute:
    def compute(out: np.ndarray) -> float:
        calls.append(value)
        out[:] = value
        return 1.5

    return compute


def test_computed_once_and_the_same_from_disk(tmp_path: Path) -> None:
    calls: list[float] = []
    cache = FeatureCache(tmp_path / "features", 10**6)
    first, second = (cache.get(KEY, SHAPE, filled(3.0, calls)) for _ in range(2))
    assert calls == [3.0] and cache.has(KEY, SHAPE)
    assert np.array_equal(first.views, second.views) and second.ms_per_film == 1.5
    assert (second.views == 3).all() and second.views.shape == SHAPE
    assert not second.views.flags.writeable, "shared by trials: nobody changes it"


@pytest.mark.parametrize("field", ["backbone", "weights", "pixels", "views", "precision", "backend", "format"])
def test_every_part_of_the_key_counts(field: str, tmp_path: Path) -> None:
    calls: list[float] = []
    cache = FeatureCache(tmp_path / "features", 10**6)
    cache.get(KEY, SHAPE, filled(1.0, calls))
    other = replace(KEY, **{field: 0 if field == "format" else "other"})
    assert (cache.get(other, SHAPE, filled(2.0, calls)).views == 2).all()
    assert (cache.get(KEY, SHAPE, filled(9.0, calls)).views == 1).all()
    assert calls == [1.0, 2.0]


def test_bounded_and_the_one_used_longest_ago_goes(tmp_path: Path) -> None:
    calls: list[float] = []
    cache = FeatureCache(tmp_path / "features", 2 * BYTES + 50)
    keys = [replace(KEY, weights=str(number)) for number in range(3)]
    for age, key in enumerate(keys[:2]):
        cache.get(key, SHAPE, filled(age, calls))
        os.utime(tmp_path / "features" / f"{key.name}.npy", (1000 + age, 1000 + age))
    cache.get(keys[0], SHAPE, filled(7.0, calls))  # used again: now the younger one
    cache.get(keys[2], SHAPE, filled(2.0, calls))
    assert [cache.has(key, SHAPE) for key in keys] == [True, False, True]
    assert sum(file.stat().st_size for file in (tmp_path / "features").glob("*.npy")) <= cache.limit


def test_larger_than_the_limit_is_computed_and_not_kept(tmp_path: Path) -> None:
    calls: list[float] = []
    cache = FeatureCache(tmp_path / "features", 10)
    for _ in range(2):
        assert (cache.get(KEY, SHAPE, filled(4.0, calls)).views == 4).all()
    assert len(calls) == 2 and not list((tmp_path / "features").glob("*.npy"))


def test_a_folder_that_cannot_be_written_costs_the_cache_only(tmp_path: Path) -> None:
    calls: list[float] = []
    (tmp_path / "features").write_text("a file in the place of the folder")
    found = FeatureCache(tmp_path / "features", 10**6).get(KEY, SHAPE, filled(4.0, calls))
    assert (found.views == 4).all() and found.ms_per_film == 1.5


@pytest.mark.parametrize("place", ["beside", "elsewhere", "nowhere"])
def test_what_cannot_be_kept_beside_the_films_is_kept_elsewhere(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Folders that cannot be written are files here: the tests may run as root, who may write anywhere."""
    films, temporary = tmp_path / "films", tmp_path / "tmp"
    films.mkdir(), temporary.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    if place != "beside":
        (films / "features").write_text("")
    if place == "nowhere":
        (temporary / f"cxr-automl-features-{os.getuid()}").write_text("")
    calls: list[float] = []
    for _ in range(2):  # two workers
        cache = FeatureCache(features_folder(films), 10**6, films / "features")
        assert (cache.get(KEY, SHAPE, filled(4.0, calls)).views == 4).all()
    assert len(calls) == (2 if place == "nowhere" else 1)
    assert (features_folder(films).parent == temporary) == (place == "elsewhere")


def test_features_that_lie_where_nothing_can_be_written_are_read(tmp_path: Path) -> None:
    calls: list[float] = []
    FeatureCache(tmp_path / "old", 10**6).get(KEY, SHAPE, filled(1.0, calls))
    cache = FeatureCache(tmp_path / "new", 10**6, tmp_path / "old")
    assert cache.has(KEY, SHAPE) and (cache.get(KEY, SHAPE, filled(2.0, calls)).views == 1).all()
    assert calls == [1.0]


def test_without_locks_each_computes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Some network disks have none: trials failed there."""

    def none(file: object, kind: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    calls: list[float] = []
    cache = FeatureCache(tmp_path / "features", 10**6)
    for _ in range(2):
        assert (cache.get(KEY, SHAPE, filled(3.0, calls)).views == 3).all()
    assert calls == [3.0] and not list((tmp_path / "features").glob(".*.partial"))


def test_who_waits_says_so(tmp_path: Path) -> None:
    cache, waited, calls = FeatureCache(tmp_path / "features", 10**6), threading.Event(), list[float]()

    def compute(out: np.ndarray) -> float:
        assert waited.wait(30)
        return filled(5.0, calls)(out)

    with ThreadPoolExecutor(2) as pool:
        found = [pool.submit(cache.get, KEY, SHAPE, compute, waited.set) for _ in range(2)]
    assert [(one.result().views == 5).all() for one in found] == [True, True] and calls == [5.0]


@pytest.mark.parametrize("damage", ["torn", "other shape", "no description"])
def test_what_is_damaged_is_computed_anew(damage: str, tmp_path: Path) -> None:
    calls: list[float] = []
    cache = FeatureCache(tmp_path / "features", 10**6)
    cache.get(KEY, SHAPE, filled(1.0, calls))
    file = tmp_path / "features" / f"{KEY.name}.npy"
    if damage == "torn":
        file.write_bytes(file.read_bytes()[:200])
    elif damage == "other shape":
        np.save(file, np.zeros((1, 2, 3), np.float32))
    else:
        file.with_suffix(".json").unlink()
    assert (cache.get(KEY, SHAPE, filled(5.0, calls)).views == 5).all()
    assert (cache.get(KEY, SHAPE, filled(6.0, calls)).views == 5).all()


def test_an_error_in_computing_leaves_nothing_behind(tmp_path: Path) -> None:
    def broken(out: np.ndarray) -> float:
        raise RuntimeError("no")

    cache = FeatureCache(tmp_path / "features", 10**6)
    with pytest.raises(RuntimeError, match="no"):
        cache.get(KEY, SHAPE, broken)
    assert not cache.has(KEY, SHAPE) and not list((tmp_path / "features").glob("*.npy"))


def ask(folder: str, log: str) -> None:
    def compute(out: np.ndarray) -> float:
        with Path(log).open("a") as file:
            file.write("computed\n")
        out[:] = 1
        return 1.0

    assert (FeatureCache(Path(folder), 10**6).get(KEY, SHAPE, compute).views == 1).all()


def test_the_room_for_features_is_the_run_s(
    prepared: XrayArrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever trains again keeps to it: ablate, rerun, export and explain have no option of their own."""
    monkeypatch.setattr(
        session, "open_workers",
        lambda setup, place: nullcontext(FakeWorkers(setup.experiment, learning_rate_score, films=FILMS)),
    )  # fmt: skip
    options = SearchOptions("age", prepared.path, 1, folds=2, epochs=1, runs=tmp_path, name="mine", cache_gb=2.5)
    store, _ = search(options, say=lambda line: None)
    assert reopen(store, store.trials()[0], None, None, str).cache_limit == 2_500_000_000
    store.save_budget({})
    assert reopen(store, store.trials()[0], None, None, str).cache_limit == 10_000_000_000, "of an older run"


@pytest.mark.long
def test_of_several_processes_one_computes(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    arguments = (str(tmp_path / "features"), str(tmp_path / "log"))
    processes = [context.Process(target=ask, args=arguments) for _ in range(4)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0] * 4
    assert (tmp_path / "log").read_text() == "computed\n"
