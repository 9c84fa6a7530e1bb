"""Of what the networks of a space take.

space.footprint(recipe, shape_for(space, 64))          # (64, 64, 1), or (64,) for a space on vectors
"""

from __future__ import annotations

from search_spaces._space import Shape, Space


def shape_for(space: Space, side: int) -> Shape:
    """A film of that side, or a vector of as many numbers."""
    return (side, side, 1) if space.takes == "films" else (side,)
