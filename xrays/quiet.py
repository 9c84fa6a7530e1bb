"""Keeps what libraries write onto standard error from C off the user's screen, for who wants to hear it.

    with silenced() as heard:
        cv2.imdecode(…)         # libpng and libjpeg complain there of films that they decode all the same
        heard()                 # "Corrupt JPEG data: premature end of data segment\n", of this thread or another one
    with silenced(alone=True) as heard: …       # of this thread and of no other

For moments: what this process itself writes to standard error meanwhile is lost, too.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_turn = threading.Condition()
_inside = 0
_alone = False
_kept: list[int] = []  # one copy of the real standard error for everyone who is inside; none where it is closed
_catcher = -1  # where standard error leads meanwhile, made once a process
FULL = 2**20  # bytes after which nobody comes in until all have left: then it is emptied


@contextmanager
def silenced(alone: bool = False) -> Iterator[Callable[[], str]]:
    """Several threads may be inside at once, but for one that is `alone`: the first one in takes standard error away,
    the last one out puts it back. Gives what tells all that has been written since it came in."""
    global _inside, _alone
    with _turn:
        _turn.wait_for(lambda: not _alone and (not _inside or _heard() < FULL))
        if alone:
            _alone = True  # nobody else comes in, those who are inside leave
            _turn.wait_for(lambda: not _inside)
        if not _inside:
            _take_away()
        _inside += 1
        start = _heard()
    try:
        yield lambda: _text_from(start)
    finally:
        with _turn:
            _inside -= 1
            _alone = _alone and not alone
            if not _inside:
                _put_back()
            _turn.notify_all()


def _text_from(start: int) -> str:
    length = _heard() - start
    return os.pread(_catcher, length, start).decode(errors="replace") if length > 0 else ""


def _heard() -> int:
    """Bytes so far."""
    return os.fstat(_catcher).st_size


def _take_away() -> None:
    global _catcher
    if _catcher < 0:
        _catcher = _new_catcher()
    with suppress(OSError):  # in a process without standard error
        _kept.append(os.dup(2))
    os.ftruncate(_catcher, 0)
    os.dup2(_catcher, 2)


def _put_back() -> None:
    if not _kept:
        os.close(2)
    while _kept:
        real = _kept.pop()
        os.dup2(real, 2)
        os.close(real)


def _new_catcher() -> int:
    """A file without a name to which is appended, in memory where the system has such. Never number 2 itself."""
    if hasattr(os, "memfd_create"):
        made = os.memfd_create("standard error")
    else:
        made, name = tempfile.mkstemp()
        Path(name).unlink()
    high = fcntl.fcntl(made, fcntl.F_DUPFD_CLOEXEC, 3)
    os.close(made)
    fcntl.fcntl(high, fcntl.F_SETFL, fcntl.fcntl(high, fcntl.F_GETFL) | os.O_APPEND)
    return high
