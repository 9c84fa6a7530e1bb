"""Work on films by threads, some of them before their turn: OpenCV lets go of the interpreter while it decodes.

with closing(in_order(decoded, paths)) as coming:
    for path, pixels in zip(paths, coming): …

What a film leaves behind is in memory from when it is done to its turn, and no more than so many are.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from xrays.cores import usable_cores
from xrays.pixels.opencv import opencv

T = TypeVar("T")
R = TypeVar("R")
AHEAD = 4  # films a core that may be done before their turn
LARGE = 2**24  # bytes: what a film takes at most while it is decoded, but for a few


def in_order(work: Callable[[T], R], films: Iterable[T], least: int = 0) -> Generator[R]:
    """What `work` returns for each, in their order, by as many threads as there are cores. AHEAD films a core may
    be done or at work before the one that is next, at least `least`: those of whoever takes several at once. What it
    raises is raised in the film's turn; what has not begun when the generator is closed does not begin."""
    keep_memory()
    ahead = max(least, AHEAD * usable_cores())
    waiting: deque[Future[R]] = deque()
    with _one_core_a_film():
        pool = ThreadPoolExecutor(usable_cores())
        try:
            for film in films:
                waiting.append(pool.submit(work, film))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)


def keep_memory() -> None:
    """glibc returns to the system what is free beyond twice the largest block that was ever freed, and takes it again
    for the next film: a quarter of what a film of 16 bits costs. This block is never written to."""
    bytearray(LARGE)


@contextmanager
def _one_core_a_film() -> Iterator[None]:
    """OpenCV would take all cores for a part of each film, while all of them have a film."""
    cv2 = opencv()
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(threads)
