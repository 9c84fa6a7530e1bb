"""How Keras and its backend are loaded: in little more than half of the time, and in a user's terminal silently.

with quick_start(), without_scikit_learn():         # a worker
    …
with silent_start():                                # one of the few commands that load a backend themselves
    import keras
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from xrays.quiet import silenced


@contextmanager
def quick_start() -> Iterator[None]:
    """Around what loads Keras first; nothing where it is loaded already.

    300,000 objects come, of which none is garbage: the collector would look through them again and again meanwhile,
    a sixth of the start, and then, a quarter of a second each time, between trials and at the end of the process.
    What is there at the end stays for good.
    """
    if "keras" in sys.modules:
        yield
        return
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collects:
            gc.enable()


@contextmanager
def without_scikit_learn() -> Iterator[None]:
    """Keras loads it for wrappers that nobody here uses, and does without where it is not installed: a fifth of a
    worker's start. Afterwards it is loaded as ever, by the first that needs it; KerasTuner needs it at once."""
    if "sklearn" in sys.modules:
        yield
        return
    sys.modules["sklearn"] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules["sklearn"]


@contextmanager
def silent_start() -> Iterator[None]:
    """TensorFlow greets on standard error while it loads, from C++ and whatever its log level says."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with silenced(), quick_start():
        yield
