"""Keeps a library's greeting from the user's screen, in the few commands that load a backend themselves.

with silent_start():
    import keras
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from xrays.quiet import silenced


@contextmanager
def silent_start() -> Iterator[None]:
    """TensorFlow greets on standard error while it loads, from C++ and whatever its log level says."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silenced():
        yield
