"""How long it takes until a network is ready to train: making it, and what its first calls take beyond later ones.

    made = FirstCalls()
    with made.first("train"): …           # traces and compiles
    with made.first("train"): …           # only trains
    made.seconds

A backend traces, compiles and loads kernels within the first call, so nothing but the difference to the second one
tells what that took: as long as there was no second call, nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass
class FirstCalls:
    """took: by kind of call the seconds of the first two."""

    took: dict[str, list[float]] = field(default_factory=dict)

    @contextmanager
    def first(self, kind: str) -> Iterator[None]:
        """Times what is done within, twice a kind."""
        begun = time.perf_counter()
        yield
        took = self.took.setdefault(kind, [])
        if len(took) < 2:
            took.append(time.perf_counter() - begun)

    @property
    def seconds(self) -> float:
        """That the first calls took beyond the second ones, of all kinds together."""
        return sum(max(0.0, took[0] - took[1]) for took in self.took.values() if len(took) == 2)
