"""How many workers there are, and what each of them may take."""

from __future__ import annotations

import math

import pytest

from runners._options import Place
from runners._place import memory_of, resident_of, workers_of


def test_cores_and_memory_are_shared_where_there_is_no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    one, two = memory_of(Place(workers=1)), memory_of(Place(workers=2))
    assert workers_of(Place()) == 1 and workers_of(Place(workers=3)) == 3
    assert one is not None and two == one // 2 and resident_of(Place(workers=2)) == two


def test_a_gpu_is_one_worker_s_and_limits_no_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    assert workers_of(Place()) == 2 and resident_of(Place()) == math.inf
    assert resident_of(Place(memory_gb=4)) == memory_of(Place(memory_gb=4)) == 4e9
