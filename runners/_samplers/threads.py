"""One thread for what the samplers' libraries compute: their matrices are so small that more only wait for each
other, and one thread adds up in one order, on every machine.

with one_thread():
    study.ask()
"""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager
from functools import lru_cache
from typing import Any


def one_thread() -> AbstractContextManager[object]:
    """Within it numerical libraries that are loaded by now have one thread each."""
    limit: AbstractContextManager[object] = _controller(len(sys.modules)).limit(limits=1)
    return limit


@lru_cache(maxsize=1)
def _controller(modules: int) -> Any:
    """modules: how many are loaded: a further library comes with one. To look for libraries takes milliseconds, as
    long as all else of most proposals."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
