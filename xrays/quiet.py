"""Keeps what libraries write onto standard error from C off the user's screen.

with silenced():
    cv2.imdecode(…)         # libpng and libjpeg complain there of films that they decode all the same

For moments: what this process itself writes to standard error meanwhile is lost, too.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_guard = threading.Lock()
_kept: list[int] = []  # one copy of the real standard error for everyone who is inside
_inside = 0


@contextmanager
def silenced() -> Iterator[None]:
    """Several threads may be inside at once: the first one in takes standard error away, the last one out puts it
    back."""
    global _inside
    with _guard:
        if not _inside:
            _take_away()
        _inside += 1
    try:
        yield
    finally:
        with _guard:
            _inside -= 1
            if not _inside:
                _put_back()


def _take_away() -> None:
    try:
        _kept.append(os.dup(2))
    except OSError:  # a process without standard error
        return
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def _put_back() -> None:
    while _kept:
        real = _kept.pop()
        os.dup2(real, 2)
        os.close(real)
