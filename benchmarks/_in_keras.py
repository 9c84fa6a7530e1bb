"""Optimizers as Keras has them, for arms that are not to be trained as this suite does it.

with as_in_keras():
    optimizer = make_optimizer(fit, fit.learning_rate, steps)       # keras.optimizers.AdamW, CosineDecay
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import keras

OPTIMIZERS = "runners._training.optimizers"


@contextmanager
def as_in_keras() -> Iterator[None]:
    """Within the block optimizers step variable by variable, and schedules are Keras's `CosineDecay`: both as of the
    commit before issue 14, and as in any loop without this suite."""
    with mock.patch(f"{OPTIMIZERS}.flat", lambda kind: kind), mock.patch(f"{OPTIMIZERS}._Schedule", _schedule):
        yield


def _schedule(shape: Any, highest: float, steps: int, calls: int) -> keras.optimizers.schedules.CosineDecay:
    """The same rates. Raises ValueError for steps of several calls, which Keras would count as steps."""
    if calls != 1:
        raise ValueError(f"{calls} calls a step")
    rise = max(1, round(shape.rise * steps))
    return keras.optimizers.schedules.CosineDecay(
        highest * shape.first,
        max(1, steps - rise),
        alpha=shape.last,
        warmup_target=highest,
        warmup_steps=rise,
    )
