"""How a user ends what trains: Ctrl-C once lets the running folds finish, twice does not.

stop = Stop()
with ctrl_c(stop): …
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass
class Stop:
    """How often the user has asked to stop: once lets the running folds finish, twice does not."""

    asked: int = 0


@contextmanager
def ctrl_c(stop: Stop) -> Iterator[None]:
    """Counts SIGINT and SIGTERM while it is entered. The handler does nothing else: it may run in the middle of
    anything."""

    def asked(number: int, frame: object) -> None:
        stop.asked += 1

    before = {number: signal.signal(number, asked) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
