"""How many workers there are, and what each of them may take."""

from __future__ import annotations

import math

import pytest
from run_folders import experiment

from runners._commands.ablate import _place
from runners._search.options import Place
from runners._search.place import SHARING, memory_of, place_with_workers, resident_of
from runners._workers.devices import Gpu
from search_spaces import load_space
from xrays.cores import usable_cores


def test_cores_and_memory_are_shared_where_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    one, two = memory_of(Place(workers=1), "tensorflow"), memory_of(Place(workers=2), "tensorflow")
    assert place_with_workers(Place(), 50, "tensorflow").workers == min(SHARING, usable_cores())
    assert place_with_workers(Place(workers=3), 50, "tensorflow").workers == 3
    assert (
        place_with_workers(Place(workers=3), 2, "tensorflow").workers == 2
        and place_with_workers(Place(workers=3), 0, "tensorflow").workers == 1
    )
    assert one is not None and two == one // 2 and resident_of(Place(workers=2), "tensorflow") == two


def test_a_gpu_is_one_worker_s_and_limits_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._search.place.gpus", lambda backend: (Gpu("0"), Gpu("1")))
    place = place_with_workers(Place(), 50, "tensorflow")
    assert place.workers == 2 and resident_of(place, "tensorflow") == math.inf
    assert resident_of(Place(memory_gb=4), "tensorflow") == memory_of(Place(memory_gb=4), "tensorflow") == 4e9


def test_an_ablation_has_the_gpus_of_its_run_s_backend(monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of JAX that is taken up again where plain TensorFlow, which sees no card, is the backend."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr("runners._search.place.gpus", lambda backend: (Gpu("0", 10**11),) if backend == "jax" else ())
    space = load_space("cnn")
    recipe = space.recipe(space.first)
    alone, shared = (_place(Place(), space, recipe, experiment(backend=name), 4) for name in ("jax", "tensorflow"))
    assert alone.workers == 1 and resident_of(alone, "jax") == math.inf
    assert shared.workers == min(SHARING, usable_cores())
