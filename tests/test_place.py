"""How many workers there are, and what each of them may take."""

from __future__ import annotations

import math
from contextlib import nullcontext
from pathlib import Path

import numpy as np
import pytest
from run_folders import experiment, run_folder

from runners._search.options import Place
from runners._search.place import A_CARD, A_PIXEL, SHARING, open_workers, settle, settle_networks, settle_run, slots
from runners._workers.devices import Gpu
from runners._workers.messages import HELD, Setup
from runners._workers.setup import setup_of
from search_spaces import load_space
from trials.provenance import Chosen
from xrays.cores import usable_cores


def test_cores_and_memory_are_shared_where_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    usual, one, two, three = (settle(Place(workers=workers), 50, "tensorflow") for workers in range(4))
    assert usual.place.workers == min(SHARING, usable_cores()) and three.place.workers == 3
    assert [settle(Place(workers=3), trials, "tensorflow").place.workers for trials in (2, 0)] == [2, 1]
    assert one.memory is not None and two.memory == two.resident == one.memory // 2
    assert settle(Place(workers=3), 2, "tensorflow").memory == two.memory, "the share of those that there are"


def test_a_gpu_is_one_worker_s_and_limits_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._search.place.gpus", lambda backend: (Gpu("0"), Gpu("1")))
    settled = settle(Place(), 50, "tensorflow")
    assert settled.place.workers == 2 and settled.resident == math.inf
    given = settle(Place(memory_gb=4), 50, "tensorflow")
    assert given.resident == given.memory == 4e9


def test_of_another_machine_s_nodes_nothing_is_known_here() -> None:
    far, given = (settle(Place(ray="auto", memory_gb=size), 50, "tensorflow") for size in (0.0, 4.0))
    assert (far.place.workers, far.memory, far.resident) == (0, None, math.inf) and given.memory == 4e9
    assert settle(Place(ray="local"), 50, "tensorflow").memory is not None


def test_an_ablation_has_the_gpus_of_its_run_s_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run of JAX that is taken up again where plain TensorFlow, which sees no card, is the backend."""
    monkeypatch.setenv("KERAS_BACKEND", "tensorflow")
    monkeypatch.setattr("runners._search.place.gpus", lambda backend: (Gpu("0", 10**11),) if backend == "jax" else ())
    space = load_space("cnn")
    recipe = space.recipe(space.first)
    jax, tensorflow = (
        run_folder(tmp_path, name, backend=name, provenance={"chosen": Chosen(threads=1)})
        for name in ("jax", "tensorflow")
    )
    on_card, shared = (
        settle_networks(Place(), 4, space, [recipe], store.experiment, store.provenance)
        for store in (jax, tensorflow)
    )
    assert on_card.resident == math.inf and shared.resident == shared.memory
    assert on_card.place.workers == min(A_CARD, usable_cores()) and shared.place.workers == min(4, usable_cores())


def test_a_narrowed_space_of_small_networks_has_more_workers_on_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._search.place.gpus", lambda backend: (Gpu("0", 10**11),))
    monkeypatch.setattr("runners._search.place.memory_limit", lambda cards: 5 * 10**9)
    monkeypatch.setattr("runners._search.place.usable_cores", lambda: 16)
    small = experiment(size=128, narrowing=("filters=8", "depth=2", "batch_size=16"))
    whole, narrowed = (settle_run(Place(), 50, each, Chosen(), 0) for each in (experiment(size=128), small))
    assert whole.place.workers < narrowed.place.workers == A_CARD


def test_a_cluster_is_asked_how_many_workers_it_has_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[float, float]] = []

    def places(cpus: float, gpus: float) -> int:
        asked.append((cpus, gpus))
        return 6

    monkeypatch.setattr("runners._ray.workers.connected", lambda address: nullcontext())
    monkeypatch.setattr("runners._ray.workers.places", places)
    monkeypatch.setattr("runners._ray.workers.has_gpus", lambda: True)
    assert slots(Place(ray="auto")) == 6 and slots(Place(ray="auto", cpus=2, gpus=0.5)) == 6
    assert asked == [(1.0, 1.0), (2.0, 0.5)]
    assert [slots(Place(ray="auto", workers=3)), slots(Place(workers=2))] == [3, 2] and len(asked) == 2


@pytest.mark.parametrize(("largest", "a_card"), [(0, 1), (10**9, 4), (10 * 10**9, 3), (10**12, 1)])
def test_small_networks_share_a_gpu(largest: int, a_card: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._search.place.gpus", lambda backend: (Gpu("0", 45 * 10**9), Gpu("1", 45 * 10**9)))
    monkeypatch.setattr("runners._search.place.memory_limit", lambda cards: 36 * 10**9)
    monkeypatch.setattr("runners._search.place.usable_cores", lambda: 16)
    settled = settle(Place(), 50, "jax", 1, largest)
    assert settled.place.workers == 2 * a_card and settled.memory == 36 * 10**9 // a_card
    monkeypatch.setattr("runners._search.place.usable_cores", lambda: 1)
    assert settle(Place(), 50, "jax", 1, largest).place.workers == 2, "one a GPU at least"


@pytest.mark.parametrize(
    ("films", "largest", "workers", "share", "held"),
    [
        (0, 10**9, 4, 9, 7),
        (8, 10**9, 3, 12, 10),
        (8, 27 * 10**9, 1, 36, 8),
        (9, 27 * 10**9, 1, 36, 8),
        (40, 10**9, 4, 9, 7),
        (8, 50 * 10**9, 1, 36, 0),
    ],
)
def test_workers_on_a_card_have_room_for_the_films_beside_the_largest_network(
    films: int, largest: int, workers: int, share: int, held: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In GB. What does not fit is sent call by call, and takes the room of no network and no worker."""
    monkeypatch.setattr("runners._search.place.gpus", lambda backend: (Gpu("0", 45 * 10**9),))
    monkeypatch.setattr("runners._search.place.memory_limit", lambda cards: 36 * 10**9)
    monkeypatch.setattr("runners._search.place.usable_cores", lambda: 16)
    settled = settle(Place(), 50, "jax", 1, largest, films * 10**9)
    kept = films if films <= held else 0
    assert (settled.place.workers, settled.held, settled.memory) == (workers, held * 10**9, (share - kept) * 10**9)
    told: list[Setup] = []
    monkeypatch.setattr("runners._search.place.LocalWorkers", lambda setup, *given, **more: told.append(setup))
    open_workers(setup_of(Path(), np.zeros(3, np.int8), experiment()), settled)
    assert told[0].held == settled.held


def test_films_are_twice_as_large_where_a_card_has_no_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._search.place.gpus", lambda backend: (Gpu("0", 10**11),))
    monkeypatch.setattr("runners._search.place.memory_limit", lambda cards: 10**11)
    all_films, none = (
        {name: settle_run(Place(workers=1), 50, experiment(backend=name), Chosen(), films).memory for name in A_PIXEL}
        for films in (1000, 0)
    )
    assert all_films == {name: 10**11 - 1000 * 32 * 32 * size for name, size in A_PIXEL.items()}
    assert set(none.values()) == {10**11} and A_PIXEL["tensorflow"] == 2 * A_PIXEL["jax"]


def test_where_a_card_s_memory_is_not_known_little_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._search.place.gpus", lambda backend: (Gpu("MIG-aaaa"),))
    monkeypatch.setattr("runners._search.place.memory_limit", lambda cards: None)
    assert settle(Place(), 50, "jax", 1, 10**9, 10**9).held == settle(Place(ray="auto"), 50, "jax").held == HELD
