"""How many workers there are, and what each of them may take."""

from __future__ import annotations

import math

import pytest

from runners._gpus import Gpu
from runners._options import Place
from runners._place import SHARING, memory_of, resident_of, settled
from xrays.cores import usable_cores


def test_cores_and_memory_are_shared_where_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    one, two = memory_of(Place(workers=1)), memory_of(Place(workers=2))
    assert settled(Place(), 50).workers == min(SHARING, usable_cores())
    assert settled(Place(workers=3), 50).workers == 3
    assert settled(Place(workers=3), 2).workers == 2 and settled(Place(workers=3), 0).workers == 1
    assert one is not None and two == one // 2 and resident_of(Place(workers=2)) == two


def test_a_gpu_is_one_worker_s_and_limits_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("runners._place.gpus", lambda: (Gpu("0"), Gpu("1")))
    place = settled(Place(), 50)
    assert place.workers == 2 and resident_of(place) == math.inf
    assert resident_of(Place(memory_gb=4)) == memory_of(Place(memory_gb=4)) == 4e9
