"""Whether a search has anything to train at all, known before it begins: the smallest network of its space against
the limits.

check_fits(space, (64, 64, 1), max_parameters=None, memory_bytes=settled.memory, share=place.memory_gb)
"""

from __future__ import annotations

import math

from search_spaces._cost import extremes, within
from search_spaces._space import Shape, Space
from xrays.errors import UserError


def check_fits(
    space: Space, shape: Shape, max_parameters: int | None, memory_bytes: int | None, share: float
) -> None:
    """Raises UserError where even the smallest network is too large. shape: of what it takes; share: what was given
    for --worker-memory, in GB, 0 for nothing. Where the space's first configuration fits nothing else is priced."""
    first = space.recipe(space.first)
    if not within(space.footprint(first, shape), first.fit.batch_size, max_parameters, memory_bytes):
        return
    smallest, _ = extremes(space, shape)
    among = f"the smallest network of {space.name} {_taking(shape)}"
    if max_parameters is not None and smallest.parameters > max_parameters:
        raise UserError(
            f"--max-params {max_parameters:,}: {among} has {smallest.parameters:,} parameters",
            f"{smallest.parameters:,} or more, of which most networks need several times as many",
            f"--max-params {10 * smallest.parameters}, or without it",
        )
    if memory_bytes is not None and smallest.training_bytes > memory_bytes:
        need = math.ceil(smallest.training_bytes / 1e6) / 1e3
        given = f"--worker-memory {share:g}" if share else f"{memory_bytes / 1e9:.3f} GB for a worker here"
        raise UserError(
            f"{given}: {among} takes {need:g} GB to train",
            f"{need:g} GB or more for a worker",
            f"--worker-memory {math.ceil(4 * need)}" if share else "--workers 1, or films of a smaller --size",
        )


def _taking(shape: Shape) -> str:
    return f"at {shape[0]} px" if len(shape) > 1 else f"on vectors of {shape[0]} numbers"
