"""A film for tests of augmentation, and what a recipe makes of it.

got = changed(films(), recipe_of("combined", ("flip",), 1.0))
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from search_spaces._augment import AugmentRecipe
from search_spaces._operations import OPERATIONS

Films = NDArray[np.float32]
SIZE = 24


def films(count: int = 32, size: int = SIZE) -> Films:
    """One film many times: smooth, in the middle greys, and no mirror image of itself."""
    y, x = np.mgrid[:size, :size] / size
    film = 0.5 + 0.1 * np.sin(5 * x + 2 * y) + 0.1 * x * y
    return np.repeat(film[None, :, :, None], count, axis=0).astype(np.float32)


def layer(recipe: AugmentRecipe, seed: int = 3) -> Any:
    from search_spaces._augment_layers import RandomChange

    return RandomChange(recipe, seed)


def changed(given: Films, recipe: AugmentRecipe, seed: int = 3) -> Films:
    return np.asarray(layer(recipe, seed)(given, training=True))


def largest(operation: str) -> float:
    return OPERATIONS[operation].largest
