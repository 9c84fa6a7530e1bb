"""No check of the audit keeps the films, their features or a weight for each of many resamples in memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from test_audit import collection_of

from xrays.audit import checks, load
from xrays.audit._collection import Collection

FEW, MANY = 300, 900
BYTES = 1000  # a film, in numbers of eight; of 24 × 24 pixels as float32 alone 2,300


@pytest.fixture(scope="module")
def collections() -> tuple[Collection, ...]:
    """Of 100 films, FEW and MANY."""
    films = np.random.default_rng(0).integers(0, 256, (MANY, 24, 24), np.uint8)
    return tuple(collection_of(films[:count]) for count in (100, FEW, MANY))


def peak(code: str, collection: Collection) -> int:
    tracemalloc.start()
    load(code).look(collection)
    used = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return used


@pytest.mark.parametrize("code", checks())
def test_memory_hardly_grows_with_films(
    code: str, collections: tuple[Collection, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xrays.audit._probe.TOGETHER", 128)
    monkeypatch.setattr("xrays.audit.polarity.SAMPLED", 128)
    _, few, many = (peak(code, collection) for collection in collections)  # the first loads what is kept once
    assert (many - few) / (MANY - FEW) < BYTES
